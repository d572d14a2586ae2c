package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// TransferFunction gives a function that serves to another owner, with its name deposit and what its escrow will refund. Its signing key
// stays until the new owner rotates it; versions need the new owner's transaction from now on.
func (s msgServer) TransferFunction(ctx context.Context, msg *types.MsgTransferFunction) (*types.MsgTransferFunctionResponse, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	fn, err := s.ownServing(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	fn.Owner = msg.NewOwner
	if err := s.Functions.Set(ctx, fn.Id, fn); err != nil {
		return nil, err
	}
	return &types.MsgTransferFunctionResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventFunctionTransferred{FunctionId: fn.Id, From: msg.Owner, To: fn.Owner})
}
