package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// DefaultGenesis is the state of a new chain.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams()}
}

// Validate checks each entry, and that each subscription's locked amount is what its lanes lock.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	escrows := make(map[string]bool)
	for _, escrow := range g.Escrows {
		if err := escrow.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if escrows[escrow.FunctionId] {
			return errors.Wrapf(ErrInvalidGenesis, "escrow of %s appears twice", escrow.FunctionId)
		}
		escrows[escrow.FunctionId] = true
	}
	type key struct{ payer, functionID string }
	unaccounted := make(map[key]math.Int)
	for _, s := range g.Subscriptions {
		if err := s.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		k := key{s.Payer, s.FunctionId}
		if _, exists := unaccounted[k]; exists {
			return errors.Wrapf(ErrInvalidGenesis, "subscription of %s to %s appears twice", s.Payer, s.FunctionId)
		}
		unaccounted[k] = s.Locked
	}
	lanes := make(map[string]bool)
	for _, lane := range g.Lanes {
		if err := lane.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		k := key{lane.Payer, lane.FunctionId}
		locked, exists := unaccounted[k]
		if !exists || lanes[lane.HexID()] {
			return errors.Wrapf(ErrInvalidGenesis, "lane %s has no subscription or appears twice", lane.HexID())
		}
		lanes[lane.HexID()] = true
		unaccounted[k] = locked.Sub(lane.Full())
	}
	if err := g.validateStats(); err != nil {
		return err
	}
	for _, s := range g.Subscriptions {
		if rest := unaccounted[key{s.Payer, s.FunctionId}]; !rest.IsZero() {
			return errors.Wrapf(ErrInvalidGenesis, "subscription of %s to %s locks %s, which differs by %s from its lanes",
				s.Payer, s.FunctionId, s.Locked, rest)
		}
	}
	return nil
}

func (g GenesisState) validateStats() error {
	known := make(map[string]bool)
	once := func(key string, amounts ...math.Int) error {
		if key == "" || known[key] {
			return errors.Wrapf(ErrInvalidGenesis, "sums of %q appear twice", key)
		}
		known[key] = true
		for _, a := range amounts {
			if a.IsNil() || a.IsNegative() {
				return errors.Wrapf(ErrInvalidGenesis, "a sum of %s is missing or negative", key)
			}
		}
		return nil
	}
	for _, s := range g.FunctionStats {
		if err := once(s.FunctionId, s.Spent, s.Host, s.Owner, s.Fee, s.Burned, s.Hosting); err != nil {
			return err
		}
	}
	for _, s := range g.NodeStats {
		if err := once(s.OrbId, s.Host, s.Burned, s.Hosting); err != nil {
			return err
		}
	}
	for _, e := range g.Earnings {
		if err := once(e.Account, e.Serving, e.Owning, e.Routing, e.Hosting, e.Attesting); err != nil {
			return err
		}
	}
	return nil
}

// Validate checks the fields of an escrow on their own.
func (e Escrow) Validate() error {
	if _, err := functionstypes.ParseFunctionID(e.FunctionId); err != nil {
		return err
	}
	amounts := []amount{{"verification", e.Verification}}
	terms := e.Terms
	if e.Starting != nil {
		terms = append(terms[:len(terms):len(terms)], *e.Starting)
	}
	for i, term := range terms {
		amounts = append(amounts, amount{"rate", term.Rate}, amount{"balance", term.Balance})
		if term.From > term.Through || i > 0 && i < len(e.Terms) && term.From <= terms[i-1].Through {
			return errors.Wrapf(ErrInvalidGenesis, "term %d..%d of %s is empty or not after the one before", term.From, term.Through, e.FunctionId)
		}
	}
	if e.Update != nil {
		amounts = append(amounts, amount{"rate", e.Update.Rate}, amount{"balance", e.Update.Balance})
	}
	return validateAmounts(ErrInvalidGenesis, amounts...)
}

// Owed is what the module's account has to hold for this state.
func (g GenesisState) Owed() math.Int {
	total := math.ZeroInt()
	for _, escrow := range g.Escrows {
		total = total.Add(escrow.Held())
	}
	for _, s := range g.Subscriptions {
		total = total.Add(s.Balance)
	}
	for _, lane := range g.Lanes {
		total = total.Add(lane.Rest())
	}
	return total
}
