package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Prove answers the challenge of an epoch, in which the node is drawn or not, for the seed that it is asked for, and moves the node's
// watermark to that epoch. What it does not vouch for is forfeited.
func (s msgServer) Prove(ctx context.Context, msg *types.MsgProve) (*types.MsgProveResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
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
	drawn, err := s.drawn(ctx, beacon.Value, node)
	if err != nil {
		return nil, err
	}
	if msg.FunctionId != drawn {
		return nil, errors.Wrapf(types.ErrNotChallenged, "in epoch %d node %s has to prove %s", msg.Epoch, node.OrbId, drawn)
	}
	version, err := s.standing(ctx, drawn)
	if err != nil {
		return nil, err
	}
	if err := s.verify(ctx, msg.OrbId, version, msg.Epoch, msg.Proof); err != nil {
		return nil, err
	}
	from, err := s.vouched(ctx, params, node, msg.Epoch)
	if err != nil {
		return nil, err
	}
	events := sdk.UnwrapSDKContext(ctx).EventManager()
	if missed := node.ProvenThrough + 1; missed < from && node.PaidSeeds > 0 {
		if err := events.EmitTypedEvent(&types.EventForfeited{OrbId: node.OrbId, From: missed, Through: from - 1}); err != nil {
			return nil, err
		}
	}
	node.Vouch(from, msg.Epoch)
	node.Seen = params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight())
	if err := s.setWatermark(ctx, node); err != nil {
		return nil, err
	}
	event := types.EventProved{OrbId: node.OrbId, FunctionId: msg.FunctionId, ProvenThrough: node.ProvenThrough, From: from}
	events.EmitEvent(event.Typed())
	return &types.MsgProveResponse{ProvenThrough: node.ProvenThrough}, nil
}
