package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// UpdateSuperNode changes some of what a super node has registered. Its validator may be jailed: keys are replaced before it comes back.
// Its voice in open claims stays: those count validators, whatever keys they hold.
func (s msgServer) UpdateSuperNode(ctx context.Context, msg *types.MsgUpdateSuperNode) (*types.MsgUpdateSuperNodeResponse, error) {
	operator, err := sdk.AccAddressFromBech32(msg.Operator)
	if err != nil {
		return nil, errors.Wrapf(types.ErrInvalidSuperNode, "operator: %s", err)
	}
	address := sdk.ValAddress(operator)
	node, err := s.SuperNode(ctx, address.String())
	if err != nil {
		return nil, err
	}
	node = msg.Apply(node)
	if err := node.Validate(); err != nil {
		return nil, err
	}
	return &types.MsgUpdateSuperNodeResponse{}, s.register(ctx, address, node)
}
