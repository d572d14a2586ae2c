package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// RegisterNode binds a node key to its operator. Repeated by the same operator it replaces moniker and addresses.
func (s msgServer) RegisterNode(ctx context.Context, msg *types.MsgRegisterNode) (*types.MsgRegisterNodeResponse, error) {
	node := types.Node{OrbId: msg.OrbId, Operator: msg.Operator, Moniker: msg.Moniker, Addresses: msg.Addresses}
	if err := node.Validate(); err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := msg.Verify(sdkCtx.ChainID()); err != nil {
		return nil, err
	}
	registered, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	switch {
	case err == nil:
		node.ProvenThrough = registered.ProvenThrough
	case !errors.IsOf(err, types.ErrNotFound):
		return nil, err
	}
	if err := s.Nodes.Set(ctx, node.OrbId, node); err != nil {
		return nil, err
	}
	return &types.MsgRegisterNodeResponse{}, sdkCtx.EventManager().EmitTypedEvent(&types.EventNodeRegistered{
		OrbId: node.OrbId, Operator: node.Operator, Moniker: node.Moniker, Addresses: node.Addresses,
	})
}
