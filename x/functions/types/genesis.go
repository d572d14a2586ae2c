package types

import (
	"encoding/hex"
	"slices"

	"cosmossdk.io/errors"
)

// DefaultGenesis is the state of a new chain.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams()}
}

// Validate checks each entry and that every entry refers to one that exists.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if err := g.validateSuperNodes(); err != nil {
		return err
	}
	functions, err := g.validateFunctions()
	if err != nil {
		return err
	}
	versions, err := g.validateVersions(functions)
	if err != nil {
		return err
	}
	return g.validateClaims(versions)
}

func (g GenesisState) validateSuperNodes() error {
	validators, attesters := make(map[string]bool), make(map[string]bool)
	for _, node := range g.SuperNodes {
		if err := node.Validate(); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if validators[node.Validator] || attesters[node.Attester] {
			return errors.Wrapf(ErrInvalidGenesis, "super node %s or its attester %s appears twice", node.Validator, node.Attester)
		}
		validators[node.Validator], attesters[node.Attester] = true, true
	}
	return nil
}

func (g GenesisState) validateFunctions() (map[string]Function, error) {
	functions, names := make(map[string]Function), make(map[string]bool)
	for _, fn := range g.Functions {
		if _, err := ParseFunctionID(fn.Id); err != nil {
			return nil, errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if err := fn.Validate(); err != nil {
			return nil, errors.Wrapf(ErrInvalidGenesis, "function %s: %s", fn.Id, err)
		}
		if _, exists := functions[fn.Id]; exists {
			return nil, errors.Wrapf(ErrInvalidGenesis, "function %s appears twice", fn.Id)
		}
		if fn.HoldsName() && names[fn.Name] {
			return nil, errors.Wrapf(ErrInvalidGenesis, "name %s appears twice", fn.Name)
		}
		functions[fn.Id] = fn
		names[fn.Name] = names[fn.Name] || fn.HoldsName()
	}
	return functions, nil
}

type versionKey struct {
	functionID string
	number     uint64
}

func (g GenesisState) validateVersions(functions map[string]Function) (map[versionKey]Version, error) {
	versions := make(map[versionKey]Version)
	for _, v := range g.Versions {
		fn, exists := functions[v.FunctionId]
		if !exists || v.Number == 0 || v.Number > fn.LatestVersion {
			return nil, errors.Wrapf(ErrInvalidGenesis, "version %d of %s belongs to no function", v.Number, v.FunctionId)
		}
		if err := v.Validate(); err != nil {
			return nil, errors.Wrapf(ErrInvalidGenesis, "version %d of %s: %s", v.Number, v.FunctionId, err)
		}
		key := versionKey{v.FunctionId, v.Number}
		if _, exists := versions[key]; exists {
			return nil, errors.Wrapf(ErrInvalidGenesis, "version %d of %s appears twice", v.Number, v.FunctionId)
		}
		versions[key] = v
	}
	for _, fn := range g.Functions {
		active, exists := versions[versionKey{fn.Id, fn.ActiveVersion}]
		if fn.Status == FUNCTION_STATUS_ACTIVE && (!exists || active.Status != VERSION_STATUS_ACTIVE) {
			return nil, errors.Wrapf(ErrInvalidGenesis, "active function %s has no active version", fn.Id)
		}
	}
	return versions, nil
}

func (g GenesisState) validateClaims(versions map[versionKey]Version) error {
	electors := make(map[string][]Elector)
	for _, claim := range g.Claims {
		id := claim.HexID()
		if err := validateClaimID(claim.Id); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if _, exists := versions[versionKey{claim.FunctionId, claim.Version}]; !exists {
			return errors.Wrapf(ErrInvalidGenesis, "claim %s is about no version", id)
		}
		if _, exists := electors[id]; exists {
			return errors.Wrapf(ErrInvalidGenesis, "claim %s appears twice", id)
		}
		electors[id] = claim.Electors
	}
	seen := make(map[string]bool)
	for _, attestation := range g.Attestations {
		id := hex.EncodeToString(attestation.ClaimId)
		if !slices.ContainsFunc(electors[id], func(e Elector) bool { return e.Validator == attestation.Validator }) {
			return errors.Wrapf(ErrInvalidGenesis, "attestation of %s on claim %s is by no elector", attestation.Validator, id)
		}
		key := id + attestation.Validator
		if seen[key] {
			return errors.Wrapf(ErrInvalidGenesis, "attestation of %s on claim %s appears twice", attestation.Validator, id)
		}
		seen[key] = true
	}
	return nil
}
