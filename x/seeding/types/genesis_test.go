package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

func paidNode() types.Node {
	n := node()
	n.PaidSeeds = 1
	return n
}

func TestGenesisValidate(t *testing.T) {
	require.NoError(t, types.DefaultGenesis().Validate())
	full := func() *types.GenesisState {
		return &types.GenesisState{
			Params: types.DefaultParams(),
			Nodes:  []types.Node{paidNode()},
			Seeds: []types.Seed{{
				FunctionId: functionstypes.FunctionID([]byte("function")), OrbId: orbID, Paid: true, Since: 3, ClaimedThrough: 4, RecentBurned: math.ZeroInt(),
			}},
			Budget:  types.Budget{Granted: math.ZeroInt()},
			Beacons: []types.Beacon{{Epoch: 3, Value: make([]byte, 32)}, {Epoch: 4, Value: make([]byte, 32)}},
		}
	}
	require.NoError(t, full().Validate())
	for name, c := range map[string]struct {
		change func(*types.GenesisState)
		err    error
	}{
		"params":            {func(g *types.GenesisState) { g.Params.EpochBlocks = 0 }, types.ErrInvalidParams},
		"node":              {func(g *types.GenesisState) { g.Nodes[0].Operator = "nobody" }, types.ErrInvalidGenesis},
		"node twice":        {func(g *types.GenesisState) { g.Nodes = append(g.Nodes, g.Nodes[0]) }, types.ErrInvalidGenesis},
		"function id":       {func(g *types.GenesisState) { g.Seeds[0].FunctionId = "orbfn1" }, types.ErrInvalidGenesis},
		"seed without node": {func(g *types.GenesisState) { g.Nodes = nil }, types.ErrInvalidGenesis},
		"seed twice":        {func(g *types.GenesisState) { g.Seeds = append(g.Seeds, g.Seeds[0]) }, types.ErrInvalidGenesis},
		"paid before since": {func(g *types.GenesisState) { g.Seeds[0].ClaimedThrough = 2 }, types.ErrInvalidGenesis},
		"paid seeds":        {func(g *types.GenesisState) { g.Nodes[0].PaidSeeds = 2 }, types.ErrInvalidGenesis},
		"beacon length":     {func(g *types.GenesisState) { g.Beacons[0].Value = nil }, types.ErrInvalidGenesis},
		"beacon twice":      {func(g *types.GenesisState) { g.Beacons[1].Epoch = 3 }, types.ErrInvalidGenesis},
	} {
		genesis := full()
		c.change(genesis)
		require.ErrorIs(t, genesis.Validate(), c.err, name)
	}
}
