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
