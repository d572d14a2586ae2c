package keeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/testutil/money"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/keeper"
	"github.com/orbnetwork/orb/x/seeding/types"
)

const (
	chainID     = "orb-test"
	epochBlocks = 10
	// maxSeeds per function.
	maxSeeds = 3
	// rate is the hosting pay of a paid seed and epoch.
	rate  = 10
	funds = 1_000_000
	// pool of grants at the start.
	pool = 5_000
)

var (
	authority = authtypes.NewModuleAddress(govtypes.ModuleName).String()
	olga      = person("olga")
	mallory   = person("mallory")
	// samson is the attester of a super node, and his other account as well.
	samson, samsonsOther = person("samson"), person("samson's other")
	validator            = sdk.ValAddress(sdk.MustAccAddressFromBech32(person("validator"))).String()
)

// person returns the address that a name always has.
func person(name string) string {
	sum := sha256.Sum256([]byte(name))
	return sdk.AccAddress(sum[:20]).String()
}

func nodeKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("node " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func orbID(name string) string {
	return orbid.FromKey(nodeKey(name).Public().(ed25519.PublicKey))
}

func functionID(name string) string {
	return functionstypes.FunctionID([]byte("function " + name))
}

// artifact has several chunks and a last one that is not full.
func artifact(functionID string) []byte {
	return bytes.Repeat([]byte(functionID), 200)
}

// world is what x/functions and x/rewards say: each function serves its artifact, and pays so many base replicas. What is paid before a
// seed ends is noted.
type world struct {
	replicas map[string]uint32
	inactive map[string]bool
	ended    []types.Seed
	refuse   error
}

func (w *world) GetFunction(_ context.Context, id string) (functionstypes.Function, error) {
	if _, known := w.replicas[id]; !known {
		return functionstypes.Function{}, functionstypes.ErrNotFound
	}
	return functionstypes.Function{Id: id, ActiveVersion: 4}, nil
}

func (w *world) GetVersion(_ context.Context, id string, number uint64) (functionstypes.Version, error) {
	data := artifact(id)
	root := possession.Root(data)
	return functionstypes.Version{
		FunctionId: id, Number: number, Artifact: functionstypes.Artifact{MerkleRoot: root[:], Size_: uint64(len(data))},
	}, nil
}

func (w *world) SuperNodeByAttester(_ context.Context, account string) (functionstypes.SuperNode, error) {
	switch account {
	case samson, samsonsOther:
		return functionstypes.SuperNode{Validator: validator, Attester: account}, nil
	}
	return functionstypes.SuperNode{}, functionstypes.ErrNotFound
}

func (w *world) ActiveVersion(ctx context.Context, id string) (functionstypes.Function, functionstypes.Version, error) {
	fn, err := w.GetFunction(ctx, id)
	if err == nil && w.inactive[id] {
		err = functionstypes.ErrNotActive
	}
	if err != nil {
		return fn, functionstypes.Version{}, err
	}
	v, err := w.GetVersion(ctx, id, fn.ActiveVersion)
	return fn, v, err
}

func (w *world) Hosting(_ context.Context, id string, _ uint64) (uint32, math.Int, error) {
	return w.replicas[id], math.NewInt(rate), nil
}

func (w *world) BeforeSeedEnds(_ context.Context, _ types.Node, seed types.Seed) error {
	w.ended = append(w.ended, seed)
	return w.refuse
}

// suite is the module over a real bank and real fee grants.
type suite struct {
	*testing.T
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	world   *world
	ledger  *money.Ledger
	fees    feegrantkeeper.Keeper
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	s := emptySuite(t)
	for _, account := range []string{olga, mallory, samson, samsonsOther} {
		s.ledger.Fund(s.ctx, account, funds)
	}
	s.ledger.Fund(s.ctx, types.GrantsName, pool)
	genesis := types.DefaultGenesis()
	genesis.Params = params()
	require.NoError(t, s.keeper.InitGenesis(s.ctx, genesis, math.NewInt(pool)))
	s.begin(1)
	return s
}

// params make everything short, and every node be drawn in every epoch.
func params() types.Params {
	p := types.DefaultParams()
	p.EpochBlocks, p.MaxSeedsPerFunction, p.MinBond, p.VouchEpochs, p.UnbondingBlocks = epochBlocks, maxSeeds, 0, 6, 20
	p.StaleEpochs, p.IdleEpochs, p.DeadEpochs, p.MaxPrunesPerBlock = 4, 6, 12, 5
	p.SponsorQuota, p.Grant, p.GrantBudget, p.GrantIdleEpochs = 2, 1_000, 1_500, 8
	return p
}

// change replaces the params.
func (s *suite) change(edit func(*types.Params)) {
	s.Helper()
	p, err := s.keeper.Params.Get(s.ctx)
	require.NoError(s, err)
	edit(&p)
	_, err = s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: p})
	require.NoError(s, err)
}

// emptySuite has no genesis state yet.
func emptySuite(t *testing.T) *suite {
	t.Helper()
	ledger, ctx := money.New(t, money.Config{
		Authority: authority,
		Modules:   map[string][]string{types.ModuleName: nil, types.GrantsName: nil, functionstypes.ModuleName: nil, "rewards": nil},
		KV:        []string{types.StoreKey, feegrant.StoreKey}, Objects: []string{types.ObjectStoreKey},
		Basics: []module.AppModuleBasic{feegrantmodule.AppModuleBasic{}},
	})
	s := &suite{
		T: t, ctx: ctx.WithChainID(chainID), ledger: ledger,
		world: &world{replicas: map[string]uint32{}, inactive: map[string]bool{}},
	}
	s.fees = feegrantkeeper.NewKeeper(ledger.Encoding.Codec, runtime.NewKVStoreService(ledger.KV[feegrant.StoreKey]), ledger.Accounts).
		SetBankKeeper(ledger.Bank)
	s.keeper = keeper.NewKeeper(ledger.Encoding.Codec, runtime.NewKVStoreService(ledger.KV[types.StoreKey]), ledger.Objects[types.ObjectStoreKey],
		authority, s.world, ledger.Bank, s.fees)
	s.keeper.SetHooks(s.world)
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	return s
}

