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
	ErrInvalidAmount    = errors.Register(ModuleName, 15, "invalid amount")
	ErrInsufficientBond = errors.Register(ModuleName, 16, "bond is too small")
	ErrTooMany          = errors.Register(ModuleName, 17, "too many withdrawals of the bond are under way")
	ErrNotDisplaceable  = errors.Register(ModuleName, 18, "seed cannot be displaced")
	ErrNotSponsor       = errors.Register(ModuleName, 19, "not the attester of a bonded super node")
	ErrQuota            = errors.Register(ModuleName, 20, "super node has sponsored its quota in this epoch")
	ErrInvalidSponsored = errors.Register(ModuleName, 21, "operator cannot be sponsored")
)
