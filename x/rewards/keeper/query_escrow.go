package keeper

import (
	"context"

	"cosmossdk.io/errors"

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
	return &types.QueryQuoteResponse{
		Verification: coin(params, quote.Verification), Hosting: coin(params, quote.Hosting),
		Included: coin(params, quote.Included), Total: coin(params, quote.Total),
	}, nil
}

// Escrow returns a function's escrow.
func (s queryServer) Escrow(ctx context.Context, req *types.QueryEscrowRequest) (*types.QueryEscrowResponse, error) {
	escrow, err := s.k.Escrows.Get(ctx, req.FunctionId)
	if err != nil {
		return nil, queryError(notFound(err, "escrow of %s", req.FunctionId))
	}
	return &types.QueryEscrowResponse{Escrow: escrow}, nil
}
