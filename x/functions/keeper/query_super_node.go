package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/functions/types"
)

// SuperNodes lists the super nodes by operator address.
func (s queryServer) SuperNodes(ctx context.Context, req *types.QuerySuperNodesRequest) (*types.QuerySuperNodesResponse, error) {
	nodes, page, err := query.CollectionPaginate(ctx, s.k.SuperNodes, req.Pagination,
		func(_ sdk.ValAddress, node types.SuperNode) (types.SuperNode, error) { return node, nil })
	return &types.QuerySuperNodesResponse{SuperNodes: nodes, Pagination: page}, err
}
