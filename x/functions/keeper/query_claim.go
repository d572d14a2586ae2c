package keeper

import (
	"context"
	"encoding/hex"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
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

// Claims lists the claims that match all filters that are set, by the index of the first of them: function, attester, outcome, status.
func (s queryServer) Claims(ctx context.Context, req *types.QueryClaimsRequest) (*types.QueryClaimsResponse, error) {
	var attester sdk.ValAddress
	if req.Attester != "" {
		var err error
		if attester, err = sdk.ValAddressFromBech32(req.Attester); err != nil {
			return nil, queryError(types.ErrInvalidID.Wrapf("attester: %s", err))
		}
	}
	matches := func(id []byte) (bool, error) {
		claim, err := s.k.Claims.Get(ctx, id)
		if err != nil || req.FunctionId != "" && claim.FunctionId != req.FunctionId ||
			req.Status != 0 && claim.Status != req.Status || req.Outcome != 0 && claim.Verdict != req.Outcome {
			return false, err
		}
		if attester == nil {
			return true, nil
		}
		return s.k.Attestations.Has(ctx, collections.Join(id, attester))
	}
	claims, page, err := s.claims(ctx, req, attester, matches)
	return &types.QueryClaimsResponse{Claims: claims, Pagination: page}, err
}

func (s queryServer) claims(ctx context.Context, req *types.QueryClaimsRequest, attester sdk.ValAddress, matches func([]byte) (bool, error),
) ([]types.Claim, *query.PageResponse, error) {
	indexes := s.k.Claims.Indexes
	switch {
	case req.FunctionId != "":
		return indexedClaims(ctx, s.k, indexes.Function, req.Pagination, req.FunctionId, matches)
	case attester != nil:
		return indexedClaims(ctx, s.k, s.k.Attestations.Indexes.Attester, req.Pagination, attester, matches)
	case req.Outcome != 0:
		return indexedClaims(ctx, s.k, indexes.Outcome, req.Pagination, int32(req.Outcome), matches)
	case req.Status != 0:
		return indexedClaims(ctx, s.k, indexes.Status, req.Pagination, int32(req.Status), matches)
	}
	return query.CollectionPaginate(ctx, s.k.Claims, req.Pagination,
		func(_ []byte, claim types.Claim) (types.Claim, error) { return claim, nil })
}

// indexedClaims pages through the claims under one reference of an index.
func indexedClaims[R any](ctx context.Context, k Keeper, index query.Collection[collections.Pair[R, []byte], collections.NoValue],
	page *query.PageRequest, reference R, matches func([]byte) (bool, error),
) ([]types.Claim, *query.PageResponse, error) {
	return query.CollectionFilteredPaginate(ctx, index, page,
		func(key collections.Pair[R, []byte], _ collections.NoValue) (bool, error) { return matches(key.K2()) },
		func(key collections.Pair[R, []byte], _ collections.NoValue) (types.Claim, error) {
			return k.Claims.Get(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[R, []byte](reference))
}

// OpenClaims lists the claims that are not decided, the next to move on first.
func (s queryServer) OpenClaims(ctx context.Context, req *types.QueryOpenClaimsRequest) (*types.QueryOpenClaimsResponse, error) {
	claims, page, err := query.CollectionFilteredPaginate(ctx, s.k.Deadlines, req.Pagination,
		func(key collections.Pair[int64, []byte], _ collections.NoValue) (bool, error) {
			claim, err := s.k.Claims.Get(ctx, key.K2())
			return claim.IsOpen(), err
		},
		func(key collections.Pair[int64, []byte], _ collections.NoValue) (types.Claim, error) {
			return s.k.Claims.Get(ctx, key.K2())
		})
	return &types.QueryOpenClaimsResponse{Claims: claims, Pagination: page}, err
}
