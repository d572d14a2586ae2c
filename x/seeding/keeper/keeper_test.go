package keeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/possession"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/keeper"
	"github.com/orbnetwork/orb/x/seeding/types"
)

const (
	chainID     = "orb-test"
	epochBlocks = 10
	// maxSeeds per function.
	maxSeeds = 3
)

var (
	authority = authtypes.NewModuleAddress(govtypes.ModuleName).String()
	olga      = person("olga")
	mallory   = person("mallory")
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

// world is what x/functions and x/rewards say: each function serves its artifact, and has so many base replicas.
type world struct {
	replicas map[string]uint32
	inactive map[string]bool
}

func (w *world) ActiveVersion(_ context.Context, id string) (functionstypes.Function, functionstypes.Version, error) {
	if _, known := w.replicas[id]; !known {
		return functionstypes.Function{}, functionstypes.Version{}, functionstypes.ErrNotFound
	}
	if w.inactive[id] {
		return functionstypes.Function{}, functionstypes.Version{}, functionstypes.ErrNotActive
	}
	data := artifact(id)
	root := possession.Root(data)
	return functionstypes.Function{Id: id}, functionstypes.Version{
		FunctionId: id, Number: 4, Artifact: functionstypes.Artifact{MerkleRoot: root[:], Size_: uint64(len(data))},
	}, nil
}

func (w *world) BaseReplicas(_ context.Context, id string) (uint32, error) {
	return w.replicas[id], nil
}

// suite is the module on a store of its own.
type suite struct {
	*testing.T
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	world   *world
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	s := emptySuite(t)
	genesis := types.DefaultGenesis()
	genesis.Params = types.Params{EpochBlocks: epochBlocks, MaxSeedsPerFunction: maxSeeds}
	require.NoError(t, s.keeper.InitGenesis(s.ctx, genesis))
	s.begin(1)
	return s
}

// emptySuite has no genesis state yet.
func emptySuite(t *testing.T) *suite {
	t.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	s := &suite{
		T:     t,
		ctx:   testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient")).WithChainID(chainID),
		world: &world{replicas: map[string]uint32{}, inactive: map[string]bool{}},
	}
	s.keeper = keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig().Codec, runtime.NewKVStoreService(key), authority, s.world)
	s.keeper.SetReplicas(s.world)
	s.msgs, s.queries = keeper.NewMsgServer(s.keeper), keeper.NewQueryServer(s.keeper)
	return s
}

// begin starts the block at a height. The state before it depends on the height, as a chain's does.
func (s *suite) begin(height int64) {
	s.Helper()
	header := s.ctx.BlockHeader()
	header.Height = height
	hash := sha256.Sum256([]byte{byte(height), byte(height >> 8)})
	header.AppHash = hash[:]
	s.ctx = s.ctx.WithBlockHeader(header).WithEventManager(sdk.NewEventManager())
	require.NoError(s, s.keeper.BeginBlock(s.ctx))
}

// epoch goes to the first block of an epoch; no epoch may be left out.
func (s *suite) epoch(number uint64) {
	s.Helper()
	s.begin(int64(number) * epochBlocks)
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

func TestSetReplicasTwice(t *testing.T) {
	s := newSuite(t)
	require.Panics(t, func() { s.keeper.SetReplicas(s.world) })
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
