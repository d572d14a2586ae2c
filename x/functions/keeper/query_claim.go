package keeper

import (
	"context"
	"encoding/hex"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/functions/types"
)

// Claim returns a claim and the attestations on it.
func (s queryServer) Claim(ctx context.Context, req *types.QueryClaimRequest) (*types.QueryClaimResponse, error) {
	id, err := hex.DecodeString(req.ClaimId)
	if err != nil {
		return nil, queryError(types.ErrInvalidID.Wrapf("claim %q is not in hex", req.ClaimId))
	}
	claim, err := s.k.Claims.Get(ctx, id)
	if err != nil {
		return nil, queryError(notFound(err, "claim %s", req.ClaimId))
	}
	attestations, err := s.k.attestations(ctx, id)
	return &types.QueryClaimResponse{Claim: claim, Attestations: attestations}, err
}

// OpenClaims lists the claims that still take commitments or reveals, the next to close first.
func (s queryServer) OpenClaims(ctx context.Context, req *types.QueryOpenClaimsRequest) (*types.QueryOpenClaimsResponse, error) {
	claims, page, err := query.CollectionPaginate(ctx, s.k.Deadlines, req.Pagination,
		func(key collections.Pair[int64, []byte], _ collections.NoValue) (types.Claim, error) {
			return s.k.Claims.Get(ctx, key.K2())
		})
	return &types.QueryOpenClaimsResponse{Claims: claims, Pagination: page}, err
}
