package host

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/chain"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	proveMessage    = "orb.seeding.v1.MsgProve"
	registerMessage = "orb.seeding.v1.MsgRegisterNode"
)

// seat is a chain as one node sees it: its own entry, and the seeds of a function that has no room but in place of another.
type seat struct {
	townSeeding
	*town
	known bool
	node  seedingtypes.Node
	epoch uint64
	drawn bool
	seeds []seedingtypes.SeedWithNode
	// full refuses seeds, paid makes paid ones of them, and places are those that were asked for.
	full   atomic.Bool
	paid   atomic.Bool
	places []string
}

func newSeat() *seat {
	town := newTown(1)
	return &seat{townSeeding: townSeeding{town: town}, town: town, known: true, node: seedingtypes.Node{Bond: math.ZeroInt(), Operator: town.Address()}}
}

func (s *seat) host(t *testing.T) *Host {
	t.Helper()
	return s.town.host(t, t.TempDir(), func(c *Config) { c.Seeding, c.Sender, c.OpenOnly = s, s, true })
}

func (s *seat) Params(context.Context, *seedingtypes.QueryParamsRequest, ...grpc.CallOption) (*seedingtypes.QueryParamsResponse, error) {
	return &seedingtypes.QueryParamsResponse{Params: seedingtypes.DefaultParams(), Epoch: s.epoch}, nil
}

func (s *seat) Node(context.Context, *seedingtypes.QueryNodeRequest, ...grpc.CallOption) (*seedingtypes.QueryNodeResponse, error) {
	if !s.known {
		return nil, status.Error(codes.NotFound, "no such node")
	}
	return &seedingtypes.QueryNodeResponse{Node: s.node}, nil
}

func (s *seat) Challenge(context.Context, *seedingtypes.QueryChallengeRequest, ...grpc.CallOption) (*seedingtypes.QueryChallengeResponse, error) {
	return &seedingtypes.QueryChallengeResponse{FunctionId: s.function.Id, Version: 1, Epoch: s.epoch, Drawn: s.drawn}, nil
}

func (s *seat) Seeds(context.Context, *seedingtypes.QuerySeedsRequest, ...grpc.CallOption) (*seedingtypes.QuerySeedsResponse, error) {
	return &seedingtypes.QuerySeedsResponse{Seeds: s.seeds, Pagination: &query.PageResponse{}}, nil
}

func (s *seat) Fee(ctx context.Context, msgs ...sdk.Msg) (sdk.Coins, error) {
	if seed, is := msgs[0].(*seedingtypes.MsgSeed); is && seed.Displace == "" && s.seeds != nil {
		return nil, seedingtypes.ErrFull
	}
	return s.town.Fee(ctx, msgs...)
}

func (s *seat) Address() string { return s.town.Address() }

func (s *seat) Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	if seed, is := msgs[0].(*seedingtypes.MsgSeed); is {
		if s.full.Load() {
			return nil, seedingtypes.ErrFull
		}
		s.mu.Lock()
		s.places = append(s.places, seed.Displace)
		s.mu.Unlock()
	}
	result, err := s.town.Send(ctx, msgs...)
	result.MsgResponses[0] = &seedingtypes.MsgSeedResponse{Paid: s.paid.Load()}
	return result, err
}

func (s *seat) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.places...)
}

