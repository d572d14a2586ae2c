package keeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/testutil/money"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/keeper"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	chainID = "orb-test"
	host    = "12D3KooWTestHost"
	price   = 50
	// pool stands for the account of grants.
	pool  = "pool"
	funds = 1_000_000_000
)

// Accounts of the tests; all but the module's start with funds.
var (
	owner    = account("owner")
	payer    = account("payer")
	delegate = account("delegate")
	operator = account("operator")
	attester = account("attester")
	stranger = account("stranger")

	authority  = authtypes.NewModuleAddress("gov").String()
	session    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	functionID = functionstypes.FunctionID(bytes.Repeat([]byte{7}, ed25519.PublicKeySize))
)

func header(height int64) cmtproto.Header { return cmtproto.Header{ChainID: chainID, Height: height} }

func account(name string) string {
	return sdk.AccAddress(fmt.Appendf(nil, "%-20s", name)).String()
}

// world is the state of x/functions and x/seeding that x/rewards looks at.
type world struct {
	functions  map[string]functionstypes.Function
	superNodes map[string]functionstypes.SuperNode
	nodes      map[string]seedingtypes.Node
	seeds      map[string]seedingtypes.Seed
	epoch      uint64
	version    functionstypes.Version
	grants     map[string]math.Int
	served     map[string]uint64
	spend      func(ctx context.Context, module string, amount math.Int) error
}

func (w *world) Granted(_ context.Context, account string, fee math.Int) (math.Int, error) {
	if grant, ok := w.grants[account]; ok {
		return math.MinInt(grant, fee), nil
	}
	return math.ZeroInt(), nil
}

func (w *world) SpendGrant(ctx context.Context, account string, fee math.Int, module string) (math.Int, error) {
	spent, _ := w.Granted(ctx, account, fee)
	if spent.IsZero() {
		return spent, nil
	}
	w.grants[account] = w.grants[account].Sub(spent)
	return spent, w.spend(ctx, module, spent)
}

func (w *world) AfterServed(_ context.Context, functionID, orbID string, requests uint64, _ math.Int) error {
	w.served[functionID+orbID] += requests
	return nil
}

func (w *world) GetFunction(_ context.Context, id string) (functionstypes.Function, error) {
	fn, ok := w.functions[id]
	if !ok {
		return fn, functionstypes.ErrNotFound
	}
	return fn, nil
}

func (w *world) ActiveVersion(ctx context.Context, id string) (functionstypes.Function, functionstypes.Version, error) {
	fn, err := w.GetFunction(ctx, id)
	if err == nil && fn.Status != functionstypes.FUNCTION_STATUS_ACTIVE && fn.Status != functionstypes.FUNCTION_STATUS_DEPRECATED {
		err = functionstypes.ErrNotActive
	}
	return fn, w.version, err
}

func (w *world) SuperNode(_ context.Context, validator string) (functionstypes.SuperNode, error) {
	node, ok := w.superNodes[validator]
	if !ok {
		return node, functionstypes.ErrNotFound
	}
	return node, nil
}

func (w *world) IsAttester(_ context.Context, account string) (bool, error) {
	for _, node := range w.superNodes {
		if node.Attester == account {
			return true, nil
		}
	}
	return false, nil
}

func (w *world) Epoch(context.Context) (uint64, error) { return w.epoch, nil }

func (w *world) GetNode(_ context.Context, orbID string) (seedingtypes.Node, error) {
	node, ok := w.nodes[orbID]
	if !ok {
		return node, seedingtypes.ErrNotFound
	}
	return node, nil
}

func (w *world) GetSeed(_ context.Context, functionID, orbID string) (seedingtypes.Seed, error) {
	seed, ok := w.seeds[functionID+orbID]
	if !ok {
		return seed, seedingtypes.ErrNotFound
	}
	return seed, nil
}

func (w *world) SetClaimedThrough(_ context.Context, functionID, orbID string, epoch uint64) error {
	seed := w.seeds[functionID+orbID]
	seed.ClaimedThrough = epoch
	w.seeds[functionID+orbID] = seed
	return nil
}

