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
	for _, s := range g.Subscriptions {
		if rest := unaccounted[key{s.Payer, s.FunctionId}]; !rest.IsZero() {
			return errors.Wrapf(ErrInvalidGenesis, "subscription of %s to %s locks %s, which differs by %s from its lanes",
				s.Payer, s.FunctionId, s.Locked, rest)
		}
	}
	return nil
}

// Validate checks the fields of an escrow on their own.
func (e Escrow) Validate() error {
	if _, err := functionstypes.ParseFunctionID(e.FunctionId); err != nil {
		return err
	}
	return validateAmounts(ErrInvalidGenesis, amount{"verification", e.Verification}, amount{"hosting", e.Hosting}, amount{"rate", e.Rate})
}

// Owed is what the module's account has to hold for this state.
func (g GenesisState) Owed() math.Int {
	total := math.ZeroInt()
	for _, escrow := range g.Escrows {
		total = total.Add(escrow.Verification).Add(escrow.Hosting)
	}
	for _, s := range g.Subscriptions {
		total = total.Add(s.Balance)
	}
	for _, lane := range g.Lanes {
		total = total.Add(lane.Rest())
	}
	return total
}
