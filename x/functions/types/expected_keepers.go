package types

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// StakingKeeper is what x/functions needs of x/staking.
type StakingKeeper interface {
	// GetValidator returns stakingtypes.ErrNoValidatorFound when there is none.
	GetValidator(ctx context.Context, addr sdk.ValAddress) (stakingtypes.Validator, error)
	// IterateBondedValidatorsByPower visits at most MaxValidators bonded validators, highest power first, until fn returns true.
	IterateBondedValidatorsByPower(ctx context.Context, fn func(index int64, validator stakingtypes.ValidatorI) (stop bool)) error
	PowerReduction(ctx context.Context) math.Int
}

// BankKeeper is what x/functions needs of x/bank to keep deposits.
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

// Bonds is implemented by the module that keeps the bonds of nodes.
type Bonds interface {
	// HoldBond keeps a node's bond from being withdrawn until ReleaseBond has been called as often. It returns the node's operator and
	// the bond in Denom, which may be zero, and fails for an unknown node.
	HoldBond(ctx context.Context, orbID string) (operator string, bond math.Int, err error)
	ReleaseBond(ctx context.Context, orbID string) error
	// SlashBond takes basis points of what is left of a bond and sends the coins to this module's account.
	SlashBond(ctx context.Context, orbID string, bps uint32) (slashed math.Int, err error)
}
