package types

import (
	"encoding/hex"
	"slices"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"
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
	if err := g.validatePruned(functions); err != nil {
		return err
	}
	versions, err := g.validateVersions(functions)
	if err != nil {
		return err
	}
	return g.validateClaims(versions)
}

// Owed is what the module's account has to hold: the deposits of names and the stakes of disputes, in Denom.
func (g GenesisState) Owed() math.Int {
	owed := math.ZeroInt()
	for _, fn := range g.Functions {
		owed = owed.Add(fn.Deposit)
	}
	for _, claim := range g.Claims {
		if claim.Dispute != nil && !claim.Dispute.Settled {
			owed = owed.Add(claim.Dispute.Deposit)
		}
	}
	return owed
}

func (g GenesisState) validatePruned(functions map[string]Function) error {
	seen := make(map[string]bool)
	for _, id := range g.Pruned {
		if _, err := ParseFunctionID(id); err != nil {
			return errors.Wrap(ErrInvalidGenesis, err.Error())
		}
		if _, exists := functions[id]; exists || seen[id] {
			return errors.Wrapf(ErrInvalidGenesis, "function %s is pruned and exists, or is pruned twice", id)
		}
		seen[id] = true
	}
	return nil
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
		if err := fn.validateLife(); err != nil {
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

// validateLife checks that what depends on a function's status fits it.
func (f Function) validateLife() error {
	switch {
	case FunctionStatus_name[int32(f.Status)] == "" || f.Status == FUNCTION_STATUS_UNSPECIFIED:
		return errors.Wrapf(ErrInvalidFunction, "status %d", f.Status)
	case f.Deposit.IsNil() || f.Deposit.IsNegative():
		return errors.Wrap(ErrInvalidFunction, "negative deposit")
	case f.Name == "" && f.Deposit.IsPositive():
		return errors.Wrap(ErrInvalidFunction, "deposit without a name")
	case (f.Status == FUNCTION_STATUS_DEPRECATED || f.Status == FUNCTION_STATUS_ENDED) != (f.Ends > 0):
		return errors.Wrapf(ErrInvalidFunction, "%s ends at height %d", f.Status, f.Ends)
	case f.IsDead() != (f.Prunes > 0):
		return errors.Wrapf(ErrInvalidFunction, "%s is pruned at height %d", f.Status, f.Prunes)
	case f.PendingVersion > f.LatestVersion || f.ActiveVersion > f.LatestVersion:
		return errors.Wrapf(ErrInvalidFunction, "version %d or %d is above the latest, %d", f.PendingVersion, f.ActiveVersion, f.LatestVersion)
	case f.Serves() != (f.ActiveVersion > 0) && f.Status != FUNCTION_STATUS_ENDED:
		return errors.Wrapf(ErrInvalidFunction, "%s with active version %d", f.Status, f.ActiveVersion)
	}
	return nil
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
		if fn.Serves() && (!exists || active.Status != VERSION_STATUS_ACTIVE) {
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
		if err := claim.validate(); err != nil {
			return errors.Wrapf(ErrInvalidGenesis, "claim %s: %s", id, err)
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

func (c Claim) validate() error {
	switch {
	case ClaimStatus_name[int32(c.Status)] == "" || c.Status == CLAIM_STATUS_UNSPECIFIED:
		return errors.Wrapf(ErrInvalidAttestation, "status %d", c.Status)
	case c.Kind != CLAIM_KIND_VERSION && c.Kind != CLAIM_KIND_RESULT:
		return errors.Wrapf(ErrInvalidAttestation, "kind %d", c.Kind)
	case (c.Kind == CLAIM_KIND_RESULT) != (c.Dispute != nil):
		return errors.Wrapf(ErrInvalidAttestation, "%s with dispute %v", c.Kind, c.Dispute != nil)
	case c.Dispute != nil && c.Dispute.Settled && c.IsOpen():
		return errors.Wrap(ErrInvalidAttestation, "settled before it is decided")
	}
	if c.Dispute != nil {
		return c.Dispute.Validate()
	}
	return nil
}
