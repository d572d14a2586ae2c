// Package simulation makes random messages and genesis states of x/rewards.
package simulation

import (
	"math/rand"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// RandomGenesis has lanes and terms short enough for a simulation to see them end, and prices that simulated accounts can pay.
func RandomGenesis(r *rand.Rand) *types.GenesisState {
	genesis := types.DefaultGenesis()
	genesis.Params.LaneBlocks = 1 + uint64(r.Intn(10))
	genesis.Params.MaxEntries = 10 + uint32(r.Intn(50))
	genesis.Params.MaxClosingsPerBlock = 1 + uint32(r.Intn(50))
	genesis.Params.FeeSplit.FeeBps = 100 + uint32(r.Intn(4_900))
	genesis.Params.FeeSplit.BurnBps = 1_000 + uint32(r.Intn(8_000))
	genesis.Params.FeeSplit.GatewayBps = uint32(r.Intn(9_001))
	genesis.Params.ClaimEpochs = 2 + uint64(r.Intn(5))
	genesis.Params.MaxTermEpochs = 30 + uint64(r.Intn(30))
	genesis.Params.Tariff.VerificationBase = uint64(r.Intn(1_000))
	for i := range genesis.Params.Plans {
		plan := &genesis.Params.Plans[i]
		plan.IncludedRequests = uint64(r.Intn(100))
		if plan.TermEpochs > 0 {
			plan.TermEpochs = 1 + uint64(r.Intn(20))
		}
	}
	return genesis
}
