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
	genesis.Params.DrawsPerEpoch = 1 + uint32(r.Intn(10))
	genesis.Params.VouchEpochs = 2 + uint32(r.Intn(10))
	genesis.Params.MinBond = uint64(r.Intn(1_000))
	genesis.Params.UnbondingBlocks = 1 + uint64(r.Intn(20))
	genesis.Params.StaleEpochs = 2 + uint64(r.Intn(5))
	genesis.Params.IdleEpochs = 2 + uint64(r.Intn(5))
	genesis.Params.DeadEpochs = 2 + uint64(r.Intn(20))
	genesis.Params.MaxPrunesPerBlock = 1 + uint32(r.Intn(10))
	genesis.Params.Grant = uint64(r.Intn(1_000))
	genesis.Params.GrantBudget = uint64(r.Intn(10_000))
	genesis.Params.GrantIdleEpochs = 1 + uint64(r.Intn(10))
	return genesis
}
