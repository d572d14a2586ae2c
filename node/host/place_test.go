package host

import (
	"context"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/orbnetwork/orb/node/balance"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// payer is a chain with a function that pays for so many hosts.
type payer struct {
	townRewards
	replicas uint32
}

func (p payer) Escrow(context.Context, *rewardstypes.QueryEscrowRequest, ...grpc.CallOption) (*rewardstypes.QueryEscrowResponse, error) {
	return &rewardstypes.QueryEscrowResponse{Escrow: rewardstypes.Escrow{
		Terms: []rewardstypes.Term{{From: 1, Through: 1_000_000, BaseReplicas: p.replicas, Rate: math.NewInt(10), Balance: math.NewInt(1_000_000)}},
	}}, nil
}

// TestPaidPlaces: an open seed takes a paid place that is free, or whose holder does not do its work, and of many who might about as many try as there are
// places.
func TestPaidPlaces(t *testing.T) {
	params := seedingtypes.DefaultParams()
	epoch := params.IdleEpochs + 100
	bond := math.NewIntFromUint64(params.MinBond)
	const self = "self"
	paid := func(orbID string, proven, served uint64, bond math.Int) seedingtypes.SeedWithNode {
		return seedingtypes.SeedWithNode{
			Seed: seedingtypes.Seed{OrbId: orbID, Paid: true, Since: 1, ServedEpoch: served}, Node: seedingtypes.Node{ProvenThrough: proven, Bond: bond},
		}
	}
	works, idles := paid("works", epoch-1, epoch, bond), paid("idles", epoch-1, 1, bond)
	stale, poor := paid("stale", epoch-params.StaleEpochs-1, epoch, bond), paid("poor", epoch-1, epoch, bond.SubRaw(1))
	open := func(orbID string, burned int64) seedingtypes.SeedWithNode {
		return seedingtypes.SeedWithNode{
			Seed: seedingtypes.Seed{OrbId: orbID, Since: 1, ServedEpoch: epoch, RecentSince: epoch - 1, RecentBurned: math.NewInt(burned)},
			Node: seedingtypes.Node{Bond: bond},
		}
	}
	enough := 10 * int64(params.IdleEpochs)
	for name, row := range map[string]struct {
		replicas uint32
		bond     math.Int
		lot      float64
		seeds    []seedingtypes.SeedWithNode
		// place is whose is taken; "-" is nobody's, and "" that there is none to take.
		place string
	}{
		"one is free":               {2, bond, 0.9, []seedingtypes.SeedWithNode{works, open(self, 0)}, "-"},
		"the lot is another's":      {2, bond, 0.9, []seedingtypes.SeedWithNode{works, open(self, 0), open("another", 0)}, ""},
		"the lot is ours":           {2, bond, 0.4, []seedingtypes.SeedWithNode{works, open(self, 0), open("another", 0)}, "-"},
		"all work":                  {1, bond, 0, []seedingtypes.SeedWithNode{works, open(self, 0)}, ""},
		"one does not prove":        {2, bond, 0.9, []seedingtypes.SeedWithNode{works, stale, open(self, 0)}, "stale"},
		"one has lost its bond":     {2, bond, 0.9, []seedingtypes.SeedWithNode{works, poor, open(self, 0)}, "poor"},
		"one idles, so do we":       {2, bond, 0, []seedingtypes.SeedWithNode{works, idles, open(self, enough-1)}, ""},
		"one idles, we do not":      {2, bond, 0.9, []seedingtypes.SeedWithNode{works, idles, open(self, enough)}, "idles"},
		"one is free, but no bond":  {2, bond.SubRaw(1), 0, []seedingtypes.SeedWithNode{works, open(self, 0)}, ""},
		"nobody is paid for":        {0, bond, 0, []seedingtypes.SeedWithNode{stale, open(self, 0)}, ""},
		"free ones before held one": {3, bond, 0.9, []seedingtypes.SeedWithNode{works, stale, open(self, 0)}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSeat()
			h := s.town.host(t, t.TempDir(), func(c *Config) { c.Seeding, c.Sender, c.Rewards = s, s, payer{townRewards{town: s.town}, row.replicas} })
			h.hear(time.Now(), "gateway", balance.Demand{FunctionID: s.function.Id, Need: 3, Rate: 300}, 0)
			require.Eventually(t, h.seeding, 10*time.Second, 10*time.Millisecond)
			s.node.Bond, s.epoch = row.bond, epoch
			for _, seed := range row.seeds {
				if seed.Seed.OrbId == self {
					seed.Seed.OrbId = h.ID()
				}
				s.seeds = append(s.seeds, seed)
			}
			s.paid.Store(true)
			before := len(s.asked())
			require.NoError(t, h.takePlaces(t.Context(), func() float64 { return row.lot }))
			asked := s.asked()[before:]
			taken := h.Status().Functions[0].Paid
			switch row.place {
			case "":
				require.Empty(t, asked)
				require.False(t, taken)
			case "-":
				require.Equal(t, []string{""}, asked)
				require.True(t, taken)
			default:
				require.Equal(t, []string{row.place}, asked)
				require.True(t, taken)
			}
		})
	}
}

// TestStaleHostIsNone: a function whose paid host does not prove is taken by another without being asked.
func TestStaleHostIsNone(t *testing.T) {
	params := seedingtypes.DefaultParams()
	for name, row := range map[string]struct {
		proven uint64
		taken  bool
	}{"it proves": {1000, false}, "it does not": {1, true}} {
		t.Run(name, func(t *testing.T) {
			s := newSeat()
			s.epoch = 1000
			s.seeds = []seedingtypes.SeedWithNode{{
				Seed: seedingtypes.Seed{OrbId: "holder", Paid: true, Since: 1},
				Node: seedingtypes.Node{ProvenThrough: row.proven, Bond: math.NewIntFromUint64(params.MinBond)},
			}}
			h := s.host(t)
			h.want(s.function.Id)
			if row.taken {
				require.Eventually(t, h.seeding, 10*time.Second, 10*time.Millisecond)
				return
			}
			require.Never(t, h.seeding, 300*time.Millisecond, 10*time.Millisecond)
		})
	}
}
