package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Prove answers the challenge of an epoch for the seed that the node is drawn for, and moves the node's watermark to that epoch.
func (s msgServer) Prove(ctx context.Context, msg *types.MsgProve) (*types.MsgProveResponse, error) {
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	if msg.Epoch <= node.ProvenThrough {
		return nil, errors.Wrapf(types.ErrAlreadyProven, "node %s has proven through epoch %d", node.OrbId, node.ProvenThrough)
	}
	beacon, err := s.beacon(ctx, msg.Epoch)
	if err != nil {
		return nil, err
	}
	drawn, err := s.drawn(ctx, beacon, msg.OrbId)
	if err != nil {
		return nil, err
	}
	if msg.FunctionId != drawn {
		return nil, errors.Wrapf(types.ErrNotChallenged, "in epoch %d node %s has to prove %s", msg.Epoch, node.OrbId, drawn)
	}
	if err := s.verify(ctx, msg.OrbId, msg.FunctionId, msg.Epoch, msg.Proof); err != nil {
		return nil, err
	}
	node.ProvenThrough = msg.Epoch
	if err := s.Nodes.Set(ctx, node.OrbId, node); err != nil {
		return nil, err
	}
	return &types.MsgProveResponse{ProvenThrough: node.ProvenThrough}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventProved{OrbId: node.OrbId, FunctionId: msg.FunctionId, ProvenThrough: node.ProvenThrough})
}
