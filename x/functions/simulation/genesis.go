// Package simulation makes random messages and genesis states of x/functions.
package simulation

import (
	"math/rand"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RandomGenesis is an empty registry whose phases are short enough for a simulation to see them end.
func RandomGenesis(r *rand.Rand) *types.GenesisState {
	genesis := types.DefaultGenesis()
	genesis.Params.CommitBlocks = 1 + uint32(r.Intn(20))
	genesis.Params.RevealBlocks = 1 + uint32(r.Intn(20))
	genesis.Params.MaxElectors = 1 + uint32(r.Intn(10))
	return genesis
}
