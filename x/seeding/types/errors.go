package types

import "cosmossdk.io/errors"

// Sentinel errors of x/seeding.
var (
	ErrInvalidNode      = errors.Register(ModuleName, 2, "invalid node")
	ErrInvalidSignature = errors.Register(ModuleName, 3, "invalid signature")
	ErrInvalidProof     = errors.Register(ModuleName, 4, "invalid possession proof")
	ErrInvalidParams    = errors.Register(ModuleName, 5, "invalid params")
	ErrInvalidGenesis   = errors.Register(ModuleName, 6, "invalid genesis state")
	ErrInvalidQuery     = errors.Register(ModuleName, 7, "invalid query")
	ErrNotFound         = errors.Register(ModuleName, 8, "not found")
	ErrNotOperator      = errors.Register(ModuleName, 9, "not the node's operator")
	ErrExists           = errors.Register(ModuleName, 10, "already exists")
	ErrFull             = errors.Register(ModuleName, 11, "function has no room for more seeds")
	ErrWrongEpoch       = errors.Register(ModuleName, 12, "challenge is not of the current or the previous epoch")
	ErrNotChallenged    = errors.Register(ModuleName, 13, "node is challenged for another seed")
	ErrAlreadyProven    = errors.Register(ModuleName, 14, "epoch is proven already")
)
