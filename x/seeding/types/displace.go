package types

import "cosmossdk.io/math"

// Idle tells whether a seed has served nothing for long.
func (s Seed) Idle(params Params, epoch uint64) bool {
	return epoch > max(s.ServedEpoch, s.Since)+params.IdleEpochs
}

// Vacates tells whether an open seed has to give its place to a node with a bond, where its function has no room for both: its own node has given no sign
// of life for long, or it serves nothing and has put up less.
func (s Seed) Vacates(params Params, holder Node, bond math.Int, epoch uint64) bool {
	return !s.Paid && (epoch > max(holder.Seen, s.Since)+params.StaleEpochs || s.Idle(params, epoch) && holder.Bond.LT(bond))
}
