package types

import "cosmossdk.io/math"

// Idle tells whether a seed has served nothing for long.
func (s Seed) Idle(params Params, epoch uint64) bool {
	return epoch > max(s.ServedEpoch, s.Since)+params.IdleEpochs
}

// Stale tells whether a paid seed may lose its place to any node with a bond: its own node has stopped proving, or has too small a bond.
func (s Seed) Stale(params Params, holder Node, epoch uint64) bool {
	return s.Paid && (epoch > max(holder.ProvenThrough, s.Since)+params.StaleEpochs || holder.Bond.LT(math.NewIntFromUint64(params.MinBond)))
}

// Outserves tells whether a seed may take the place of a paid one that is idle: its requests have lately burned more than hosting pays in all the time
// after which a seed is idle, rate being that pay for an epoch.
func (s Seed) Outserves(params Params, rate math.Int, epoch uint64) bool {
	return s.RecentSince+params.IdleEpochs >= epoch && s.RecentBurned.IsPositive() && s.RecentBurned.GTE(rate.Mul(math.NewIntFromUint64(params.IdleEpochs)))
}

// Vacates tells whether an open seed has to give its place to a node with a bond, where its function has no room for both: its own node has given no sign
// of life for long, or it serves nothing and has put up less.
func (s Seed) Vacates(params Params, holder Node, bond math.Int, epoch uint64) bool {
	return !s.Paid && (epoch > max(holder.Seen, s.Since)+params.StaleEpochs || s.Idle(params, epoch) && holder.Bond.LT(bond))
}
