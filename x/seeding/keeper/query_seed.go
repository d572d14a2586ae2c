package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Seeds lists the seeds of a function or of a node, each with its node.
func (s queryServer) Seeds(ctx context.Context, req *types.QuerySeedsRequest) (*types.QuerySeedsResponse, error) {
	if (req.FunctionId == "") == (req.OrbId == "") {
		return nil, queryError(types.ErrInvalidQuery.Wrap("name a function or a node, not both"))
	}
	join := func(functionID, orbID string) (types.SeedWithNode, error) {
		seed, err := s.k.GetSeed(ctx, functionID, orbID)
		if err != nil {
			return types.SeedWithNode{}, err
		}
		node, err := s.k.GetNode(ctx, orbID)
		return types.SeedWithNode{Seed: seed, Node: node}, err
	}
	standing := func(functionID, orbID string) (bool, error) {
		if req.Standing == types.STANDING_UNSPECIFIED {
			return true, nil
		}
		seed, err := s.k.GetSeed(ctx, functionID, orbID)
		return seed.Paid == (req.Standing == types.STANDING_PAID), err
	}
	if req.FunctionId != "" {
		seeds, page, err := query.CollectionFilteredPaginate(ctx, s.k.Seeds, req.Pagination,
			func(key collections.Pair[string, string], _ types.Seed) (bool, error) {
				return standing(key.K1(), key.K2())
			},
			func(key collections.Pair[string, string], _ types.Seed) (types.SeedWithNode, error) {
				return join(key.K1(), key.K2())
			},
			query.WithCollectionPaginationPairPrefix[string, string](req.FunctionId))
		return &types.QuerySeedsResponse{Seeds: seeds, Pagination: page}, queryError(err)
	}
	seeds, page, err := query.CollectionFilteredPaginate(ctx, s.k.Seeds.Indexes.Node, req.Pagination,
		func(key collections.Pair[string, string], _ collections.NoValue) (bool, error) {
			return standing(key.K2(), key.K1())
		},
		func(key collections.Pair[string, string], _ collections.NoValue) (types.SeedWithNode, error) {
			return join(key.K2(), key.K1())
		},
		query.WithCollectionPaginationPairPrefix[string, string](req.OrbId))
	return &types.QuerySeedsResponse{Seeds: seeds, Pagination: page}, queryError(err)
}
