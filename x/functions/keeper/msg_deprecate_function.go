package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// DeprecateFunction gives notice. The function serves until the notice is over; after that hosts have the wind-down to prove, claim and
// settle what they have earned, before the rest is refunded and the function removed.
func (s msgServer) DeprecateFunction(ctx context.Context, msg *types.MsgDeprecateFunction) (*types.MsgDeprecateFunctionResponse, error) {
	fn, err := s.ownFunction(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	if fn.Status != types.FUNCTION_STATUS_ACTIVE {
		return nil, errors.Wrapf(types.ErrNotActive, "function %s is %s", fn.Id, fn.Status)
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	fn.Status = types.FUNCTION_STATUS_DEPRECATED
	fn.Ends = sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.NoticeBlocks)
	if err := s.Functions.Set(ctx, fn.Id, fn); err != nil {
		return nil, err
	}
	return &types.MsgDeprecateFunctionResponse{Ends: fn.Ends}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventFunctionDeprecated{FunctionId: fn.Id, Ends: fn.Ends})
}
