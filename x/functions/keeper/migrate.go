package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// Migrator changes a state of an earlier consensus version in place.
type Migrator struct{ k Keeper }

// NewMigrator returns the migrations of a keeper's state.
func NewMigrator(k Keeper) Migrator { return Migrator{k} }

// Migrate1to2 gives prices the time that they hold. No function has changed its price before, so every owner may at once.
func (m Migrator) Migrate1to2(ctx sdk.Context) error { return m.k.migrate1to2(ctx) }

func (k Keeper) migrate1to2(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	params.PriceBlocks = types.DefaultParams().PriceBlocks
	if err := params.Validate(); err != nil {
		return err
	}
	return k.Params.Set(ctx, params)
}
