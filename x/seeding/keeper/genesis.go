package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// InitGenesis stores a validated genesis state.
func (k Keeper) InitGenesis(ctx context.Context, genesis *types.GenesisState) error {
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, node := range genesis.Nodes {
		if err := k.Nodes.Set(ctx, node.OrbId, node); err != nil {
			return err
		}
	}
	for _, seed := range genesis.Seeds {
		if err := k.addSeed(ctx, seed); err != nil {
			return err
		}
	}
	for _, beacon := range genesis.Beacons {
		if err := k.Beacons.Set(ctx, beacon.Epoch, beacon); err != nil {
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
	if genesis.Nodes, err = values(ctx, k.Nodes.Iterate); err != nil {
		return nil, err
	}
	if genesis.Seeds, err = values(ctx, k.Seeds.Iterate); err != nil {
		return nil, err
	}
	genesis.Beacons, err = values(ctx, k.Beacons.Iterate)
	return genesis, err
}

func values[K, V any](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (collections.Iterator[K, V], error)) ([]V, error) {
	iterator, err := iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
