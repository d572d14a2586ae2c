package keeper

import (
	"context"

	"cosmossdk.io/errors"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// TopUp adds to a subscription, whoever sends it. Delegate and limits stay as they are.
func (s msgServer) TopUp(ctx context.Context, msg *types.MsgTopUp) (*types.MsgTopUpResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := msg.Amount.Validate(); err != nil || msg.Amount.Denom != params.Denom || !msg.Amount.IsPositive() {
		return nil, errors.Wrapf(types.ErrInvalidSubscription, "%s is not a positive amount of %s", msg.Amount, params.Denom)
	}
	if _, err := s.payable(ctx, msg.FunctionId); err != nil {
		return nil, err
	}
	subscription, err := s.mutable(ctx, msg.Payer, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	if err := s.deposit(ctx, msg.Sender, msg.Amount); err != nil {
		return nil, err
	}
	subscription.Balance = subscription.Balance.Add(msg.Amount.Amount)
	return &types.MsgTopUpResponse{}, s.changed(ctx, params, subscription, msg.Amount)
}
