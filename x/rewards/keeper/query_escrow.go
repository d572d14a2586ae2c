package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Quote returns what deploying now would charge, item by item.
func (s queryServer) Quote(ctx context.Context, req *types.QueryQuoteRequest) (*types.QueryQuoteResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := params.Plan(req.Plan)
	if err != nil {
		return nil, queryError(err)
	}
	quote, err := params.Tariff.Quote(plan, req.Complexity, req.Size_, req.Price)
	if err != nil {
		return nil, queryError(errors.Wrap(types.ErrPrice, err.Error()))
	}
	granted := math.ZeroInt()
	if req.Owner != "" {
		if granted, err = s.k.seeding.Granted(ctx, req.Owner, quote.Verification); err != nil {
			return nil, err
		}
	}
	return &types.QueryQuoteResponse{
		Verification: coin(params, quote.Verification), Hosting: coin(params, quote.Hosting),
		Included: coin(params, quote.Included), Total: coin(params, quote.Total), Granted: coin(params, granted),
	}, nil
}

// FundQuote returns what MsgFundFunction would charge now.
func (s queryServer) FundQuote(ctx context.Context, req *types.QueryFundQuoteRequest) (*types.QueryFundQuoteResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	_, term, err := s.k.nextTerm(ctx, params, req.FunctionId, req.Epochs, req.BaseReplicas)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryFundQuoteResponse{Term: term, Cost: coin(params, term.Balance)}, nil
}

// Escrow returns a function's escrow.
func (s queryServer) Escrow(ctx context.Context, req *types.QueryEscrowRequest) (*types.QueryEscrowResponse, error) {
	escrow, err := s.k.escrow(ctx, req.FunctionId)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryEscrowResponse{Escrow: escrow}, nil
}
