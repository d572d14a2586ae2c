package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// FunctionStats sums what a function's requests and hosting were paid with, all zero for one that nothing was paid for.
func (s queryServer) FunctionStats(ctx context.Context, req *types.QueryFunctionStatsRequest) (*types.QueryFunctionStatsResponse, error) {
	stats, err := s.k.functionStats(ctx, req.FunctionId)
	return &types.QueryFunctionStatsResponse{Stats: stats}, err
}

// NodeStats sums what a node was paid.
func (s queryServer) NodeStats(ctx context.Context, req *types.QueryNodeStatsRequest) (*types.QueryNodeStatsResponse, error) {
	stats, err := s.k.nodeStats(ctx, req.OrbId)
	return &types.QueryNodeStatsResponse{Stats: stats}, err
}

// Earnings sums what an account was paid, and for what.
func (s queryServer) Earnings(ctx context.Context, req *types.QueryEarningsRequest) (*types.QueryEarningsResponse, error) {
	if _, err := sdk.AccAddressFromBech32(req.Account); err != nil {
		return nil, queryError(types.ErrInvalidQuery.Wrapf("account: %s", err))
	}
	sums, err := s.k.earnings(ctx, req.Account)
	return &types.QueryEarningsResponse{Earnings: sums}, err
}
