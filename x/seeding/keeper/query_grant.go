package keeper

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Grant returns an operator's grant.
func (s queryServer) Grant(ctx context.Context, req *types.QueryGrantRequest) (*types.QueryGrantResponse, error) {
	grant, err := s.k.Grants.Get(ctx, req.Operator)
	if err != nil {
		return nil, queryError(notFound(err, "grant of %s", req.Operator))
	}
	return &types.QueryGrantResponse{Grant: grant}, nil
}

// Grants lists the grants by operator, with what the pool still has to grant.
func (s queryServer) Grants(ctx context.Context, req *types.QueryGrantsRequest) (*types.QueryGrantsResponse, error) {
	grants, page, err := query.CollectionPaginate(ctx, s.k.Grants, req.Pagination,
		func(_ string, grant types.Grant) (types.Grant, error) { return grant, nil })
	if err != nil {
		return nil, queryError(err)
	}
	pool, err := s.k.Pool.Get(ctx)
	return &types.QueryGrantsResponse{Grants: grants, Pagination: page, Pool: coin(pool)}, err
}
