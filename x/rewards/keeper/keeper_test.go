package keeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/keeper"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	chainID = "orb-test"
	host    = "12D3KooWTestHost"
	price   = 50
	funds   = 1_000_000_000
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
}

func (w *world) GetFunction(_ context.Context, id string) (functionstypes.Function, error) {
	fn, ok := w.functions[id]
	if !ok {
		return fn, functionstypes.ErrNotFound
	}
	return fn, nil
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
	kv := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, types.StoreKey)
	objects := storetypes.NewObjectStoreKey(types.ObjectStoreKey)
	bankObjects := storetypes.NewObjectStoreKey(banktypes.ObjectStoreKey)
	db := dbm.NewMemDB()
	store := rootmulti.NewStore(db, log.NewNopLogger())
	for _, key := range kv {
		store.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	store.MountStoreWithDB(objects, storetypes.StoreTypeObject, nil)
	store.MountStoreWithDB(bankObjects, storetypes.StoreTypeObject, nil)
	require.NoError(t, store.LoadLatestVersion())

	encoding := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{})
	accounts := authkeeper.NewAccountKeeper(encoding.Codec, runtime.NewKVStoreService(kv[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{types.ModuleName: {authtypes.Burner}, authtypes.FeeCollectorName: nil, "mint": {authtypes.Minter}},
		address.NewBech32Codec(functionstypes.AccountPrefix), functionstypes.AccountPrefix, authority)
	s := &suite{t: t, ctx: sdk.NewContext(store, header(1), false, log.NewNopLogger()), world: &world{
		functions: map[string]functionstypes.Function{functionID: {
			Id: functionID, Owner: owner, Name: "markdown", Status: functionstypes.FUNCTION_STATUS_ACTIVE, ActiveVersion: 1,
			Price: sdk.NewInt64Coin(functionstypes.Denom, price), OwnerShareBps: 3_000, Plan: "standard",
		}},
		superNodes: map[string]functionstypes.SuperNode{"validator": {Validator: "validator", Attester: attester}},
		nodes:      map[string]seedingtypes.Node{host: {OrbId: host, Operator: operator}},
		seeds:      map[string]seedingtypes.Seed{functionID + host: {FunctionId: functionID, OrbId: host, Paid: true}},
	}}
	s.bank = bankkeeper.NewBaseKeeper(encoding.Codec, runtime.NewKVStoreService(kv[banktypes.StoreKey]), accounts, nil, authority, log.NewNopLogger()).
		WithObjStoreKey(bankObjects)
	require.NoError(t, s.bank.SetParams(s.ctx, banktypes.DefaultParams()))
	s.keeper = keeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(kv[types.StoreKey]), objects, authority, s.bank, s.world, s.world)
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	require.NoError(t, s.keeper.InitGenesis(s.ctx, types.DefaultGenesis()))
	for _, name := range []string{types.ModuleName, authtypes.FeeCollectorName, "mint"} {
		accounts.GetModuleAccount(s.ctx, name)
	}
	for _, address := range []string{owner, payer, delegate, operator, attester, stranger} {
		coins := sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, funds))
		require.NoError(t, s.bank.MintCoins(s.ctx, "mint", coins))
		require.NoError(t, s.bank.SendCoinsFromModuleToAccount(s.ctx, "mint", sdk.MustAccAddressFromBech32(address), coins))
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
