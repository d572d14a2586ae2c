package types

import (
	"context"

	"cosmossdk.io/math"

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
	// ActiveVersion returns functionstypes.ErrNotFound or functionstypes.ErrNotActive when nothing serves.
	ActiveVersion(ctx context.Context, id string) (functionstypes.Function, functionstypes.Version, error)
	// SuperNode returns a validator's super node, or functionstypes.ErrNotFound.
	SuperNode(ctx context.Context, validator string) (functionstypes.SuperNode, error)
	// IsAttester tells whether an account is the attester of a bonded super node.
	IsAttester(ctx context.Context, account string) (bool, error)
}

// SeedingKeeper is what x/rewards needs of x/seeding.
type SeedingKeeper interface {
	NodeKeeper
	GrantKeeper
}

// NodeKeeper knows what nodes have seeded and proven. Getters return seedingtypes.ErrNotFound.
type NodeKeeper interface {
	Epoch(ctx context.Context) (uint64, error)
	GetNode(ctx context.Context, orbID string) (seedingtypes.Node, error)
	GetSeed(ctx context.Context, functionID, orbID string) (seedingtypes.Seed, error)
	SetClaimedThrough(ctx context.Context, functionID, orbID string, epoch uint64) error
}

// GrantKeeper pays verification fees of newcomers and learns what their nodes earn the network.
type GrantKeeper interface {
	// Granted returns how much of a verification fee an account's grant would pay; SpendGrant pays it into the account of a module.
	Granted(ctx context.Context, account string, fee math.Int) (math.Int, error)
	SpendGrant(ctx context.Context, account string, fee math.Int, module string) (math.Int, error)
	// AfterServed is told at the end of a block what a node's requests of a function have paid in it.
	AfterServed(ctx context.Context, functionID, orbID string, requests uint64, burned math.Int) error
}
