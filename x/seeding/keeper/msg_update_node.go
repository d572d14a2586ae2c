package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// UpdateNode replaces a node's moniker and addresses.
func (s msgServer) UpdateNode(ctx context.Context, msg *types.MsgUpdateNode) (*types.MsgUpdateNodeResponse, error) {
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	node.Moniker, node.Addresses = msg.Moniker, msg.Addresses
	if err := node.Validate(); err != nil {
		return nil, err
	}
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.markSeen(ctx, &node, epoch); err != nil {
		return nil, err
	}
	if err := s.setNode(ctx, node); err != nil {
		return nil, err
	}
	return &types.MsgUpdateNodeResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventNodeRegistered{
		OrbId: node.OrbId, Operator: node.Operator, Moniker: node.Moniker, Addresses: node.Addresses,
	})
}
