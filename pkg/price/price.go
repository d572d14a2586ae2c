// Package price is what things cost: the one set of formulas that chain, clients and docs share. Amounts are whole numbers of the
// denom's base unit; every rule is a pure function of values.
package price

import (
	"errors"
	"fmt"

	"cosmossdk.io/math"
)

// MaxReplicas bounds the paid seeds of a function.
const MaxReplicas = 1_000

// ErrInvalid is wrapped by every error of this package.
var ErrInvalid = errors.New("invalid price terms")

const (
	basisPoints = 10_000
	mib         = 1 << 20
	mfuel       = 1_000_000
	gfuel       = 1_000_000_000
	// maxName and the maxima below keep every product of a quote far from the 256 bits of math.Int.
	maxName     = 32
	maxTerm     = 10_000_000
	maxRequests = 1_000_000_000
	maxTariff   = 1_000_000_000_000
	maxBits     = 96
)

// Validate returns why a plan cannot be offered.
func (p Plan) Validate() error {
	switch {
	case p.Name == "" || len(p.Name) > maxName:
		return fmt.Errorf("%w: plan name %q, want 1 to %d characters", ErrInvalid, p.Name, maxName)
	case p.BaseReplicas > MaxReplicas:
		return fmt.Errorf("%w: plan %s has %d base replicas, at most %d are possible", ErrInvalid, p.Name, p.BaseReplicas, MaxReplicas)
	case p.TermEpochs > maxTerm:
		return fmt.Errorf("%w: plan %s has a term of %d epochs, at most %d are possible", ErrInvalid, p.Name, p.TermEpochs, maxTerm)
	case (p.BaseReplicas == 0) != (p.TermEpochs == 0):
		return fmt.Errorf("%w: plan %s must have both base replicas and a term, or neither", ErrInvalid, p.Name)
	case p.IncludedRequests > maxRequests:
		return fmt.Errorf("%w: plan %s includes %d requests, at most %d are possible", ErrInvalid, p.Name, p.IncludedRequests, maxRequests)
	}
	return nil
}

// Validate returns why a tariff cannot be charged.
func (t Tariff) Validate() error {
	for _, rate := range []struct {
		name  string
		value uint64
	}{
		{"verification_base", t.VerificationBase}, {"verification_per_mfuel", t.VerificationPerMfuel},
		{"verification_per_mib", t.VerificationPerMib}, {"hosting_base", t.HostingBase},
		{"hosting_per_gfuel", t.HostingPerGfuel}, {"hosting_per_mib", t.HostingPerMib},
	} {
		if rate.value > maxTariff {
			return fmt.Errorf("%w: %s is %d, at most %d is possible", ErrInvalid, rate.name, rate.value, uint64(maxTariff))
		}
	}
	return nil
}

// Quote is what a deploy costs, item by item.
type Quote struct {
	// Verification pays the attesters; it is never refunded.
	Verification math.Int
	// Rate is the hosting pay per paid seed and epoch; Hosting is the rate over all base replicas and the term.
	Rate, Hosting math.Int
	// Included goes into the owner's public subscription.
	Included math.Int
	// Total is Verification + Hosting + Included.
	Total math.Int
}

// Quote returns the cost of deploying a version of that complexity (fuel) and artifact size (bytes) at that price per request.
//
//	verification = base + per_mfuel·⌈complexity/10⁶⌉ + per_mib·⌈size/2²⁰⌉
//	rate         = base + per_gfuel·⌈complexity/10⁹⌉ + per_mib·⌈size/2²⁰⌉
//	hosting      = rate · base replicas · term
//	included     = included requests · price
func (t Tariff) Quote(plan Plan, complexity, size uint64, price math.Int) (Quote, error) {
	if err := t.Validate(); err != nil {
		return Quote{}, err
	}
	if err := plan.Validate(); err != nil {
		return Quote{}, err
	}
	if err := validatePrice(price); err != nil {
		return Quote{}, err
	}
	verification, rate := t.Verification(complexity, size), math.ZeroInt()
	if plan.BaseReplicas > 0 {
		rate = t.Rate(complexity, size)
	}
	hosting := Hosting(rate, plan.BaseReplicas, plan.TermEpochs)
	included := price.Mul(math.NewIntFromUint64(plan.IncludedRequests))
	return Quote{
		Verification: verification, Rate: rate, Hosting: hosting, Included: included,
		Total: verification.Add(hosting).Add(included),
	}, nil
}

// Verification is what re-running a version's sample costs, as in Quote. The tariff must be valid.
func (t Tariff) Verification(complexity, size uint64) math.Int {
	return sum(t.VerificationBase, t.VerificationPerMfuel, started(complexity, mfuel), t.VerificationPerMib, started(size, mib))
}

// Rate is what one paid seed of a version earns in an epoch, as in Quote. The tariff must be valid.
func (t Tariff) Rate(complexity, size uint64) math.Int {
	return sum(t.HostingBase, t.HostingPerGfuel, started(complexity, gfuel), t.HostingPerMib, started(size, mib))
}

// Hosting is what so many paid seeds earn in so many epochs.
func Hosting(rate math.Int, replicas uint32, epochs uint64) math.Int {
	return rate.MulRaw(int64(replicas)).Mul(math.NewIntFromUint64(epochs))
}

// started counts the units of a size that are at least begun.
func started(amount, unit uint64) uint64 {
	whole := amount / unit
	if amount%unit > 0 {
		whole++
	}
	return whole
}

// sum is base + a·x + b·y.
func sum(base, a, x, b, y uint64) math.Int {
	product := func(m, n uint64) math.Int { return math.NewIntFromUint64(m).Mul(math.NewIntFromUint64(n)) }
	return math.NewIntFromUint64(base).Add(product(a, x)).Add(product(b, y))
}

func validatePrice(price math.Int) error {
	switch {
	case price.IsNil() || price.IsNegative():
		return fmt.Errorf("%w: price is missing or negative", ErrInvalid)
	case price.BigInt().BitLen() > maxBits:
		return fmt.Errorf("%w: price of more than %d bits", ErrInvalid, maxBits)
	}
	return nil
}
