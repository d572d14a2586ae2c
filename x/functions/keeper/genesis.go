package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// InitGenesis stores a validated genesis state.
func (k Keeper) InitGenesis(ctx context.Context, genesis *types.GenesisState) error {
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, node := range genesis.SuperNodes {
		validator, err := sdk.ValAddressFromBech32(node.Validator)
		if err != nil {
			return err
		}
		if err := k.SuperNodes.Set(ctx, validator, node); err != nil {
			return err
		}
	}
	for _, fn := range genesis.Functions {
		if err := k.Functions.Set(ctx, fn.Id, fn); err != nil {
			return err
		}
		if fn.HoldsName() {
			if err := k.Names.Set(ctx, fn.Name, fn.Id); err != nil {
				return err
			}
		}
	}
	for _, version := range genesis.Versions {
		if err := k.Versions.Set(ctx, collections.Join(version.FunctionId, version.Number), version); err != nil {
			return err
		}
	}
	for _, id := range genesis.Pruned {
		if err := k.Pruned.Set(ctx, id); err != nil {
			return err
		}
	}
	return k.initClaims(ctx, genesis)
}

func (k Keeper) initClaims(ctx context.Context, genesis *types.GenesisState) error {
	for _, claim := range genesis.Claims {
		if err := k.storeClaim(ctx, claim); err != nil {
			return err
		}
	}
	for _, attestation := range genesis.Attestations {
		validator, err := sdk.ValAddressFromBech32(attestation.Validator)
		if err != nil {
			return err
		}
		if err := k.Attestations.Set(ctx, collections.Join(attestation.ClaimId, validator), attestation); err != nil {
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
	if genesis.SuperNodes, err = values(ctx, k.SuperNodes.Iterate); err != nil {
		return nil, err
	}
	if genesis.Functions, err = values(ctx, k.Functions.Iterate); err != nil {
		return nil, err
	}
	if genesis.Versions, err = values(ctx, k.Versions.Iterate); err != nil {
		return nil, err
	}
	if genesis.Claims, err = values(ctx, k.Claims.Iterate); err != nil {
		return nil, err
	}
	if genesis.Attestations, err = values(ctx, k.Attestations.Iterate); err != nil {
		return nil, err
	}
	pruned, err := k.Pruned.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	genesis.Pruned, err = pruned.Keys()
	return genesis, err
}

func values[K, V any](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (collections.Iterator[K, V], error)) ([]V, error) {
	iterator, err := iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
