package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Bond adds the operator's liquid coins to a node's bond.
func (s msgServer) Bond(ctx context.Context, msg *types.MsgBond) (*types.MsgBondResponse, error) {
	if err := validateAmount(msg.Amount); err != nil {
		return nil, err
	}
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.deposit(ctx, msg.Operator, msg.Amount.Amount); err != nil {
		return nil, err
	}
	node.Bond = node.Bond.Add(msg.Amount.Amount)
	if err := s.setNode(ctx, node); err != nil {
		return nil, err
	}
	return &types.MsgBondResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventBonded{OrbId: node.OrbId, Operator: node.Operator, Amount: msg.Amount, Bond: coin(node.Bond)})
}
