// Package simulation makes random messages and genesis states of x/seeding.
package simulation

import (
	"math/rand"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// RandomGenesis has no nodes and epochs short enough for a simulation to see many.
func RandomGenesis(r *rand.Rand) *types.GenesisState {
	genesis := types.DefaultGenesis()
	genesis.Params.EpochBlocks = 2 + uint64(r.Intn(20))
	genesis.Params.MaxSeedsPerFunction = 1 + uint32(r.Intn(20))
	return genesis
}
