package price

import (
	"fmt"

	"cosmossdk.io/math"
)

// Validate returns why a split cannot be applied.
func (s FeeSplit) Validate() error {
	switch {
	case s.FeeBps > basisPoints:
		return fmt.Errorf("%w: fee_bps is %d, at most %d is possible", ErrInvalid, s.FeeBps, basisPoints)
	case s.BurnBps > basisPoints || s.GatewayBps > basisPoints:
		return fmt.Errorf("%w: burn_bps and gateway_bps are %d and %d, each at most %d", ErrInvalid, s.BurnBps, s.GatewayBps, basisPoints)
	}
	return nil
}

// Split is who gets what of the price of some requests. Spent = Host + Owner + Fee, and Fee = Burned + Gateway + Validators.
type Split struct {
	Spent, Host, Owner, Fee     math.Int
	Burned, Gateway, Validators math.Int
}

// Of divides the price of the first count requests of a lane. It is cumulative, so that what a lane pays in all does not depend on how
// it is cut into settlements, and no part ever shrinks as count grows. The receiver must be valid, the price not negative and the
// owner's share at most 10,000.
//
//	fee   = ⌈price·count·fee_bps/10⁴⌉
//	owner = ⌊(price·count − fee)·owner_share_bps/10⁴⌋, the host gets the rest
//	burned = ⌈fee·burn_bps/10⁴⌉, gateway = ⌊(fee − burned)·gateway_bps/10⁴⌋, validators get the rest
//
// Each step splits one amount in two. Taking two parts of the same amount would let the rest shrink by rounding as the amount grows. Fee
// and burned part are rounded up, so that even a lane of one request burns something and nobody gains by paying himself.
func (s FeeSplit) Of(price math.Int, ownerShareBps uint32, count uint64) Split {
	spent := price.Mul(math.NewIntFromUint64(count))
	fee := part(spent.MulRaw(int64(s.FeeBps)).AddRaw(basisPoints-1), 1)
	owner := part(spent.Sub(fee), ownerShareBps)
	burned := fee.Sub(part(fee, basisPoints-s.BurnBps))
	gateway := part(fee.Sub(burned), s.GatewayBps)
	return Split{
		Spent: spent, Host: spent.Sub(fee).Sub(owner), Owner: owner, Fee: fee,
		Burned: burned, Gateway: gateway, Validators: fee.Sub(burned).Sub(gateway),
	}
}

// part is ⌊amount·bps/10⁴⌋.
func part(amount math.Int, bps uint32) math.Int {
	return amount.MulRaw(int64(bps)).QuoRaw(basisPoints)
}

// Add returns the sums of all parts.
func (s Split) Add(other Split) Split { return s.each(other, math.Int.Add) }

// Sub returns what settling pays when s is the split of the new count and settled that of the old one.
func (s Split) Sub(settled Split) Split { return s.each(settled, math.Int.Sub) }

func (s Split) each(o Split, f func(math.Int, math.Int) math.Int) Split {
	return Split{
		Spent: f(s.Spent, o.Spent), Host: f(s.Host, o.Host), Owner: f(s.Owner, o.Owner), Fee: f(s.Fee, o.Fee),
		Burned: f(s.Burned, o.Burned), Gateway: f(s.Gateway, o.Gateway), Validators: f(s.Validators, o.Validators),
	}
}
