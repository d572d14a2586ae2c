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
	fn, err := s.functions.GetFunction(ctx, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	if fn.Status == functionstypes.FUNCTION_STATUS_REJECTED {
		return nil, errors.Wrapf(types.ErrInvalidSubscription, "function %s was rejected", fn.Id)
	}
	if msg.Public && msg.Payer != fn.Owner {
		return nil, errors.Wrapf(types.ErrInvalidSubscription, "only the owner %s may pay for everybody", fn.Owner)
	}
	subscription, err := s.subscription(ctx, msg.Payer, msg.FunctionId)
	switch {
	case errors.IsOf(err, types.ErrNotFound):
		if msg.Deposit.IsZero() {
			return nil, errors.Wrap(types.ErrInvalidSubscription, "a new subscription needs a deposit")
		}
		subscription = types.NewSubscription(msg.Payer, msg.FunctionId)
	case err != nil:
		return nil, err
	}
	subscription.Balance = subscription.Balance.Add(msg.Deposit.Amount)
	subscription.Delegate, subscription.Limits, subscription.Public = msg.Delegate, msg.Limits, msg.Public
	if err := subscription.Validate(); err != nil {
		return nil, err
	}
	if err := s.deposit(ctx, msg.Payer, msg.Deposit); err != nil {
		return nil, err
	}
	if err := s.setSubscription(ctx, subscription); err != nil {
		return nil, err
	}
	return &types.MsgSubscribeResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSubscribed{
		Payer: msg.Payer, FunctionId: msg.FunctionId, Deposit: msg.Deposit, Delegate: msg.Delegate, Public: msg.Public,
	})
}
