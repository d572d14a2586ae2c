package keeper

import (
	"context"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// SetDelegate replaces who may open lanes on a subscription, and within which limits. The delegate before opens and raises none from now
// on; lanes that it has opened end with CloseLanes.
func (s msgServer) SetDelegate(ctx context.Context, msg *types.MsgSetDelegate) (*types.MsgSetDelegateResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	subscription, err := s.mutable(ctx, msg.Payer, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	subscription.Delegate, subscription.Limits = msg.Delegate, msg.Limits
	if err := subscription.Validate(); err != nil {
		return nil, err
	}
	return &types.MsgSetDelegateResponse{}, s.changed(ctx, params, subscription, coin(params, math.ZeroInt()))
}
