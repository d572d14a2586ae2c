package host

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// smallest is a module that is a function: it does nothing.
var smallest = []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x05\x03\x01\x00\x01" +
	"\x07\x13\x02\x06_start\x00\x00\x06memory\x02\x00\x0a\x04\x01\x02\x00\x0b")

// town is the chain, with one function and so many hosts of it, and the artifact's peers.
type town struct {
	functionstypes.QueryClient
	mu       sync.Mutex
	function functionstypes.Function
	version  functionstypes.Version
	seeds    int
	gas      int64
	sent     []string
}

func newTown(seeds int) *town {
	digest, root := sha256.Sum256(smallest), possession.Root(smallest)
	public, key, _ := ed25519.GenerateKey(nil)
	t := &town{seeds: seeds, gas: 100}
	t.version = functionstypes.Version{
		FunctionId: functionstypes.FunctionID(public), Number: 1, Complexity: 1, FuelLimit: 10, MemoryLimit: 1 << 20, Owner: "orb1owner",
		Contract: functionstypes.CONTRACT_FILTER, SigningKey: public,
		Artifact: functionstypes.Artifact{Cid: "cid", Sha256: digest[:], MerkleRoot: root[:], Size_: uint64(len(smallest))},
	}
	t.version.Signature = ed25519.Sign(key, functionstypes.VersionSignBytes(testChain, "orb1owner", "busy", &t.version))
	t.function = functionstypes.Function{
		Id: t.version.FunctionId, Name: "busy", Owner: "orb1owner", SigningKey: public, Status: functionstypes.FUNCTION_STATUS_ACTIVE, ActiveVersion: 1,
		Price: sdk.NewInt64Coin("uorb", testPrice),
	}
	return t
}

func (t *town) Function(context.Context, *functionstypes.QueryFunctionRequest, ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	return &functionstypes.QueryFunctionResponse{Function: t.function, Version: t.version}, nil
}

type townSeeding struct {
	seedingtypes.QueryClient
	*town
}

func (t townSeeding) Seeds(_ context.Context, r *seedingtypes.QuerySeedsRequest, _ ...grpc.CallOption) (*seedingtypes.QuerySeedsResponse, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &seedingtypes.QuerySeedsResponse{Seeds: make([]seedingtypes.SeedWithNode, min(t.seeds, int(r.Pagination.Limit)))}, nil
}

func (t townSeeding) Challenge(context.Context, *seedingtypes.QueryChallengeRequest, ...grpc.CallOption) (*seedingtypes.QueryChallengeResponse, error) {
	return &seedingtypes.QueryChallengeResponse{FunctionId: t.function.Id, Version: 1}, nil
}

func (townSeeding) Params(context.Context, *seedingtypes.QueryParamsRequest, ...grpc.CallOption) (*seedingtypes.QueryParamsResponse, error) {
	return &seedingtypes.QueryParamsResponse{Params: seedingtypes.DefaultParams()}, nil
}

type townRewards struct {
	rewardstypes.QueryClient
	*town
}

func (townRewards) Params(context.Context, *rewardstypes.QueryParamsRequest, ...grpc.CallOption) (*rewardstypes.QueryParamsResponse, error) {
	return &rewardstypes.QueryParamsResponse{Params: rewardstypes.Params{FeeSplit: price.FeeSplit{FeeBps: 500, BurnBps: 5000}, MaxEntries: 10}}, nil
}

func (townRewards) Escrow(context.Context, *rewardstypes.QueryEscrowRequest, ...grpc.CallOption) (*rewardstypes.QueryEscrowResponse, error) {
	return nil, errors.New("none")
}

func (t *town) Address() string { return "orb1operator" }

func (t *town) Fee(context.Context, ...sdk.Msg) (sdk.Coins, error) {
	return sdk.NewCoins(sdk.NewInt64Coin("uorb", t.gas)), nil
}

func (t *town) Send(_ context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, msg := range msgs {
		t.sent = append(t.sent, proto.MessageName(msg))
	}
	return &chain.TxResult{MsgResponses: []proto.Message{&seedingtypes.MsgSeedResponse{}}}, nil
}

func (t *town) messages() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.sent...)
}

func (t *town) Get(context.Context, string, uint64) ([]byte, error) { return smallest, nil }
func (t *town) Keep(context.Context, string) error                  { return nil }
func (t *town) Delete(context.Context, string) error                { return nil }
func (t *town) Kept(context.Context) (map[string]uint64, error)     { return nil, nil }

// host starts one that takes a function unasked only when nobody else does.
func (t *town) host(tt *testing.T, dir string, change func(*Config)) *Host {
	tt.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(tt, err)
	cfg := Config{
		Dir: dir, ChainID: testChain, Key: key, Functions: t, Seeding: townSeeding{town: t}, Rewards: townRewards{town: t}, Sender: t, Artifacts: t,
		Policy: Policy{Replicas: 1}, MirrorFor: time.Minute, Log: slog.New(slog.DiscardHandler),
		Load: func(context.Context, []byte, runtime.Limits) (Program, error) { return echo{}, nil },
	}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	require.NoError(tt, err)
	h.tasks.Go(func() { h.takeOn(make(map[string]bool)) })
	tt.Cleanup(func() { require.NoError(tt, h.Close(context.Background())) })
	return h
}

