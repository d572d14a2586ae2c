package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RegisterSuperNode makes the operator's bonded validator a super node, or replaces what it had registered.
func (s msgServer) RegisterSuperNode(ctx context.Context, msg *types.MsgRegisterSuperNode) (*types.MsgRegisterSuperNodeResponse, error) {
	node, err := msg.SuperNode()
	if err != nil {
		return nil, err
	}
	if err := node.Validate(); err != nil {
		return nil, err
	}
	address, err := sdk.ValAddressFromBech32(node.Validator)
	if err != nil {
		return nil, err
	}
	validator, err := s.staking.GetValidator(ctx, address)
	if errors.IsOf(err, stakingtypes.ErrNoValidatorFound) || err == nil && (!validator.IsBonded() || validator.IsJailed()) {
		return nil, errors.Wrap(types.ErrNotValidator, node.Validator)
	}
	if err != nil {
		return nil, err
	}
	if err := s.SuperNodes.Set(ctx, address, node); errors.IsOf(err, collections.ErrConflict) {
		return nil, errors.Wrapf(types.ErrExists, "attester %s speaks for another super node", node.Attester)
	} else if err != nil {
		return nil, err
	}
	return &types.MsgRegisterSuperNodeResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventSuperNodeRegistered{SuperNode: node})
}
