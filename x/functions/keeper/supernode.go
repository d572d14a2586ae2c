package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// SuperNode returns the super node of a validator, named by its operator address, or types.ErrNotFound.
func (k Keeper) SuperNode(ctx context.Context, validator string) (types.SuperNode, error) {
	address, err := sdk.ValAddressFromBech32(validator)
	if err != nil {
		return types.SuperNode{}, errors.Wrapf(types.ErrInvalidSuperNode, "validator: %s", err)
	}
	node, err := k.SuperNodes.Get(ctx, address)
	return node, notFound(err, "super node %s", validator)
}

// SuperNodeByAttester returns the super node that an account is the attester of, while its validator is bonded and not jailed, or
// types.ErrNotFound.
func (k Keeper) SuperNodeByAttester(ctx context.Context, account string) (types.SuperNode, error) {
	validator, err := k.attesting(ctx, account)
	if errors.IsOf(err, types.ErrNotSuperNode, types.ErrNotValidator) {
		return types.SuperNode{}, errors.Wrap(types.ErrNotFound, err.Error())
	}
	if err != nil {
		return types.SuperNode{}, err
	}
	return k.SuperNodes.Get(ctx, validator)
}

// IsAttester tells whether an account is the attester of a super node whose validator is bonded.
func (k Keeper) IsAttester(ctx context.Context, account string) (bool, error) {
	validator, err := k.validatorOf(ctx, account)
	if errors.IsOf(err, types.ErrNotSuperNode) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return k.isBonded(ctx, validator)
}

// isBonded tells whether a validator may attest: one that is jailed or has unbonded has lost the role until it is back.
func (k Keeper) isBonded(ctx context.Context, validator sdk.ValAddress) (bool, error) {
	v, err := k.staking.GetValidator(ctx, validator)
	if errors.IsOf(err, stakingtypes.ErrNoValidatorFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return v.IsBonded() && !v.IsJailed(), nil
}

// attesting returns the operator address that an attester account speaks for, if its validator may attest.
func (k Keeper) attesting(ctx context.Context, attester string) (sdk.ValAddress, error) {
	validator, err := k.validatorOf(ctx, attester)
	if err != nil {
		return nil, err
	}
	bonded, err := k.isBonded(ctx, validator)
	if err != nil {
		return nil, err
	}
	if !bonded {
		return nil, errors.Wrap(types.ErrNotValidator, validator.String())
	}
	return validator, nil
}

// payees are the accounts that are paid for super nodes' attestations: their attesters of today or, when a super node is gone, the
// validator's own account.
func (k Keeper) payees(ctx context.Context, validators []string) ([]string, error) {
	payees := make([]string, len(validators))
	for i, validator := range validators {
		address, err := sdk.ValAddressFromBech32(validator)
		if err != nil {
			return nil, err
		}
		node, err := k.SuperNodes.Get(ctx, address)
		switch {
		case err == nil:
			payees[i] = node.Attester
		case errors.IsOf(err, collections.ErrNotFound):
			payees[i] = sdk.AccAddress(address).String()
		default:
			return nil, err
		}
	}
	return payees, nil
}

// validatorOf returns the operator address that an attester account speaks for, or types.ErrNotSuperNode.
func (k Keeper) validatorOf(ctx context.Context, attester string) (sdk.ValAddress, error) {
	address, err := sdk.AccAddressFromBech32(attester)
	if err != nil {
		return nil, errors.Wrapf(types.ErrNotSuperNode, "attester: %s", err)
	}
	validator, err := k.SuperNodes.Indexes.Attester.MatchExact(ctx, address)
	if errors.IsOf(err, collections.ErrNotFound) {
		return nil, errors.Wrap(types.ErrNotSuperNode, attester)
	}
	return validator, err
}
