package keeper

import (
	"context"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Params returns the params and the current epoch.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	epoch, err := s.k.Epoch(ctx)
	return &types.QueryParamsResponse{Params: params, Epoch: epoch}, err
}
