package keeper

import (
	"context"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Unseed ends a seed. What the node has proven is paid; lanes stay redeemable until they close.
func (s msgServer) Unseed(ctx context.Context, msg *types.MsgUnseed) (*types.MsgUnseedResponse, error) {
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	seed, err := s.GetSeed(ctx, msg.FunctionId, msg.OrbId)
	if err != nil {
		return nil, err
	}
	if err := s.endSeed(ctx, &node, seed); err != nil {
		return nil, err
	}
	return &types.MsgUnseedResponse{}, s.setNode(ctx, node)
}
