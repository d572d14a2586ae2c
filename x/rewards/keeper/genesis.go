package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// InitGenesis stores a validated genesis state.
func (k Keeper) InitGenesis(ctx context.Context, genesis *types.GenesisState) error {
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, escrow := range genesis.Escrows {
		escrow.Due = 0 // is not queued yet
		if err := k.setEscrow(ctx, genesis.Params, escrow); err != nil {
			return err
		}
	}
	for _, s := range genesis.Subscriptions {
		if err := k.setSubscription(ctx, s); err != nil {
			return err
		}
	}
	for _, lane := range genesis.Lanes {
		if err := k.addLane(ctx, lane); err != nil {
			return err
		}
	}
	for _, stats := range genesis.FunctionStats {
		if err := k.FunctionStats.Set(ctx, stats.FunctionId, stats); err != nil {
			return err
		}
	}
	for _, stats := range genesis.NodeStats {
		if err := k.NodeStats.Set(ctx, stats.OrbId, stats); err != nil {
			return err
		}
	}
	for _, sums := range genesis.Earnings {
		if err := k.Earnings.Set(ctx, sums.Account, sums); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis returns the whole state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	genesis := &types.GenesisState{Params: params}
	if genesis.Escrows, err = values(ctx, k.Escrows.Iterate); err != nil {
		return nil, err
	}
	if genesis.Subscriptions, err = values(ctx, k.Subscriptions.Iterate); err != nil {
		return nil, err
	}
	if genesis.Lanes, err = values(ctx, k.Lanes.Iterate); err != nil {
		return nil, err
	}
	for i, lane := range genesis.Lanes {
		if genesis.Lanes[i], err = k.GetLane(ctx, lane.Id); err != nil {
			return nil, err
		}
	}
	if genesis.FunctionStats, err = values(ctx, k.FunctionStats.Iterate); err != nil {
		return nil, err
	}
	if genesis.NodeStats, err = values(ctx, k.NodeStats.Iterate); err != nil {
		return nil, err
	}
	genesis.Earnings, err = values(ctx, k.Earnings.Iterate)
	return genesis, err
}

func values[K, V any](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (collections.Iterator[K, V], error)) ([]V, error) {
	iterator, err := iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