// suite is the module over a real bank.
type suite struct {
	t       *testing.T
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	bank    bankkeeper.BaseKeeper
	world   *world
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	ledger, ctx := money.New(t, money.Config{
		Authority: authority, Modules: map[string][]string{types.ModuleName: {authtypes.Burner}, pool: nil},
		KV: []string{types.StoreKey}, Objects: []string{types.ObjectStoreKey},
	})
	s := &suite{t: t, ctx: ctx.WithBlockHeader(header(1)).WithChainID(chainID), bank: ledger.Bank, world: &world{
		functions: map[string]functionstypes.Function{functionID: {
			Id: functionID, Owner: owner, Name: "markdown", Status: functionstypes.FUNCTION_STATUS_ACTIVE, ActiveVersion: 1,
			Price: sdk.NewInt64Coin(functionstypes.Denom, price), OwnerShareBps: 3_000, Plan: "standard",
		}},
		superNodes: map[string]functionstypes.SuperNode{"validator": {Validator: "validator", Attester: attester}},
		nodes:      map[string]seedingtypes.Node{host: {OrbId: host, Operator: operator}},
		seeds:      map[string]seedingtypes.Seed{functionID + host: {FunctionId: functionID, OrbId: host, Paid: true}},
		version:    version,
		grants:     map[string]math.Int{},
		served:     map[string]uint64{},
	}}
	s.world.spend = func(ctx context.Context, module string, amount math.Int) error {
		return s.bank.SendCoinsFromModuleToModule(ctx, pool, module, sdk.NewCoins(sdk.NewCoin(functionstypes.Denom, amount)))
	}
	s.keeper = keeper.NewKeeper(ledger.Encoding.Codec, runtime.NewKVStoreService(ledger.KV[types.StoreKey]), ledger.Objects[types.ObjectStoreKey],
		authority, s.bank, s.world, s.world)
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	require.NoError(t, s.keeper.InitGenesis(s.ctx, types.DefaultGenesis()))
	for _, address := range []string{owner, payer, delegate, operator, attester, stranger} {
		ledger.Fund(s.ctx, address, funds)
	}
	return s
}

// endBlock ends the block as the app does, checks that no uorb is lost or made, and begins the next one.
func (s *suite) endBlock() {
	s.t.Helper()
	require.NoError(s.t, s.bank.CreditVirtualAccounts(s.ctx))
	require.NoError(s.t, s.keeper.Conserved(s.ctx, s.held()))
	require.NoError(s.t, s.keeper.EndBlock(s.ctx))
	require.NoError(s.t, s.keeper.Conserved(s.ctx, s.held()))
	genesis, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(s.t, err)
	require.NoError(s.t, genesis.Validate())
	s.ctx.MultiStore().(storetypes.CommitMultiStore).Commit()
	s.ctx = s.ctx.WithBlockHeader(header(s.ctx.BlockHeight() + 1)).WithEventManager(sdk.NewEventManager())
}

// skipTo continues at a height.
func (s *suite) skipTo(height int64) { s.ctx = s.ctx.WithBlockHeader(header(height)) }

func (s *suite) held() sdk.Coin {
	return s.bank.GetBalance(s.ctx, authtypes.NewModuleAddress(types.ModuleName), functionstypes.Denom)
}

// gained is how much more, or less, an account has than at the start.
func (s *suite) gained(account string) int64 {
	return s.bank.GetBalance(s.ctx, sdk.MustAccAddressFromBech32(account), functionstypes.Denom).Amount.Int64() - funds
}

func (s *suite) supply() math.Int { return s.bank.GetSupply(s.ctx, functionstypes.Denom).Amount }

func (s *suite) feeCollector() int64 {
	return s.bank.GetBalance(s.ctx, authtypes.NewModuleAddress(authtypes.FeeCollectorName), functionstypes.Denom).Amount.Int64()
}

func coins(amount int64) sdk.Coins { return sdk.NewCoins(uorb(amount)) }

func uorb(amount int64) sdk.Coin { return sdk.NewInt64Coin(functionstypes.Denom, amount) }

// subscribe pays into the payer's subscription with the delegate and these limits.
func (s *suite) subscribe(deposit int64, limits types.Limits) {
	s.t.Helper()
	_, err := s.msgs.Subscribe(s.ctx, &types.MsgSubscribe{
		Payer: payer, FunctionId: functionID, Deposit: uorb(deposit), Delegate: delegate, Limits: limits,
	})
	require.NoError(s.t, err)
}

func entry(cap uint64) types.LaneEntry {
	return types.LaneEntry{
		Payer: payer, FunctionId: functionID, OrbId: host, SessionKey: session.Public().(ed25519.PublicKey), Price: uorb(price), Cap: cap,
	}
}

// open opens one lane of the payer's and returns its id.
func (s *suite) open(opener string, cap uint64) []byte {
	s.t.Helper()
	response, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: opener, Entries: []types.LaneEntry{entry(cap)}})
	require.NoError(s.t, err)
	return response.LaneIds[0]
}

func (s *suite) lane(id []byte) types.Lane {
	s.t.Helper()
	lane, err := s.keeper.GetLane(s.ctx, id)
	require.NoError(s.t, err)
	return lane
}

func (s *suite) subscription() types.Subscription {
	s.t.Helper()
	answer, err := s.queries.Subscription(s.ctx, &types.QuerySubscriptionRequest{Payer: payer, FunctionId: functionID})
	require.NoError(s.t, err)
	return answer.Subscription
}

func sign(lane []byte, count uint64) receipt.Receipt {
	return receipt.Sign(session, chainID, lane, count)
}
