package types

import (
	"math"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Serves tells whether the function's active version takes requests.
func (f Function) Serves() bool {
	return f.Status == FUNCTION_STATUS_ACTIVE || f.Status == FUNCTION_STATUS_DEPRECATED
}

// IsDead tells whether the function will never serve again and waits to be pruned.
func (f Function) IsDead() bool {
	return f.Status == FUNCTION_STATUS_REJECTED || f.Status == FUNCTION_STATUS_ENDED
}

// HoldsName tells whether a name is taken by the function; a dead one has given it back.
func (f Function) HoldsName() bool { return f.Name != "" && !f.IsDead() }

// Never is the ending of a function that nobody has given notice for.
const Never = math.MaxInt64

// Ending is the height at whose end the function's life goes on: it ceases to serve, its deposit returns, or it is pruned.
func (f Function) Ending() int64 {
	switch {
	case f.Status == FUNCTION_STATUS_DEPRECATED:
		return f.Ends
	case f.IsDead() && f.Deposit.IsPositive():
		return 0
	case f.IsDead():
		return f.Prunes
	}
	return Never
}

// Validate checks everything about an update that needs no state.
func (m *MsgUpdateFunction) Validate() error {
	if err := m.MaxCost.Validate(); err != nil {
		return errors.Wrapf(ErrInvalidFunction, "max cost: %s", err)
	}
	v := m.Proposed(nil)
	return v.Validate()
}

// Proposed is the version that the message proposes for a function with a signing key. Off chain it is what to sign.
func (m *MsgUpdateFunction) Proposed(signingKey []byte) Version {
	return Version{
		FunctionId:  m.FunctionId,
		Number:      m.Version,
		Artifact:    m.Artifact,
		SourceHash:  m.SourceHash,
		Sample:      m.Sample,
		Complexity:  m.Complexity,
		FuelLimit:   m.FuelLimit,
		MemoryLimit: m.MemoryLimit,
		Contract:    m.Contract,
		Status:      VERSION_STATUS_PENDING,
		Signature:   m.Signature,
		Owner:       m.Owner,
		SigningKey:  signingKey,
	}
}

// Validate checks that the new owner is somebody else.
func (m *MsgTransferFunction) Validate() error {
	if _, err := sdk.AccAddressFromBech32(m.NewOwner); err != nil {
		return errors.Wrapf(ErrInvalidFunction, "new owner: %s", err)
	}
	if m.NewOwner == m.Owner {
		return errors.Wrapf(ErrInvalidFunction, "%s owns the function already", m.Owner)
	}
	return nil
}
