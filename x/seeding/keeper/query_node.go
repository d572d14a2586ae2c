package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Node returns a node.
func (s queryServer) Node(ctx context.Context, req *types.QueryNodeRequest) (*types.QueryNodeResponse, error) {
	node, err := s.k.GetNode(ctx, req.OrbId)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryNodeResponse{Node: node}, nil
}

// Nodes lists nodes by Orb ID, optionally those of one operator.
func (s queryServer) Nodes(ctx context.Context, req *types.QueryNodesRequest) (*types.QueryNodesResponse, error) {
	if req.Operator == "" {
		nodes, page, err := query.CollectionPaginate(ctx, s.k.Nodes, req.Pagination,
			func(orbID string, _ types.Node) (types.Node, error) { return s.k.GetNode(ctx, orbID) })
		return &types.QueryNodesResponse{Nodes: nodes, Pagination: page}, err
	}
	operator, err := sdk.AccAddressFromBech32(req.Operator)
	if err != nil {
		return nil, queryError(types.ErrInvalidQuery.Wrapf("operator: %s", err))
	}
	nodes, page, err := query.CollectionPaginate(ctx, s.k.Nodes.Indexes.Operator, req.Pagination,
		func(key collections.Pair[sdk.AccAddress, string], _ collections.NoValue) (types.Node, error) {
			return s.k.GetNode(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[sdk.AccAddress, string](operator))
	return &types.QueryNodesResponse{Nodes: nodes, Pagination: page}, err
}