// end ends the block and checks that all money is there.
func (s *suite) end() {
	s.Helper()
	require.NoError(s, s.ledger.Bank.CreditVirtualAccounts(s.ctx))
	require.NoError(s, s.keeper.EndBlock(s.ctx))
	require.NoError(s, s.keeper.Conserved(s.ctx, s.ledger.Holds(s.ctx, types.ModuleName), s.ledger.Holds(s.ctx, types.GrantsName)))
	genesis, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(s, err)
	require.NoError(s, genesis.Validate())
	s.ledger.Store.Commit() // empties the object stores
}

// gained is how much more, or less, an account has than at the start.
func (s *suite) gained(account string) int64 {
	return s.ledger.Holds(s.ctx, account).Amount.Int64() - funds
}

func uorb(amount int64) sdk.Coin { return sdk.NewInt64Coin(functionstypes.Denom, amount) }

// begin starts the block at a height. The state before it depends on the height, as a chain's does.
func (s *suite) begin(height int64) {
	s.Helper()
	header := s.ctx.BlockHeader()
	header.Height, header.Time = height, time.Unix(height, 0)
	hash := sha256.Sum256([]byte{byte(height), byte(height >> 8)})
	header.AppHash = hash[:]
	s.ctx = s.ctx.WithBlockHeader(header).WithEventManager(sdk.NewEventManager())
	require.NoError(s, s.keeper.BeginBlock(s.ctx))
}

// epoch ends the block and goes on to the first one of an epoch, by way of those of the epochs between.
func (s *suite) epoch(number uint64) {
	s.Helper()
	for next := uint64(s.ctx.BlockHeight())/epochBlocks + 1; next <= number; next++ {
		s.end()
		s.begin(int64(next) * epochBlocks)
	}
}

func registration(name, operator string) *types.MsgRegisterNode {
	msg := &types.MsgRegisterNode{Operator: operator, OrbId: orbID(name), Moniker: name, Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}}
	msg.Signature = ed25519.Sign(nodeKey(name), types.RegistrationSignBytes(chainID, operator, msg.OrbId))
	return msg
}

// register makes olga the operator of a node.
func (s *suite) register(name string) string {
	s.Helper()
	_, err := s.msgs.RegisterNode(s.ctx, registration(name, olga))
	require.NoError(s, err)
	return orbID(name)
}

// function lets a function serve.
func (s *suite) function(name string, replicas uint32) string {
	id := functionID(name)
	s.world.replicas[id] = replicas
	return id
}

// challenge asks for the node's challenge; without a function for the one it is drawn for.
func (s *suite) challenge(orbID, functionID string) *types.QueryChallengeResponse {
	s.Helper()
	challenge, err := s.queries.Challenge(s.ctx, &types.QueryChallengeRequest{OrbId: orbID, FunctionId: functionID})
	require.NoError(s, err)
	return challenge
}

// prove answers a challenge.
func (s *suite) prove(challenge *types.QueryChallengeResponse) types.Proof {
	s.Helper()
	chunk, path, err := possession.Prove(artifact(challenge.FunctionId), challenge.ChunkIndex)
	require.NoError(s, err)
	return types.Proof{Chunk: chunk, Path: path}
}

func (s *suite) seedMsg(orbID, functionID string) *types.MsgSeed {
	s.Helper()
	challenge := s.challenge(orbID, functionID)
	return &types.MsgSeed{Operator: olga, OrbId: orbID, FunctionId: functionID, Epoch: challenge.Epoch, Proof: s.prove(challenge)}
}

func (s *suite) seed(orbID, functionID string) types.Seed {
	s.Helper()
	_, err := s.msgs.Seed(s.ctx, s.seedMsg(orbID, functionID))
	require.NoError(s, err)
	seed, err := s.keeper.GetSeed(s.ctx, functionID, orbID)
	require.NoError(s, err)
	return seed
}

// requireEvent looks for an event of the current block.
func (s *suite) requireEvent(want sdk.Event) {
	s.Helper()
	require.Contains(s, s.ctx.EventManager().Events(), want)
}

func TestSetHooksTwice(t *testing.T) {
	s := newSuite(t)
	require.Panics(t, func() { s.keeper.SetHooks(s.world) })
}

func TestNotFound(t *testing.T) {
	s := newSuite(t)
	_, err := s.keeper.GetNode(s.ctx, orbID("absent"))
	require.ErrorIs(t, err, types.ErrNotFound)
	_, err = s.keeper.GetSeed(s.ctx, functionID("absent"), orbID("absent"))
	require.ErrorIs(t, err, types.ErrNotFound)
	require.ErrorIs(t, s.keeper.SetClaimedThrough(s.ctx, functionID("absent"), orbID("absent"), 3), types.ErrNotFound)
}

func TestSetClaimedThrough(t *testing.T) {
	s := newSuite(t)
	seed := s.seed(s.register("one"), s.function("a", 1))
	require.NoError(t, s.keeper.SetClaimedThrough(s.ctx, seed.FunctionId, seed.OrbId, 9))
	seed.ClaimedThrough = 9
	stored, err := s.keeper.GetSeed(s.ctx, seed.FunctionId, seed.OrbId)
	require.NoError(t, err)
	require.Equal(t, seed, stored)
}
