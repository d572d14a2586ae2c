package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Unbond starts the return of a part of a node's bond. Until it is paid back it can still be slashed, and an open dispute holds it longer.
func (s msgServer) Unbond(ctx context.Context, msg *types.MsgUnbond) (*types.MsgUnbondResponse, error) {
	if err := validateAmount(msg.Amount); err != nil {
		return nil, err
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.UnbondingBlocks)
	if err := node.Unbond(msg.Amount.Amount, height); err != nil {
		return nil, err
	}
	if err := s.setNode(ctx, node); err != nil {
		return nil, err
	}
	if err := s.Unbondings.Set(ctx, collections.Join(height, node.OrbId)); err != nil {
		return nil, err
	}
	return &types.MsgUnbondResponse{Height: height}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventUnbonding{
		OrbId: node.OrbId, Operator: node.Operator, Amount: msg.Amount, Bond: coin(node.Bond), Height: height,
	})
}
