package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/pkg/price"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// maxTerms bounds the terms of one escrow: each has its own rate or number of replicas.
const maxTerms = 16

// Start begins the first term in the epoch after this one.
func (e *Escrow) Start(epoch uint64) {
	if e.Starting == nil {
		return
	}
	term := *e.Starting
	term.From, term.Through = epoch+term.From, epoch+term.Through
	e.Starting, e.Terms = nil, append(e.Terms, term)
}

// Hosting returns the replicas that are paid for in an epoch, and the pay of each.
func (e Escrow) Hosting(epoch uint64) (replicas uint32, rate math.Int) {
	for _, term := range e.Terms {
		if term.From <= epoch && epoch <= term.Through {
			return term.BaseReplicas, term.Rate
		}
	}
	return 0, math.ZeroInt()
}

// Pay takes out of the terms what a seed has earned since it was last paid: the rate of each paid epoch that its node has proven. It
// returns the last epoch that is settled with it. No two payments overlap, and each epoch has as many paid seeds as replicas at most, so
// that the balance of a term always suffices.
func (e *Escrow) Pay(node seedingtypes.Node, seed seedingtypes.Seed) (amount math.Int, through uint64) {
	amount = math.ZeroInt()
	first, last := node.Claimable(seed)
	for i := range e.Terms {
		term := &e.Terms[i]
		epochs := node.Proved(max(first, term.From), min(last, term.Through))
		due := math.MinInt(term.Rate.Mul(math.NewIntFromUint64(epochs)), term.Balance)
		term.Balance, amount = term.Balance.Sub(due), amount.Add(due)
	}
	return amount, max(last, seed.ClaimedThrough)
}

// NextTerm returns the term that would follow those that are paid for, or begin after this epoch. Replicas never become fewer: paid seeds
// are not sent away.
func (e Escrow) NextTerm(rate math.Int, replicas uint32, epochs, epoch, horizon uint64) (Term, error) {
	from := epoch + 1
	if last := len(e.Terms) - 1; last >= 0 {
		from = max(from, e.Terms[last].Through+1)
		if replicas == 0 {
			replicas = e.Terms[last].BaseReplicas
		}
		if replicas < e.Terms[last].BaseReplicas {
			return Term{}, errors.Wrapf(ErrTerm, "%d base replicas, %d are paid for", replicas, e.Terms[last].BaseReplicas)
		}
	}
	switch {
	case replicas == 0 || replicas > price.MaxReplicas:
		return Term{}, errors.Wrapf(ErrTerm, "%d base replicas, want 1 to %d", replicas, price.MaxReplicas)
	case epochs == 0 || epochs > horizon || from+epochs-1 > epoch+horizon:
		return Term{}, errors.Wrapf(ErrTerm, "%d epochs from %d on, want 1 or more and none after %d", epochs, from, epoch+horizon)
	}
	return Term{Rate: rate, BaseReplicas: replicas, From: from, Through: from + epochs - 1, Balance: price.Hosting(rate, replicas, epochs)}, nil
}

// Add appends a term of NextTerm, or lengthens the last one by it.
func (e *Escrow) Add(term Term) error {
	if last := len(e.Terms) - 1; last >= 0 {
		before := &e.Terms[last]
		if before.Through+1 == term.From && before.BaseReplicas == term.BaseReplicas && before.Rate.Equal(term.Rate) {
			before.Through, before.Balance = term.Through, before.Balance.Add(term.Balance)
			return nil
		}
	}
	if len(e.Terms) >= maxTerms {
		return errors.Wrapf(ErrTerm, "%d terms with different rates are paid for", len(e.Terms))
	}
	e.Terms = append(e.Terms, term)
	return nil
}

// Rise is what paying a higher rate after this epoch costs until the last term ends.
func (e Escrow) Rise(rate math.Int, epoch uint64) math.Int {
	sum := math.ZeroInt()
	for _, term := range e.Terms {
		if from := max(epoch+1, term.From); from <= term.Through && term.Rate.LT(rate) {
			sum = sum.Add(price.Hosting(rate.Sub(term.Rate), term.BaseReplicas, term.Through-from+1))
		}
	}
	return sum
}

// Raise pays the rate of an accepted update after this epoch, out of its balance, and returns what that leaves. What was earned before
// keeps its rate. A term that would have to be split when there is no room for more keeps its rate as well.
func (e *Escrow) Raise(epoch uint64) (rest math.Int) {
	update := e.Update
	if update == nil {
		return math.ZeroInt()
	}
	e.Update, rest = nil, update.Balance
	var terms []Term
	for i, term := range e.Terms {
		from := max(epoch+1, term.From)
		split := from > term.From
		if from > term.Through || term.Rate.GTE(update.Rate) || split && len(terms)+len(e.Terms)-i >= maxTerms {
			terms = append(terms, term)
			continue
		}
		epochs := term.Through - from + 1
		cost := price.Hosting(update.Rate.Sub(term.Rate), term.BaseReplicas, epochs)
		if cost.GT(rest) {
			terms = append(terms, term)
			continue
		}
		rest = rest.Sub(cost)
		if !split {
			term.Rate, term.Balance = update.Rate, term.Balance.Add(cost)
			terms = append(terms, term)
			continue
		}
		kept := price.Hosting(term.Rate, term.BaseReplicas, epochs)
		after := Term{Rate: update.Rate, BaseReplicas: term.BaseReplicas, From: from, Through: term.Through, Balance: kept.Add(cost)}
		term.Through, term.Balance = from-1, term.Balance.Sub(kept)
		terms = append(terms, term, after)
	}
	e.Terms = terms
	return rest
}

// Cut ends all terms with this epoch and returns what was kept for later ones.
func (e *Escrow) Cut(epoch uint64) (rest math.Int) {
	rest = math.ZeroInt()
	var terms []Term
	for _, term := range e.Terms {
		if term.From > epoch {
			rest = rest.Add(term.Balance)
			continue
		}
		if term.Through > epoch {
			over := price.Hosting(term.Rate, term.BaseReplicas, term.Through-epoch)
			term.Through, term.Balance, rest = epoch, term.Balance.Sub(over), rest.Add(over)
		}
		terms = append(terms, term)
	}
	e.Terms = terms
	return rest
}

// Expire drops the terms that ended before an epoch and returns what nobody has earned of them.
func (e *Escrow) Expire(before uint64) (rest math.Int) {
	rest = math.ZeroInt()
	for len(e.Terms) > 0 && e.Terms[0].Through < before {
		rest = rest.Add(e.Terms[0].Balance)
		e.Terms = e.Terms[1:]
	}
	return rest
}

// Held is everything that the escrow holds.
func (e Escrow) Held() math.Int {
	sum := e.Verification
	for _, term := range e.Terms {
		sum = sum.Add(term.Balance)
	}
	if e.Starting != nil {
		sum = sum.Add(e.Starting.Balance)
	}
	if e.Update != nil {
		sum = sum.Add(e.Update.Balance)
	}
	return sum
}
