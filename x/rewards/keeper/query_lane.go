package keeper

import (
	"context"
	"encoding/hex"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Lane returns a lane.
func (s queryServer) Lane(ctx context.Context, req *types.QueryLaneRequest) (*types.QueryLaneResponse, error) {
	id, err := hex.DecodeString(req.LaneId)
	if err != nil {
		return nil, queryError(types.ErrInvalidQuery.Wrapf("lane id: %s", err))
	}
	lane, err := s.k.GetLane(ctx, id)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryLaneResponse{Lane: lane}, nil
}

// Lanes lists the lanes of a function, a payer or a host.
func (s queryServer) Lanes(ctx context.Context, req *types.QueryLanesRequest) (*types.QueryLanesResponse, error) {
	var set collections.KeySet[collections.Pair[string, []byte]]
	var of string
	named := 0
	for _, choice := range []struct {
		set collections.KeySet[collections.Pair[string, []byte]]
		of  string
	}{{s.k.LanesByFunction, req.FunctionId}, {s.k.LanesByPayer, req.Payer}, {s.k.LanesByHost, req.OrbId}} {
		if choice.of != "" {
			set, of = choice.set, choice.of
			named++
		}
	}
	if named != 1 {
		return nil, queryError(types.ErrInvalidQuery.Wrap("name exactly one of function, payer and host"))
	}
	lanes, page, err := query.CollectionPaginate(ctx, set, req.Pagination,
		func(key collections.Pair[string, []byte], _ collections.NoValue) (types.Lane, error) {
			return s.k.GetLane(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[string, []byte](of))
	return &types.QueryLanesResponse{Lanes: lanes, Pagination: page}, err
}
