package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func (s *suite) node(orbID string) types.Node {
	s.Helper()
	node, err := s.keeper.GetNode(s.ctx, orbID)
	require.NoError(s, err)
	return node
}

func (s *suite) mustProve(orbID string) {
	s.Helper()
	_, err := s.msgs.Prove(s.ctx, s.proveMsg(orbID))
	require.NoError(s, err)
}

// TestMissedDraw: a node that was drawn and did not prove forfeits what it had not proven, and nothing that it had. However well it proves
// later, the gap is never paid.
func TestMissedDraw(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	s.seed(one, a)
	for _, epoch := range []uint64{1, 2, 3, 7, 8} {
		s.epoch(epoch)
		s.mustProve(one)
	}
	node := s.node(one)
	require.Equal(t, []types.Span{{From: 1, Through: 3}, {From: 7, Through: 8}}, node.Proven)
	require.EqualValues(t, 0, node.Proved(4, 6), "4 to 6 were drawn and missed")
	require.EqualValues(t, 5, node.Proved(1, 8))

	// A long row of failures keeps the latest runs.
	for epoch := uint64(10); epoch < 40; epoch += 2 {
		s.epoch(epoch)
		s.mustProve(one)
	}
	require.Len(t, s.node(one).Proven, 8)
	s.end()
}

// TestUndrawnEpochs: a proof vouches for the epochs before in which the node was not drawn, but for no more than vouch_epochs and never past
// one in which it was.
func TestUndrawnEpochs(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.DrawsPerEpoch, p.DeadEpochs, p.StaleEpochs = 1, 1_000, 1_000 })
	a := s.function("a", 8)
	s.change(func(p *types.Params) { p.MaxSeedsPerFunction = 8 })
	var nodes []string
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		nodes = append(nodes, s.register(name))
		s.seed(nodes[len(nodes)-1], a)
	}
	var vouched, capped, stopped bool
	for epoch := uint64(1); epoch <= 60; epoch++ {
		s.epoch(epoch)
		orbID := nodes[epoch%8]
		before := s.node(orbID).ProvenThrough
		s.mustProve(orbID)
		node := s.node(orbID)
		last := node.Proven[len(node.Proven)-1]
		require.Equal(t, epoch, last.Through)
		for missed := before + 1; missed < epoch; missed++ {
			beacon, err := s.keeper.Beacons.Get(s.ctx, missed)
			drawn := err == nil && beacon.Drawn(orbID)
			if paid := node.Proved(missed, missed) == 1; paid {
				require.NoError(t, err, "no epoch is vouched for whose draw nobody can tell")
				require.False(t, drawn, "no drawn epoch is vouched for")
				require.Less(t, epoch-missed, uint64(params().VouchEpochs))
				vouched = true
			} else if drawn {
				stopped = true
			} else if epoch-missed >= uint64(params().VouchEpochs) {
				capped = true
			}
		}
	}
	require.True(t, vouched && capped && stopped, "the run has seen every case")
}

// TestDraws: about as many nodes are drawn in an epoch as the params say, however many there are, and each of them in its turn.
func TestDraws(t *testing.T) {
	for _, nodes := range []uint64{100, 2_000} {
		beacon, sum, never := types.Beacon{Draws: 20, Nodes: nodes}, 0, 0
		turns := make([]int, nodes)
		for epoch := range int64(100) {
			beacon.Value = types.NextBeacon(beacon.Value, nil, epoch)
			for node := range turns {
				if beacon.Drawn(fmt.Sprint("node ", node)) {
					turns[node]++
					sum++
				}
			}
		}
		require.InDelta(t, 20*100, sum, 200)
		for _, n := range turns {
			if n == 0 {
				never++
			}
		}
		require.Less(t, never, int(nodes*9/10))
	}
	require.True(t, types.Beacon{Draws: 20, Nodes: 20}.Drawn("anyone"), "few nodes are all drawn")
}

// TestPaidSeedsAreDrawn: whoever holds a paid seed is asked for it, not for one of a thousand open ones.
func TestPaidSeedsAreDrawn(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.DeadEpochs = 100 })
	one := s.register("one")
	paid := s.seed(one, s.function("paid", 1))
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		s.seed(one, s.function(name, 0))
	}
	for epoch := uint64(1); epoch < 20; epoch++ {
		s.epoch(epoch)
		require.Equal(t, paid.FunctionId, s.challenge(one, "").FunctionId)
	}
}

// TestProveAfterEnd: when a function has ended its seeds can still be proven for a last claim.
func TestProveAfterEnd(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	s.seed(one, a)
	s.world.inactive[a] = true
	s.epoch(1)
	s.mustProve(one)
	_, err := s.msgs.Seed(s.ctx, s.seedMsg(s.register("two"), a))
	require.Error(t, err, "nobody else becomes a seed")
}
