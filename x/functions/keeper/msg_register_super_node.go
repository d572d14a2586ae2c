package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

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
	bonded, err := s.isBonded(ctx, address)
	if err != nil {
		return nil, err
	}
	if !bonded {
		return nil, errors.Wrap(types.ErrNotValidator, node.Validator)
	}
	return &types.MsgRegisterSuperNodeResponse{}, s.register(ctx, address, node)
}

// register stores a super node. An attester account speaks for one super node.
func (k Keeper) register(ctx context.Context, address sdk.ValAddress, node types.SuperNode) error {
	err := k.SuperNodes.Set(ctx, address, node)
	if errors.IsOf(err, collections.ErrConflict) {
		return errors.Wrapf(types.ErrExists, "attester %s speaks for another super node", node.Attester)
	}
	if err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSuperNodeRegistered{SuperNode: node})
}
