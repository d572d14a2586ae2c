package types

import (
	"cosmossdk.io/errors"
)

// maxSpans bounds the runs of proven epochs that a node keeps. Whoever claims between two failures needs one.
const maxSpans = 8

// Vouch moves the watermark to an epoch and records the run of epochs that its proof vouches for.
func (n *Node) Vouch(from, through uint64) {
	n.ProvenThrough = through
	if last := len(n.Proven) - 1; last >= 0 && n.Proven[last].Through+1 == from {
		n.Proven[last].Through = through
		return
	}
	n.Proven = append(n.Proven, Span{From: from, Through: through})
	if over := len(n.Proven) - maxSpans; over > 0 {
		n.Proven = n.Proven[over:]
	}
}

// Proved counts the epochs of from..through for which the node has proven possession.
func (n Node) Proved(from, through uint64) uint64 {
	var epochs uint64
	for _, span := range n.Proven {
		if first, last := max(from, span.From), min(through, span.Through); first <= last {
			epochs += last - first + 1
		}
	}
	return epochs
}

// Claimable returns the epochs that a seed on the node may be paid for, if they are proven: those after the last that it was paid for,
// up to the watermark or to the end of its paid standing. first > last means none.
func (n Node) Claimable(seed Seed) (first, last uint64) {
	last = n.ProvenThrough
	if !seed.Paid {
		last = min(last, seed.PaidThrough)
	}
	return seed.ClaimedThrough + 1, last
}

func (n Node) validateProven() error {
	if len(n.Proven) > maxSpans {
		return errors.Wrapf(ErrInvalidNode, "%d runs of proven epochs, at most %d are kept", len(n.Proven), maxSpans)
	}
	for i, span := range n.Proven {
		if span.From > span.Through || i > 0 && span.From <= n.Proven[i-1].Through+1 {
			return errors.Wrapf(ErrInvalidNode, "proven epochs %d..%d are empty or not apart from those before", span.From, span.Through)
		}
	}
	if last := len(n.Proven) - 1; last >= 0 && n.Proven[last].Through != n.ProvenThrough {
		return errors.Wrapf(ErrInvalidNode, "watermark %d is not the last proven epoch %d", n.ProvenThrough, n.Proven[last].Through)
	}
	return nil
}
