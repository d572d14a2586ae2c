package keeper

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// Function returns a function by id or by name, with its active version, or its latest while none is active.
func (s queryServer) Function(ctx context.Context, req *types.QueryFunctionRequest) (*types.QueryFunctionResponse, error) {
	fn, err := s.k.find(ctx, req.Function)
	if err != nil {
		return nil, queryError(err)
	}
	number := fn.ActiveVersion
	if number == 0 {
		number = fn.LatestVersion
	}
	version, err := s.k.GetVersion(ctx, fn.Id, number)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryFunctionResponse{Function: fn, Version: version}, nil
}

func (k Keeper) find(ctx context.Context, idOrName string) (types.Function, error) {
	if types.IsFunctionID(idOrName) {
		if _, err := types.ParseFunctionID(idOrName); err != nil {
			return types.Function{}, err
		}
		return k.GetFunction(ctx, idOrName)
	}
	if err := types.ValidateName(idOrName); err != nil {
		return types.Function{}, err
	}
	id, err := k.Names.Get(ctx, idOrName)
	if err != nil {
		return types.Function{}, notFound(err, "function named %s", idOrName)
	}
	return k.GetFunction(ctx, id)
}

// Functions lists functions by id, optionally those of one owner or in one status.
func (s queryServer) Functions(ctx context.Context, req *types.QueryFunctionsRequest) (*types.QueryFunctionsResponse, error) {
	functions, page, err := s.functions(ctx, req)
	return &types.QueryFunctionsResponse{Functions: functions, Pagination: page}, err
}

func (s queryServer) functions(ctx context.Context, req *types.QueryFunctionsRequest) ([]types.Function, *query.PageResponse, error) {
	switch {
	case req.Owner != "":
		owner, err := sdk.AccAddressFromBech32(req.Owner)
		if err != nil {
			return nil, nil, queryError(types.ErrInvalidID.Wrapf("owner: %s", err))
		}
		return query.CollectionFilteredPaginate(ctx, s.k.Functions.Indexes.Owner, req.Pagination,
			func(key collections.Pair[sdk.AccAddress, string], _ collections.NoValue) (bool, error) {
				fn, err := s.k.GetFunction(ctx, key.K2())
				return req.Status == 0 || fn.Status == req.Status, err
			},
			func(key collections.Pair[sdk.AccAddress, string], _ collections.NoValue) (types.Function, error) {
				return s.k.GetFunction(ctx, key.K2())
			},
			query.WithCollectionPaginationPairPrefix[sdk.AccAddress, string](owner))
	case req.Status != 0:
		return query.CollectionPaginate(ctx, s.k.Functions.Indexes.Status, req.Pagination,
			func(key collections.Pair[int32, string], _ collections.NoValue) (types.Function, error) {
				return s.k.GetFunction(ctx, key.K2())
			},
			query.WithCollectionPaginationPairPrefix[int32, string](int32(req.Status)))
	}
	return query.CollectionPaginate(ctx, s.k.Functions, req.Pagination,
		func(_ string, fn types.Function) (types.Function, error) { return fn, nil })
}

// Version returns one version of a function.
func (s queryServer) Version(ctx context.Context, req *types.QueryVersionRequest) (*types.QueryVersionResponse, error) {
	version, err := s.k.GetVersion(ctx, req.FunctionId, req.Number)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryVersionResponse{Version: version}, nil
}

// Versions lists a function's versions, the oldest first.
func (s queryServer) Versions(ctx context.Context, req *types.QueryVersionsRequest) (*types.QueryVersionsResponse, error) {
	if _, err := types.ParseFunctionID(req.FunctionId); err != nil {
		return nil, queryError(err)
	}
	versions, page, err := query.CollectionPaginate(ctx, s.k.Versions, req.Pagination,
		func(_ collections.Pair[string, uint64], v types.Version) (types.Version, error) { return v, nil },
		query.WithCollectionPaginationPairPrefix[string, uint64](req.FunctionId))
	return &types.QueryVersionsResponse{Versions: versions, Pagination: page}, err
}