// TestSignOfLife: a node with open seeds proves when the chain would forget it, and one with paid seeds when it is drawn or about to claim.
func TestSignOfLife(t *testing.T) {
	silence := seedingtypes.DefaultParams().DeadEpochs / 2
	for name, row := range map[string]struct {
		node   seedingtypes.Node
		drawn  bool
		epoch  uint64
		proves bool
	}{
		"open, seen of late":   {seedingtypes.Node{Seen: 100}, true, 100 + silence, false},
		"open, silent":         {seedingtypes.Node{Seen: 100}, false, 101 + silence, true},
		"open, proven already": {seedingtypes.Node{Seen: 100, ProvenThrough: 101 + silence}, false, 101 + silence, false},
		"paid, drawn":          {seedingtypes.Node{Seen: 100, PaidSeeds: 1, ProvenThrough: 99}, true, 100, true},
		"paid, not drawn":      {seedingtypes.Node{Seen: 100, PaidSeeds: 1, ProvenThrough: 99}, false, 100, false},
		"paid, to claim":       {seedingtypes.Node{Seen: 100, PaidSeeds: 1, ProvenThrough: 96}, false, 100, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSeat()
			s.node, s.drawn, s.epoch = row.node, row.drawn, row.epoch
			h := s.host(t)
			require.False(t, h.seeding())
			h.hear(time.Now(), "gateway", balance.Demand{FunctionID: s.function.Id, Need: 3, Rate: 300}, 0)
			require.Eventually(t, h.seeding, 10*time.Second, 10*time.Millisecond)
			require.NoError(t, h.prove(t.Context()))
			if row.proves {
				require.Equal(t, []string{seedMessage, proveMessage}, s.messages())
			} else {
				require.Equal(t, []string{seedMessage}, s.messages())
			}
		})
	}
}

// TestForgotten: a node that the chain has forgotten comes back.
func TestForgotten(t *testing.T) {
	s := newSeat()
	h := s.host(t)
	require.NoError(t, h.remain(t.Context()))
	require.Empty(t, s.messages())
	s.known = false
	require.NoError(t, h.remain(t.Context()))
	require.Equal(t, []string{registerMessage}, s.messages())
}

// TestFullFunction: who is called for where there is no room takes the place of a host that is away, of nobody else.
func TestFullFunction(t *testing.T) {
	params := seedingtypes.DefaultParams()
	seed := func(orbID string, seen, served uint64, bond int64) seedingtypes.SeedWithNode {
		return seedingtypes.SeedWithNode{
			Seed: seedingtypes.Seed{OrbId: orbID, Since: 1, ServedEpoch: served}, Node: seedingtypes.Node{Seen: seen, Bond: math.NewInt(bond)},
		}
	}
	epoch := params.IdleEpochs + 10
	serving, idle, away := seed("serving", epoch, epoch, 0), seed("idle", epoch, 1, 5), seed("away", epoch-params.StaleEpochs-1, epoch, 50)
	paid := seed("paid", 1, 1, 0)
	paid.Seed.Paid = true
	for name, row := range map[string]struct {
		bond  int64
		seeds []seedingtypes.SeedWithNode
		place string
	}{
		"somebody is away":    {0, []seedingtypes.SeedWithNode{serving, idle, away, paid}, "away"},
		"all live":            {5, []seedingtypes.SeedWithNode{serving, idle, paid}, ""},
		"all live, one idles": {6, []seedingtypes.SeedWithNode{serving, idle, paid}, "idle"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSeat()
			s.node.Bond, s.epoch, s.seeds = math.NewInt(row.bond), epoch, row.seeds
			h := s.host(t)
			h.hear(time.Now(), "gateway", balance.Demand{FunctionID: s.function.Id, Need: 3, Rate: 300}, 0)
			if row.place == "" {
				require.Never(t, func() bool { return len(s.asked()) > 0 }, 300*time.Millisecond, 10*time.Millisecond)
				require.False(t, h.Holds(s.function.Id))
				return
			}
			require.Eventually(t, h.seeding, 10*time.Second, 10*time.Millisecond)
			require.Equal(t, []string{row.place}, s.asked())
		})
	}
}

// TestDisplacedOpenSeed: who has lost an open seed, and finds no room again, gives the function up.
func TestDisplacedOpenSeed(t *testing.T) {
	s := newSeat()
	h := s.host(t)
	h.hear(time.Now(), "gateway", balance.Demand{FunctionID: s.function.Id, Need: 3, Rate: 300}, 0)
	require.Eventually(t, h.seeding, 10*time.Second, 10*time.Millisecond)
	s.full.Store(true)
	h.displaced(&seedingtypes.EventDisplaced{FunctionId: s.function.Id, OrbId: h.ID(), By: "another"})
	require.Eventually(t, func() bool { return !h.Holds(s.function.Id) && !h.seeding() }, 10*time.Second, 10*time.Millisecond)
}