const (
	seedMessage   = "orb.seeding.v1.MsgSeed"
	unseedMessage = "orb.seeding.v1.MsgUnseed"
)

// TestMirror: a function with hosts enough is left to them until a gateway says that they are busy; it is taken then, and given up when
// nobody calls it. The gateway is not believed again.
func TestMirror(t *testing.T) {
	town := newTown(1)
	dir := t.TempDir()
	h := town.host(t, dir, nil)
	id := town.function.Id
	h.Hint(id)
	require.Never(t, func() bool { return h.Holds(id) }, 300*time.Millisecond, 10*time.Millisecond)

	start := time.Now()
	require.True(t, h.hear(start, "gateway", balance.Demand{FunctionID: id, Need: 3, Rate: 300}, 0.9))
	require.Eventually(t, func() bool {
		return h.Status().Functions != nil && len(h.Status().Functions) == 1 && h.Status().Functions[0].Mirror
	},
		10*time.Second, 10*time.Millisecond)
	require.Equal(t, []string{seedMessage}, town.messages())
	records, err := h.receipt.mirrors()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		records, err = h.receipt.mirrors()
		return err == nil && len(records) == 1
	}, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, mirrorRecord{id, balance.Least(47, 200)}, records[0], "coming and going cost 200, a request brings in 47")

	unlucky := func() float64 { return 1 - 1e-9 }
	require.Empty(t, h.idleMirrors(time.Now(), unlucky), "its time is not over")
	f := h.functions[id]
	f.served.Add(records[0].least)
	require.Empty(t, h.idleMirrors(time.Now().Add(2*time.Minute), unlucky), "it has earned its keep")
	f.served.Add(records[0].least - 1)
	require.Equal(t, []string{id}, h.idleMirrors(time.Now().Add(4*time.Minute), unlucky), "not enough this time")
	require.Empty(t, h.distrusted, "but some calls came")
	require.NoError(t, h.unseed(t.Context(), id))
	require.False(t, h.Holds(id))
	require.Equal(t, []string{seedMessage, unseedMessage}, town.messages())
	require.Empty(t, h.idleMirrors(time.Now(), unlucky))
	require.Eventually(t, func() bool {
		records, err = h.receipt.mirrors()
		return err == nil && len(records) == 0
	}, 10*time.Second, 10*time.Millisecond)

	require.True(t, h.hear(start.Add(time.Minute), "liar", balance.Demand{FunctionID: id, Need: 3, Rate: 300}, 0))
	require.Eventually(t, func() bool { return h.Holds(id) && len(h.Status().Functions) == 1 && h.Status().Functions[0].Mirror },
		10*time.Second, 10*time.Millisecond)
	require.Equal(t, []string{id}, h.idleMirrors(time.Now().Add(2*time.Minute), unlucky))
	require.NoError(t, h.unseed(t.Context(), id))
	require.False(t, h.hear(start.Add(2*time.Minute), "liar", balance.Demand{FunctionID: id, Need: 3, Rate: 300}, 0), "it had said so when nobody called")
}

// TestMirrorDeclined: what is said of demand is not followed blindly.
func TestMirrorDeclined(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*town, *Config)
		demand balance.Demand
	}{
		"too few calls for its gas": {nil, balance.Demand{Need: 200, Rate: 10}},
		"free":                      {func(t *town, _ *Config) { t.function.Price.Amount = math.ZeroInt() }, balance.Demand{Need: 1, Rate: 300}},
		"against the policy":        {func(_ *town, c *Config) { c.Policy.MinPrice = 1e12 }, balance.Demand{Need: 1, Rate: 300}},
		"no room":                   {func(_ *town, c *Config) { c.Policy.MaxArtifactBytes = 1 }, balance.Demand{Need: 1, Rate: 300}},
		"short of bandwidth":        {func(_ *town, c *Config) { c.Budget = func() uint32 { return idleLoad + 1 } }, balance.Demand{Need: 1, Rate: 300}},
		"not wanted at all":         {func(_ *town, c *Config) { c.MirrorFor = 0 }, balance.Demand{Need: 1, Rate: 300}},
		"the lot falls on others":   {func(_ *town, c *Config) { c.Nodes = func() int { return 1 << 40 } }, balance.Demand{Need: 1, Rate: 300}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			town := newTown(1)
			h := town.host(t, t.TempDir(), func(c *Config) {
				if row.change != nil {
					row.change(town, c)
				}
			})
			row.demand.FunctionID = town.function.Id
			h.Demand("gateway", row.demand)
			require.Never(t, func() bool { return len(town.messages()) > 0 }, 500*time.Millisecond, 10*time.Millisecond)
			require.False(t, h.Holds(town.function.Id))
		})
	}
}

// TestMirrorsAreFew: however many functions gateways name, a node takes one at a time, and rests until its load shows that.
func TestMirrorsAreFew(t *testing.T) {
	h := newTown(1).host(t, t.TempDir(), nil)
	now := time.Now()
	hear := func(id string) bool {
		return h.hear(now, "gateway", balance.Demand{FunctionID: id, Need: 1, Rate: 1}, 0)
	}
	require.True(t, hear("a"))
	require.False(t, hear("b"))
	now = now.Add(rest)
	require.True(t, hear("c"))
	for i := range 2 * maxHeard {
		hear(strconv.Itoa(i))
	}
	require.LessOrEqual(t, len(h.heard), maxHeard)
}
