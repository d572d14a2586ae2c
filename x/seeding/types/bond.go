package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"
)

// maxUnbondings bounds the withdrawals under way at one node.
const maxUnbondings = 7

const basisPoints = 10_000

// Unbond moves a part of the bond on its way back.
func (n *Node) Unbond(amount math.Int, height int64) error {
	if n.Bond.LT(amount) {
		return errors.Wrapf(ErrInsufficientBond, "%s is bonded, %s is asked for", n.Bond, amount)
	}
	if len(n.Unbonding) >= maxUnbondings {
		return errors.Wrapf(ErrTooMany, "%d", len(n.Unbonding))
	}
	n.Bond = n.Bond.Sub(amount)
	n.Unbonding = append(n.Unbonding, Unbonding{Amount: amount, Height: height})
	return nil
}

// Release takes out the withdrawals that are over at a height and returns their sum. An open dispute holds them all.
func (n *Node) Release(height int64) math.Int {
	sum := math.ZeroInt()
	if n.Holds > 0 {
		return sum
	}
	var rest []Unbonding
	for _, u := range n.Unbonding {
		if u.Height <= height {
			sum = sum.Add(u.Amount)
		} else {
			rest = append(rest, u)
		}
	}
	n.Unbonding = rest
	return sum
}

// Held is everything that can be slashed.
func (n Node) Held() math.Int {
	sum := n.Bond
	for _, u := range n.Unbonding {
		sum = sum.Add(u.Amount)
	}
	return sum
}

// Slash takes a part of the bond and of all that is unbonding, rounded up, and returns it.
func (n *Node) Slash(bps uint32) math.Int {
	bps = min(bps, basisPoints)
	cut := func(amount math.Int) math.Int {
		return amount.MulRaw(int64(bps)).AddRaw(basisPoints - 1).QuoRaw(basisPoints)
	}
	slashed := cut(n.Bond)
	n.Bond = n.Bond.Sub(slashed)
	for i, u := range n.Unbonding {
		part := cut(u.Amount)
		n.Unbonding[i].Amount = u.Amount.Sub(part)
		slashed = slashed.Add(part)
	}
	return slashed
}

func (n Node) validateBond() error {
	amounts := []math.Int{n.Bond}
	for _, u := range n.Unbonding {
		amounts = append(amounts, u.Amount)
	}
	if len(n.Unbonding) > maxUnbondings {
		return errors.Wrapf(ErrInvalidNode, "%d withdrawals of the bond, at most %d are possible", len(n.Unbonding), maxUnbondings)
	}
	return validateAmounts(ErrInvalidNode, amounts...)
}

func validateAmounts(sentinel error, amounts ...math.Int) error {
	for _, amount := range amounts {
		if amount.IsNil() || amount.IsNegative() {
			return errors.Wrap(sentinel, "an amount is missing or negative")
		}
	}
	return nil
}
