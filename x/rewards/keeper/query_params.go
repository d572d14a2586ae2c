package keeper

import (
	"context"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Params returns the params.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}
