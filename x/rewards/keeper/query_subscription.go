package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Subscription returns a payer's subscription to a function.
func (s queryServer) Subscription(ctx context.Context, req *types.QuerySubscriptionRequest) (*types.QuerySubscriptionResponse, error) {
	subscription, err := s.k.subscription(ctx, req.Payer, req.FunctionId)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QuerySubscriptionResponse{Subscription: subscription}, nil
}

// Subscriptions lists the subscriptions of a payer or to a function.
func (s queryServer) Subscriptions(ctx context.Context, req *types.QuerySubscriptionsRequest) (*types.QuerySubscriptionsResponse, error) {
	if (req.Payer == "") == (req.FunctionId == "") {
		return nil, queryError(types.ErrInvalidQuery.Wrap("name a payer or a function, not both"))
	}
	if req.Payer != "" {
		subscriptions, page, err := query.CollectionPaginate(ctx, s.k.Subscriptions, req.Pagination,
			func(_ collections.Pair[string, string], subscription types.Subscription) (types.Subscription, error) {
				return subscription, nil
			},
			query.WithCollectionPaginationPairPrefix[string, string](req.Payer))
		return &types.QuerySubscriptionsResponse{Subscriptions: subscriptions, Pagination: page}, err
	}
	subscriptions, page, err := query.CollectionPaginate(ctx, s.k.Subscriptions.Indexes.Function, req.Pagination,
		func(key collections.Pair[string, string], _ collections.NoValue) (types.Subscription, error) {
			return s.k.subscription(ctx, key.K2(), key.K1())
		},
		query.WithCollectionPaginationPairPrefix[string, string](req.FunctionId))
	return &types.QuerySubscriptionsResponse{Subscriptions: subscriptions, Pagination: page}, err
}
