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
	s.sponsor()
	s.spend(300)
	s.bond(one, 100)
	s.unbond(one, 40)
	s.epoch(1)
	s.mustProve(one)
	s.epoch(3)
	s.mustProve(one)
	_, _, err := s.keeper.HoldBond(s.ctx, one)
	require.NoError(t, err)
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, two, 3, math.NewInt(7)))
	s.end()
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.Len(t, exported.Nodes, 3)
	require.Len(t, exported.Seeds, 2)
	require.Len(t, exported.Beacons, 4)
	require.Len(t, exported.Grants, 1)
	require.Len(t, exported.Quotas, 1)

	again := emptySuite(t)
	grants := s.ledger.Holds(s.ctx, types.GrantsName)
	require.NoError(t, again.keeper.InitGenesis(again.ctx, exported, grants.Amount))
	second, err := again.keeper.ExportGenesis(again.ctx)
	require.NoError(t, err)
	cdc := s.ledger.Encoding.Codec
	require.Equal(t, string(cdc.MustMarshalJSON(exported)), string(cdc.MustMarshalJSON(second)))
	require.NoError(t, again.keeper.Conserved(again.ctx, s.ledger.Holds(s.ctx, types.ModuleName), grants))
	short := emptySuite(t)
	require.Error(t, short.keeper.InitGenesis(short.ctx, exported, math.NewInt(1)), "grants without the coins behind them are noticed")
	paid, err := again.keeper.PaidNodes.Get(again.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, paid)

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
