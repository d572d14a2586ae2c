package types

import "cosmossdk.io/errors"

// Sentinel errors of x/functions.
var (
	ErrInvalidID          = errors.Register(ModuleName, 2, "invalid function id")
	ErrInvalidName        = errors.Register(ModuleName, 3, "invalid function name")
	ErrInvalidFunction    = errors.Register(ModuleName, 4, "invalid function")
	ErrInvalidVersion     = errors.Register(ModuleName, 5, "invalid version")
	ErrInvalidSignature   = errors.Register(ModuleName, 6, "invalid signature")
	ErrInvalidSuperNode   = errors.Register(ModuleName, 7, "invalid super node")
	ErrInvalidAttestation = errors.Register(ModuleName, 8, "invalid attestation")
	ErrInvalidParams      = errors.Register(ModuleName, 9, "invalid params")
	ErrInvalidGenesis     = errors.Register(ModuleName, 10, "invalid genesis state")
	ErrNotFound           = errors.Register(ModuleName, 11, "not found")
	ErrExists             = errors.Register(ModuleName, 12, "already exists")
	ErrNotActive          = errors.Register(ModuleName, 13, "function has no active version")
	ErrNotValidator       = errors.Register(ModuleName, 14, "not a bonded validator")
	ErrNotSuperNode       = errors.Register(ModuleName, 15, "not a super node's attester")
	ErrNotElector         = errors.Register(ModuleName, 16, "super node has no voice in this claim")
	ErrNoElectors         = errors.Register(ModuleName, 17, "no bonded super node could verify the function")
	ErrWrongPhase         = errors.Register(ModuleName, 18, "claim is in another phase")
	ErrCommitmentMismatch = errors.Register(ModuleName, 19, "reveal does not match the commitment")
	ErrNotOwner           = errors.Register(ModuleName, 20, "not the function's owner")
	ErrPendingVersion     = errors.Register(ModuleName, 21, "a version is being verified")
	ErrNotRetired         = errors.Register(ModuleName, 22, "not a version that was accepted before")
	ErrInvalidDispute     = errors.Register(ModuleName, 23, "invalid dispute")
	ErrNoBond             = errors.Register(ModuleName, 24, "host has no bond at stake")
	ErrPriceHolds         = errors.Register(ModuleName, 25, "the price was changed too recently")
)
