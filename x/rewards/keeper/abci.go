package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
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
	due, err := seedingtypes.FirstKeys(ctx, k.Closings.Iterate, until, limit)
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
	leaving, err := seedingtypes.FirstKeys(ctx, k.Leaving.Iterate, nil, limit)
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
