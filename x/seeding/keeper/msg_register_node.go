package keeper

import (
	"context"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// RegisterNode binds a node key to its operator.
func (s msgServer) RegisterNode(ctx context.Context, msg *types.MsgRegisterNode) (*types.MsgRegisterNodeResponse, error) {
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	node := types.NewNode(msg.OrbId, msg.Operator, msg.Moniker, msg.Addresses, epoch)
	if err := s.register(ctx, node, msg.Signature, ""); err != nil {
		return nil, err
	}
	return &types.MsgRegisterNodeResponse{}, nil
}
