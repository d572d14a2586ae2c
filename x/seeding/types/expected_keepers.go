package types

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// FunctionsKeeper is what x/seeding needs of x/functions.
type FunctionsKeeper interface {
	// GetFunction and GetVersion return functionstypes.ErrNotFound when there is none.
	GetFunction(ctx context.Context, id string) (functionstypes.Function, error)
	GetVersion(ctx context.Context, id string, number uint64) (functionstypes.Version, error)
	// ActiveVersion returns functionstypes.ErrNotFound or functionstypes.ErrNotActive when nothing serves.
	ActiveVersion(ctx context.Context, id string) (functionstypes.Function, functionstypes.Version, error)
	// SuperNodeByAttester returns the super node that an account attests for, while its validator is bonded and not jailed.
	SuperNodeByAttester(ctx context.Context, account string) (functionstypes.SuperNode, error)
}

// BankKeeper is what x/seeding needs of x/bank.
type BankKeeper interface {
	// SendCoinsFromAccountToModuleVirtual takes coins at once and credits the module at the end of the block, so that deposits of one
	// block do not all write the module's balance.
	SendCoinsFromAccountToModuleVirtual(ctx context.Context, sender sdk.AccAddress, module string, amount sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amount sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, sender, recipient string, amount sdk.Coins) error
	// BlockedAddr tells whether an account may not be sent to.
	BlockedAddr(address sdk.AccAddress) bool
}

// BalanceKeeper reads what the module's accounts hold, for the pool and the conservation invariant.
type BalanceKeeper interface {
	GetBalance(ctx context.Context, address sdk.AccAddress, denom string) sdk.Coin
}

// AccountKeeper makes the module's accounts.
type AccountKeeper interface {
	GetModuleAddress(name string) sdk.AccAddress
	GetModuleAccount(ctx context.Context, name string) sdk.ModuleAccountI
}

// FeegrantKeeper is what x/seeding needs of x/feegrant.
type FeegrantKeeper interface {
	GetAllowance(ctx context.Context, granter, grantee sdk.AccAddress) (feegrant.FeeAllowanceI, error)
	GrantAllowance(ctx context.Context, granter, grantee sdk.AccAddress, allowance feegrant.FeeAllowanceI) error
	UpdateAllowance(ctx context.Context, granter, grantee sdk.AccAddress, allowance feegrant.FeeAllowanceI) error
}

// SeedingHooks is implemented by the module that holds the money for hosting.
type SeedingHooks interface {
	// Hosting returns how many paid seeds a function has paid for in an epoch, and the pay of each.
	Hosting(ctx context.Context, functionID string, epoch uint64) (replicas uint32, rate math.Int, err error)
	// BeforeSeedEnds pays what a seed has proven and not claimed. Nothing of it can be claimed later.
	BeforeSeedEnds(ctx context.Context, node Node, seed Seed) error
}
