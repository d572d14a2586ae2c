package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// BankKeeper is what x/rewards needs of x/bank.
type BankKeeper interface {
	// SendCoinsFromAccountToModuleVirtual takes coins at once and credits the module at the end of the block, so that deposits of one
	// block do not all write the module's balance.
	SendCoinsFromAccountToModuleVirtual(ctx context.Context, sender sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amount sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, sender, recipient string, amount sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amount sdk.Coins) error
}

// BalanceKeeper reads what the module's account holds, for the conservation invariant.
type BalanceKeeper interface {
	GetBalance(ctx context.Context, address sdk.AccAddress, denom string) sdk.Coin
}

// AccountKeeper names the module's account.
type AccountKeeper interface {
	GetModuleAddress(name string) sdk.AccAddress
	GetModuleAccount(ctx context.Context, name string) sdk.ModuleAccountI
}

// FunctionsKeeper is what x/rewards needs of x/functions.
type FunctionsKeeper interface {
	// GetFunction returns functionstypes.ErrNotFound when there is none.
	GetFunction(ctx context.Context, id string) (functionstypes.Function, error)
	// SuperNode returns a validator's super node, or functionstypes.ErrNotFound.
	SuperNode(ctx context.Context, validator string) (functionstypes.SuperNode, error)
	// IsAttester tells whether an account is the attester of a bonded super node.
	IsAttester(ctx context.Context, account string) (bool, error)
}

// SeedingKeeper is what x/rewards needs of x/seeding. Getters return seedingtypes.ErrNotFound.
type SeedingKeeper interface {
	Epoch(ctx context.Context) (uint64, error)
	GetNode(ctx context.Context, orbID string) (seedingtypes.Node, error)
	GetSeed(ctx context.Context, functionID, orbID string) (seedingtypes.Seed, error)
	SetClaimedThrough(ctx context.Context, functionID, orbID string, epoch uint64) error
}
