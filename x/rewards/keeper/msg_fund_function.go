package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// FundFunction pays for further epochs of hosting, whoever sends it. The escrow holds what QueryFundQuote says.
func (s msgServer) FundFunction(ctx context.Context, msg *types.MsgFundFunction) (*types.MsgFundFunctionResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	escrow, term, err := s.nextTerm(ctx, params, msg.FunctionId, msg.Epochs, msg.BaseReplicas)
	if err != nil {
		return nil, err
	}
	if err := validateMaxCost(params, msg.MaxCost, term.Balance); err != nil {
		return nil, err
	}
	if err := escrow.Add(term); err != nil {
		return nil, err
	}
	if err := s.deposit(ctx, msg.Sender, coin(params, term.Balance)); err != nil {
		return nil, err
	}
	if err := s.setEscrow(ctx, params, escrow); err != nil {
		return nil, err
	}
	return &types.MsgFundFunctionResponse{Charged: coin(params, term.Balance), Through: term.Through},
		sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFunctionFunded{FunctionId: msg.FunctionId, Sender: msg.Sender, Term: term})
}

func validateMaxCost(params types.Params, maxCost sdk.Coin, cost math.Int) error {
	if err := maxCost.Validate(); err != nil || maxCost.Denom != params.Denom || maxCost.Amount.LT(cost) {
		return errors.Wrapf(types.ErrMaxCost, "%s%s, at most %s is accepted", cost, params.Denom, maxCost)
	}
	return nil
}
