package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// EndBlock closes lanes whose time is over and drops terms and subscriptions that are done, at most MaxClosingsPerBlock of each and the
// oldest first. Then it pays everybody once what the block's transactions owe them.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.closeLanes(ctx, params, params.MaxClosingsPerBlock); err != nil {
		return err
	}
	if err := k.expireTerms(ctx, params, params.MaxClosingsPerBlock); err != nil {
		return err
	}
	if err := k.forgetSubscriptions(ctx, params.MaxClosingsPerBlock); err != nil {
		return err
	}
	if err := k.payOut(ctx, params); err != nil {
		return err
	}
	if err := k.sumUp(ctx); err != nil {
		return err
	}
	k.forget(ctx)
	return nil
}

// attempt runs a step that concerns one account. One that fails is logged and leaves no writes, because a block must not fail for it.
func (k Keeper) attempt(ctx context.Context, what string, step func(ctx context.Context) error) bool {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		return step(cached)
	}()
	if err != nil {
		k.logger(ctx).Error("step at the end of the block failed", "step", what, "error", err)
		return false
	}
	write()
	return true
}

// closeLanes closes those that close after this height or closed before.
func (k Keeper) closeLanes(ctx context.Context, params types.Params, limit uint32) error {
	until := collections.NewPrefixUntilPairRange[int64, []byte](sdk.UnwrapSDKContext(ctx).BlockHeight())
	due, err := firstKeys(ctx, k.Closings.Iterate, until, limit)
	if err != nil {
		return err
	}
	for _, closing := range due {
		lane, err := k.GetLane(ctx, closing.K2())
		if err != nil {
			return err
		}
		if err := k.closeLane(ctx, params, lane); err != nil {
			return err
		}
	}
	return nil
}

// forgetSubscriptions removes those that are still empty.
func (k Keeper) forgetSubscriptions(ctx context.Context, limit uint32) error {
	leaving, err := firstKeys(ctx, k.Leaving.Iterate, nil, limit)
	if err != nil {
		return err
	}
	for _, key := range leaving {
		if err := k.Leaving.Remove(ctx, key); err != nil {
			return err
		}
		s, err := k.subscription(ctx, key.K1(), key.K2())
		if err != nil {
			return err
		}
		if !s.Empty() {
			continue
		}
		if err := k.Subscriptions.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
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

func untilEpoch(epoch uint64) collections.Ranger[collections.Pair[uint64, string]] {
	return collections.NewPrefixUntilPairRange[uint64, string](epoch)
}

type keyIterator[K any] interface {
	Valid() bool
	Next()
	Key() (K, error)
	Close() error
}

// firstKeys lists at most limit keys of a range.
func firstKeys[K any, I keyIterator[K]](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (I, error), ranger collections.Ranger[K], limit uint32) ([]K, error) {
	iterator, err := iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var keys []K
	for ; iterator.Valid() && len(keys) < int(limit); iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
