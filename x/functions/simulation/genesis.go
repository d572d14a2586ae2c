// Package simulation makes random messages and genesis states of x/functions.
package simulation

import (
	"math/rand"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RandomGenesis is an empty registry whose phases are short enough for a simulation to see them end, and whose bounds are tight enough to
// be met.
func RandomGenesis(r *rand.Rand) *types.GenesisState {
	genesis := types.DefaultGenesis()
	p := &genesis.Params
	p.CommitBlocks = 1 + uint32(r.Intn(40))
	p.RevealBlocks = 1 + uint32(r.Intn(40))
	p.MaxElectors = 1 + uint32(r.Intn(10))
	p.MaxClaimsPerBlock = 1 + uint32(r.Intn(10))
	p.MaxPrunesPerBlock = 1 + uint32(r.Intn(20))
	p.NoticeBlocks = 1 + uint32(r.Intn(40))
	p.WindDownBlocks = 1 + uint32(r.Intn(20))
	p.PriceBlocks = 1 + uint32(r.Intn(20))
	p.NameDeposit.Amount = math.NewInt(r.Int63n(1_000))
	p.DisputeFee.Amount = math.NewInt(1 + r.Int63n(1_000))
	p.DisputeDeposit.Amount = p.DisputeFee.Amount.AddRaw(1 + r.Int63n(1_000))
	p.DisputeSlashBps = 1 + uint32(r.Intn(types.BasisPoints))
	p.DisputeReporterBps = uint32(r.Intn(types.BasisPoints))
	return genesis
}
