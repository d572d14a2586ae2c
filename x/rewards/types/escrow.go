package types

import (
	"cosmossdk.io/math"

	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Due returns what a seed has earned by hosting since it was last paid, and through which epoch: the rate for each epoch of the paid term
// that its node has proven. It never exceeds what the escrow holds.
func (e Escrow) Due(seed seedingtypes.Seed, provenThrough uint64) (amount math.Int, through uint64) {
	from := max(seed.ClaimedThrough+1, e.From)
	through = min(provenThrough, e.Through)
	if !seed.Paid || e.From == 0 || through < from {
		return math.ZeroInt(), seed.ClaimedThrough
	}
	amount = e.Rate.Mul(math.NewIntFromUint64(through - from + 1))
	return math.MinInt(amount, e.Hosting), through
}
