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

// Functions lists functions by id, optionally those of one owner.
func (s queryServer) Functions(ctx context.Context, req *types.QueryFunctionsRequest) (*types.QueryFunctionsResponse, error) {
	if req.Owner == "" {
		functions, page, err := query.CollectionPaginate(ctx, s.k.Functions, req.Pagination,
			func(_ string, fn types.Function) (types.Function, error) { return fn, nil })
		return &types.QueryFunctionsResponse{Functions: functions, Pagination: page}, err
	}
	owner, err := sdk.AccAddressFromBech32(req.Owner)
	if err != nil {
		return nil, queryError(types.ErrInvalidID.Wrapf("owner: %s", err))
	}
	functions, page, err := query.CollectionPaginate(ctx, s.k.Functions.Indexes.Owner, req.Pagination,
		func(key collections.Pair[sdk.AccAddress, string], _ collections.NoValue) (types.Function, error) {
			return s.k.GetFunction(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[sdk.AccAddress, string](owner))
	return &types.QueryFunctionsResponse{Functions: functions, Pagination: page}, err
}

// Version returns one version of a function.
func (s queryServer) Version(ctx context.Context, req *types.QueryVersionRequest) (*types.QueryVersionResponse, error) {
	version, err := s.k.GetVersion(ctx, req.FunctionId, req.Number)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryVersionResponse{Version: version}, nil
}
