package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// EndBlock closes lanes whose time is over, at most MaxClosingsPerBlock of them and the oldest first, and pays everybody once what the
// block's transactions owe them.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	due, err := k.due(ctx, params.MaxClosingsPerBlock)
	if err != nil {
		return err
	}
	for _, closing := range due {
		if err := k.Closings.Remove(ctx, closing); err != nil {
			return err
		}
		if err := k.closeLane(ctx, params, closing.K2()); err != nil {
			return err
		}
	}
	return k.payOut(ctx, params)
}

// due lists the lanes that close after this height or closed before.
func (k Keeper) due(ctx context.Context, limit uint32) ([]collections.Pair[int64, []byte], error) {
	until := collections.NewPrefixUntilPairRange[int64, []byte](sdk.UnwrapSDKContext(ctx).BlockHeight())
	iterator, err := k.Closings.Iterate(ctx, until)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var due []collections.Pair[int64, []byte]
	for ; iterator.Valid() && len(due) < int(limit); iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		due = append(due, key)
	}
	return due, nil
}

// Conserved returns an error unless the module's account holds exactly what escrows, subscriptions, lanes and the block's payouts add
// up to. It reads the whole state: for tests, genesis and simulations. Deposits of the running block must have been credited.
func (k Keeper) Conserved(ctx context.Context, held sdk.Coin) error {
	genesis, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	owed := genesis.Owed()
	for _, p := range k.payouts(ctx) {
		owed = owed.Add(p.amount)
	}
	if !held.Amount.Equal(owed) {
		return types.ErrInvalidGenesis.Wrapf("the module's account holds %s, escrows, subscriptions and lanes add up to %s", held, owed)
	}
	return nil
}
