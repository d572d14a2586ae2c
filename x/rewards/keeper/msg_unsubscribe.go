package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Unsubscribe stops new lanes and pays the balance back. What lanes hold stays redeemable by their hosts and follows as they close.
func (s msgServer) Unsubscribe(ctx context.Context, msg *types.MsgUnsubscribe) (*types.MsgUnsubscribeResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	subscription, err := s.mutable(ctx, msg.Payer, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	returned := subscription.Balance
	if err := s.payAccount(ctx, forNothing, msg.Payer, returned); err != nil {
		return nil, err
	}
	subscription.Balance, subscription.Unsubscribed = math.ZeroInt(), true
	subscription.Delegate, subscription.Public = "", false
	if err := s.setSubscription(ctx, subscription); err != nil {
		return nil, err
	}
	return &types.MsgUnsubscribeResponse{Returned: coin(params, returned), Locked: coin(params, subscription.Locked)},
		sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventUnsubscribed{
			Payer: msg.Payer, FunctionId: msg.FunctionId, Returned: coin(params, returned),
		})
}
