package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// stakingHooks follow what happens to validators. Bonding and jailing need no hook: the role is checked where it is used.
type stakingHooks struct{ k Keeper }

// Hooks are for x/staking.
func (k Keeper) Hooks() stakingtypes.StakingHooks { return stakingHooks{k} }

// AfterValidatorRemoved forgets a super node with its validator, and frees its attester account.
func (h stakingHooks) AfterValidatorRemoved(ctx context.Context, _ sdk.ConsAddress, validator sdk.ValAddress) error {
	err := h.k.SuperNodes.Remove(ctx, validator)
	if errors.IsOf(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSuperNodeRemoved{Validator: validator.String()})
}

func (stakingHooks) AfterValidatorCreated(context.Context, sdk.ValAddress) error { return nil }

func (stakingHooks) BeforeValidatorModified(context.Context, sdk.ValAddress) error { return nil }

func (stakingHooks) AfterValidatorConsKeyUpdated(context.Context, sdk.ConsAddress, sdk.ConsAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) AfterValidatorBonded(context.Context, sdk.ConsAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) AfterValidatorBeginUnbonding(context.Context, sdk.ConsAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) BeforeDelegationCreated(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) BeforeDelegationSharesModified(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) BeforeDelegationRemoved(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) AfterDelegationModified(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

func (stakingHooks) BeforeValidatorSlashed(context.Context, sdk.ValAddress, math.LegacyDec) error {
	return nil
}

func (stakingHooks) AfterUnbondingInitiated(context.Context, uint64) error { return nil }
