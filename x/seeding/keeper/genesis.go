package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// InitGenesis stores a validated genesis state. What the grants' account holds beyond what is granted is the pool.
func (k Keeper) InitGenesis(ctx context.Context, genesis *types.GenesisState, grants math.Int) error {
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, node := range genesis.Nodes {
		if err := k.initNode(ctx, genesis.Params, node); err != nil {
			return err
		}
	}
	for _, seed := range genesis.Seeds {
		if err := k.addSeed(ctx, seed); err != nil {
			return err
		}
		if seed.Paid {
			if err := k.markPaid(ctx, seed); err != nil {
				return err
			}
		}
	}
	for _, beacon := range genesis.Beacons {
		if err := k.Beacons.Set(ctx, beacon.Epoch, beacon); err != nil {
			return err
		}
	}
	for _, grant := range genesis.Grants {
		if err := k.addGrant(ctx, grant); err != nil {
			return err
		}
	}
	for _, quota := range genesis.Quotas {
		if err := k.Quotas.Set(ctx, quota.Validator, quota); err != nil {
			return err
		}
	}
	pool := grants.Sub(genesis.Locked())
	if pool.IsNegative() {
		return types.ErrInvalidGenesis.Wrapf("the account of grants holds %s, %s are granted", grants, genesis.Locked())
	}
	if err := k.Pool.Set(ctx, pool); err != nil {
		return err
	}
	return k.Budget.Set(ctx, genesis.Budget)
}

func (k Keeper) initNode(ctx context.Context, params types.Params, node types.Node) error {
	if node.PaidSeeds > 0 {
		nodes, err := k.paidNodes(ctx)
		if err != nil {
			return err
		}
		if err := k.PaidNodes.Set(ctx, nodes+1); err != nil {
			return err
		}
	}
	for _, u := range node.Unbonding {
		if err := k.Unbondings.Set(ctx, collections.Join(u.Height, node.OrbId)); err != nil {
			return err
		}
	}
	if err := k.Dying.Set(ctx, collections.Join(node.Seen+params.DeadEpochs+1, node.OrbId)); err != nil {
		return err
	}
	if err := k.setWatermark(ctx, node); err != nil {
		return err
	}
	return k.setNode(ctx, node)
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
	for i, node := range genesis.Nodes {
		if genesis.Nodes[i], err = k.GetNode(ctx, node.OrbId); err != nil {
			return nil, err
		}
	}
	if genesis.Seeds, err = values(ctx, k.Seeds.Iterate); err != nil {
		return nil, err
	}
	if genesis.Beacons, err = values(ctx, k.Beacons.Iterate); err != nil {
		return nil, err
	}
	if genesis.Grants, err = values(ctx, k.Grants.Iterate); err != nil {
		return nil, err
	}
	if genesis.Quotas, err = values(ctx, k.Quotas.Iterate); err != nil {
		return nil, err
	}
	genesis.Budget, err = k.Budget.Get(ctx)
	return genesis, err
}

// Conserved returns an error unless the module's two accounts hold exactly what its state adds up to. It reads the whole state: for
// tests, genesis and simulations. Deposits of the running block must have been credited.
func (k Keeper) Conserved(ctx context.Context, bonds, grants sdk.Coin) error {
	genesis, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if owed := genesis.Bonds(); !bonds.Amount.Equal(owed) {
		return types.ErrInvalidGenesis.Wrapf("the module's account holds %s, bonds and deposits add up to %s", bonds, owed)
	}
	pool, err := k.Pool.Get(ctx)
	if err != nil {
		return err
	}
	if owed := pool.Add(genesis.Locked()); !grants.Amount.Equal(owed) {
		return types.ErrInvalidGenesis.Wrapf("the account of grants holds %s, pool and grants add up to %s", grants, owed)
	}
	return nil
}

func values[K, V any](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (collections.Iterator[K, V], error)) ([]V, error) {
	iterator, err := iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
