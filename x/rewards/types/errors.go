package types

import "cosmossdk.io/errors"

// Sentinel errors of x/rewards. Codes are what SettleOutcome reports.
var (
	ErrInvalidParams       = errors.Register(ModuleName, 2, "invalid params")
	ErrInvalidGenesis      = errors.Register(ModuleName, 3, "invalid genesis state")
	ErrInvalidQuery        = errors.Register(ModuleName, 4, "invalid query")
	ErrInvalidSubscription = errors.Register(ModuleName, 5, "invalid subscription")
	ErrInvalidLane         = errors.Register(ModuleName, 6, "invalid lane")
	ErrInvalidReceipt      = errors.Register(ModuleName, 7, "invalid receipt")
	ErrInvalidBatch        = errors.Register(ModuleName, 8, "invalid number of entries")
	ErrNotFound            = errors.Register(ModuleName, 9, "not found")
	ErrUnauthorized        = errors.Register(ModuleName, 10, "not allowed to spend the subscription")
	ErrUnknownPlan         = errors.Register(ModuleName, 11, "no such plan")
	ErrPrice               = errors.Register(ModuleName, 12, "price is not accepted")
	ErrMaxCost             = errors.Register(ModuleName, 13, "deploy costs more than the stated maximum")
	ErrInsufficientBalance = errors.Register(ModuleName, 14, "subscription has too little balance")
	ErrLimit               = errors.Register(ModuleName, 15, "limit of the subscription is reached")
	ErrNotHost             = errors.Register(ModuleName, 16, "node does not seed the function")
	ErrLaneClosed          = errors.Register(ModuleName, 17, "lane is unknown, expired or closed")
	ErrStale               = errors.Register(ModuleName, 18, "receipt claims nothing beyond what is settled")
	ErrOverCap             = errors.Register(ModuleName, 19, "receipt claims more than the lane's cap")
	ErrNothingPaid         = errors.Register(ModuleName, 20, "no entry pays anything")
	ErrNotServing          = errors.Register(ModuleName, 21, "function does not serve")
	ErrTerm                = errors.Register(ModuleName, 22, "hosting cannot be paid for like this")
	ErrUnsubscribed        = errors.Register(ModuleName, 23, "payer has unsubscribed")
)
