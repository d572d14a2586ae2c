package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// TestGenesisRoundTrip: a state in which everything is in use comes back from its export as it was, with the counts that limit seeds.
func TestGenesisRoundTrip(t *testing.T) {
	s := newSuite(t)
	one, two, a := s.register("one"), s.register("two"), s.function("a", 1)
	s.seed(one, a)
	s.seed(two, a)
	s.epoch(1)
	_, err := s.msgs.Prove(s.ctx, s.proveMsg(one))
	require.NoError(t, err)
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.Len(t, exported.Nodes, 2)
	require.Len(t, exported.Seeds, 2)
	require.Len(t, exported.Beacons, 2)

	again := emptySuite(t)
	require.NoError(t, again.keeper.InitGenesis(again.ctx, exported, math.NewInt(pool)))
	second, err := again.keeper.ExportGenesis(again.ctx)
	require.NoError(t, err)
	require.Equal(t, exported, second)

	nodes, err := again.queries.Nodes(again.ctx, &types.QueryNodesRequest{Operator: olga})
	require.NoError(t, err)
	require.Len(t, nodes.Nodes, 2, "indexes are built anew")
}

// TestGenesisCounts: an imported chain goes on counting seeds where the exported one was.
func TestGenesisCounts(t *testing.T) {
	s := newSuite(t)
	a := s.function("a", 2)
	for _, name := range []string{"one", "two"} {
		s.seed(s.register(name), a)
	}
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)

	again := emptySuite(t)
	require.NoError(t, again.keeper.InitGenesis(again.ctx, exported, math.NewInt(pool)))
	again.begin(1)
	again.function("a", 2)
	require.False(t, again.seed(again.register("three"), a).Paid, "both base replicas are filled")
	_, err = again.msgs.Seed(again.ctx, again.seedMsg(again.register("four"), a))
	require.ErrorIs(t, err, types.ErrFull)
}
