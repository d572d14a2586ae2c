package host

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// shelf notes which artifacts are deleted.
type shelf struct {
	Artifacts
	mu      sync.Mutex
	kept    map[string]uint64
	deleted []string
}

func (s *shelf) Kept(context.Context) (map[string]uint64, error) { return s.kept, nil }

func (s *shelf) Get(context.Context, string, uint64) ([]byte, error) { return smallest, nil }

func (s *shelf) Keep(context.Context, string) error { return nil }

func (s *shelf) Delete(_ context.Context, cid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = append(s.deleted, cid)
	return nil
}

func (s *shelf) gone() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.deleted))
}

// What is on disk and what is about to be fetched never exceed the budget together; what is served goes only for its own update.
func TestMakeRoom(t *testing.T) {
	of := func(cid string) *function {
		return &function{program: echo{}, version: functionstypes.Version{Artifact: functionstypes.Artifact{Cid: cid, Size_: 100}}}
	}
	type files map[string]*function
	for name, row := range map[string]struct {
		budget              uint64
		functions, previous files
		inherited           map[string]uint64
		err                 error
		deleted             []string
	}{
		"no bound":                       {0, files{"other": of("a"), "this": of("b")}, nil, nil, nil, nil},
		"both versions fit":              {300, files{"other": of("a"), "this": of("b")}, nil, nil, nil, nil},
		"the update replaces":            {299, files{"other": of("a"), "this": of("b")}, nil, nil, nil, []string{"b"}},
		"and what it has replaced":       {299, files{"other": of("a"), "this": of("b")}, files{"this": of("c")}, nil, nil, []string{"b", "c"}},
		"but not what another has too":   {300, files{"other": of("b"), "this": of("b")}, files{"this": of("c")}, nil, nil, nil},
		"not beside others":              {199, files{"other": of("a"), "this": of("b")}, nil, nil, errUnwanted, nil},
		"not alone":                      {99, nil, nil, nil, errUnwanted, nil},
		"when another's old one is gone": {200, files{"other": of("a")}, files{"other": of("c")}, nil, errNoRoomYet, nil},
		"when it is known what to keep":  {200, files{"other": of("a")}, nil, map[string]uint64{"old": 100}, errNoRoomYet, nil},
		"it is here already":             {200, files{"other": of("a")}, nil, map[string]uint64{"new": 100}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(shelf)
			h := &Host{policy: Policy{MaxBytes: row.budget}, functions: row.functions, previous: row.previous, inherited: row.inherited, ctx: t.Context(), cfg: Config{Artifacts: s}}
			err := h.makeRoom("this", of("new").version)
			require.ErrorIs(t, err, row.err)
			require.Equal(t, row.deleted, s.gone())
			if row.deleted != nil {
				require.NotContains(t, h.functions, "this")
			}
		})
	}
}

// What an earlier run has kept goes once it is known what this one serves, and not before.
func TestCollect(t *testing.T) {
	town := newTown(0)
	s := &shelf{kept: map[string]uint64{"cid": 40, "retired": 50, "ended": 60}}
	queries := &listing{town: town, silent: true}
	h := town.host(t, t.TempDir(), func(cfg *Config) {
		cfg.Artifacts, cfg.Functions, cfg.Seeding = s, queries, noSeeds{townSeeding{town: town}}
	})
	require.NoError(t, h.inherit(t.Context()))
	require.Equal(t, uint64(150), h.Status().ArtifactBytes)
	require.Equal(t, map[string]bool{town.function.Id: true}, h.seedAll(map[string]bool{everything: true}))
	require.Empty(t, s.gone(), "the chain has not answered")

	queries.silent = false
	require.Empty(t, h.seedAll(map[string]bool{everything: true}))
	require.Equal(t, []string{"ended", "retired"}, s.gone())
	require.Equal(t, town.version.Artifact.Size_, h.Status().ArtifactBytes)
}

// listing is a chain that lists its function, and tells about it when it is not silent.
type listing struct {
	*town
	silent bool
}

func (l *listing) Functions(context.Context, *functionstypes.QueryFunctionsRequest, ...grpc.CallOption) (*functionstypes.QueryFunctionsResponse, error) {
	return &functionstypes.QueryFunctionsResponse{Functions: []functionstypes.Function{l.function}}, nil
}

func (l *listing) Function(ctx context.Context, r *functionstypes.QueryFunctionRequest, _ ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	if l.silent {
		return nil, errors.New("no answer")
	}
	return l.town.Function(ctx, r)
}

type noSeeds struct{ townSeeding }

func (noSeeds) Node(context.Context, *seedingtypes.QueryNodeRequest, ...grpc.CallOption) (*seedingtypes.QueryNodeResponse, error) {
	return &seedingtypes.QueryNodeResponse{}, nil
}

func (noSeeds) Seeds(context.Context, *seedingtypes.QuerySeedsRequest, ...grpc.CallOption) (*seedingtypes.QuerySeedsResponse, error) {
	return &seedingtypes.QuerySeedsResponse{}, nil
}

// draws is a chain that draws the node in its first epoch, and refuses the first transactions.
type draws struct {
	townSeeding
	refuse int
}

func (*draws) Params(context.Context, *seedingtypes.QueryParamsRequest, ...grpc.CallOption) (*seedingtypes.QueryParamsResponse, error) {
	return &seedingtypes.QueryParamsResponse{Params: seedingtypes.Params{EpochBlocks: 10}}, nil
}

func (d *draws) Challenge(context.Context, *seedingtypes.QueryChallengeRequest, ...grpc.CallOption) (*seedingtypes.QueryChallengeResponse, error) {
	return &seedingtypes.QueryChallengeResponse{Epoch: 1, FunctionId: d.function.Id, Version: 1, Drawn: true}, nil
}

func (*draws) Node(context.Context, *seedingtypes.QueryNodeRequest, ...grpc.CallOption) (*seedingtypes.QueryNodeResponse, error) {
	return &seedingtypes.QueryNodeResponse{Node: seedingtypes.Node{PaidSeeds: 1}}, nil
}

func (d *draws) Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	d.mu.Lock()
	d.refuse--
	refused := d.refuse >= 0
	d.mu.Unlock()
	if refused {
		return nil, errors.New("the mempool is full")
	}
	return d.town.Send(ctx, msgs...)
}

// A proof that does not get onto the chain is sent again, and one that does is sent once.
func TestProofIsRetried(t *testing.T) {
	town := newTown(0)
	d := &draws{townSeeding: townSeeding{town: town}, refuse: 2}
	h := town.host(t, t.TempDir(), func(cfg *Config) { cfg.Seeding, cfg.Sender, cfg.Log = d, d, slog.New(slog.DiscardHandler) })
	h.mu.Lock()
	h.functions[town.function.Id] = &function{version: town.version, program: echo{}}
	h.seeds[town.function.Id] = true
	h.mu.Unlock()
	h.height.Store(15)
	h.tasks.Go(h.proveLoop)
	const proof = "orb.seeding.v1.MsgProve"
	require.Eventually(t, func() bool { return slices.Contains(town.messages(), proof) }, 30*time.Second, 10*time.Millisecond)
	time.Sleep(3 * proveTick)
	require.Equal(t, []string{proof}, town.messages())
}
