package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// Subscribe adds a deposit to the payer's subscription, which it opens if there is none, and replaces its delegate and limits.
func (s msgServer) Subscribe(ctx context.Context, msg *types.MsgSubscribe) (*types.MsgSubscribeResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := msg.Deposit.Validate(); err != nil || msg.Deposit.Denom != params.Denom {
		return nil, errors.Wrapf(types.ErrInvalidSubscription, "deposit %s is not an amount of %s", msg.Deposit, params.Denom)
	}
	fn, err := s.payable(ctx, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	if msg.Public && msg.Payer != fn.Owner {
		return nil, errors.Wrapf(types.ErrInvalidSubscription, "only the owner %s may pay for everybody", fn.Owner)
	}
	subscription, err := s.subscription(ctx, msg.Payer, msg.FunctionId)
	switch {
	case errors.IsOf(err, types.ErrNotFound):
		if msg.Deposit.Amount.LT(fn.Price.Amount) {
			return nil, errors.Wrapf(types.ErrInvalidSubscription, "a new subscription needs the price of a request, %s", fn.Price)
		}
		subscription = types.NewSubscription(msg.Payer, msg.FunctionId, sdk.UnwrapSDKContext(ctx).BlockHeight())
	case err != nil:
		return nil, err
	}
	subscription.Balance, subscription.Unsubscribed = subscription.Balance.Add(msg.Deposit.Amount), false
	subscription.Delegate, subscription.Limits, subscription.Public = msg.Delegate, msg.Limits, msg.Public
	if err := subscription.Validate(); err != nil {
		return nil, err
	}
	if err := s.deposit(ctx, msg.Payer, msg.Deposit); err != nil {
		return nil, err
	}
	return &types.MsgSubscribeResponse{}, s.changed(ctx, params, subscription, msg.Deposit)
}

// payable returns a function that can still be paid for.
func (k Keeper) payable(ctx context.Context, functionID string) (functionstypes.Function, error) {
	fn, err := k.functions.GetFunction(ctx, functionID)
	if err != nil {
		return fn, err
	}
	if fn.Status != functionstypes.FUNCTION_STATUS_PENDING && fn.Status != functionstypes.FUNCTION_STATUS_ACTIVE {
		return fn, errors.Wrapf(types.ErrInvalidSubscription, "function %s is %s", fn.Id, fn.Status)
	}
	return fn, nil
}
