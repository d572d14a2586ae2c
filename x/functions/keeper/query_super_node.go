package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/functions/types"
)

// SuperNode returns a validator's super node and whether it may attest now.
func (s queryServer) SuperNode(ctx context.Context, req *types.QuerySuperNodeRequest) (*types.QuerySuperNodeResponse, error) {
	node, err := s.k.SuperNode(ctx, req.Validator)
	if err != nil {
		return nil, queryError(err)
	}
	validator, err := sdk.ValAddressFromBech32(node.Validator)
	if err != nil {
		return nil, err
	}
	active, err := s.k.isBonded(ctx, validator)
	return &types.QuerySuperNodeResponse{SuperNode: node, Active: active}, err
}

// SuperNodes lists the super nodes by operator address, optionally those that may attest now.
func (s queryServer) SuperNodes(ctx context.Context, req *types.QuerySuperNodesRequest) (*types.QuerySuperNodesResponse, error) {
	nodes, page, err := query.CollectionFilteredPaginate(ctx, s.k.SuperNodes, req.Pagination,
		func(validator sdk.ValAddress, _ types.SuperNode) (bool, error) {
			if !req.Active {
				return true, nil
			}
			return s.k.isBonded(ctx, validator)
		},
		func(_ sdk.ValAddress, node types.SuperNode) (types.SuperNode, error) { return node, nil })
	return &types.QuerySuperNodesResponse{SuperNodes: nodes, Pagination: page}, err
}
