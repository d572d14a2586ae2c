package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// tally is what a transaction paid for a function on a node.
type tally struct {
	functionID, orbID string
	requests          uint64
	split             price.Split
	hosting           math.Int
}

func noSplit() price.Split {
	zero := math.ZeroInt()
	return price.Split{Spent: zero, Host: zero, Owner: zero, Fee: zero, Burned: zero, Gateway: zero, Validators: zero}
}

func (t tally) add(other tally) tally {
	t.requests, t.split, t.hosting = t.requests+other.requests, t.split.Add(other.split), t.hosting.Add(other.hosting)
	return t
}

// noteTally notes it for the sums that are written at the end of the block.
func (k Keeper) noteTally(ctx context.Context, t tally) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	key, store := noteKey(sdkCtx, ofTally, []byte(t.functionID), []byte(t.orbID)), sdkCtx.ObjectStore(k.objects)
	if noted := store.Get(key); noted != nil {
		t = noted.(tally).add(t)
	}
	store.Set(key, t)
}

// tallies sums the block's by function and node, in the order of their keys.
func (k Keeper) tallies(ctx context.Context) []tally {
	iterator := sdk.UnwrapSDKContext(ctx).ObjectStore(k.objects).Iterator([]byte{ofTally}, nil)
	defer iterator.Close()
	var sums []tally
	for ; iterator.Valid(); iterator.Next() {
		next := iterator.Value().(tally)
		if last := len(sums) - 1; last >= 0 && sums[last].functionID == next.functionID && sums[last].orbID == next.orbID {
			sums[last] = sums[last].add(next)
			continue
		}
		sums = append(sums, next)
	}
	return sums
}

// sumUp writes the block's sums and tells x/seeding who has served.
func (k Keeper) sumUp(ctx context.Context) error {
	for _, t := range k.tallies(ctx) {
		if err := k.sumFunction(ctx, t); err != nil {
			return err
		}
		if err := k.sumNode(ctx, t); err != nil {
			return err
		}
		if t.requests == 0 {
			continue
		}
		k.attempt(ctx, "recording what "+t.orbID+" served", func(ctx context.Context) error {
			return k.seeding.AfterServed(ctx, t.functionID, t.orbID, t.requests, t.split.Burned)
		})
	}
	return nil
}

func (k Keeper) sumFunction(ctx context.Context, t tally) error {
	stats, err := k.functionStats(ctx, t.functionID)
	if err != nil {
		return err
	}
	stats.Requests += t.requests
	stats.Spent, stats.Host, stats.Owner = stats.Spent.Add(t.split.Spent), stats.Host.Add(t.split.Host), stats.Owner.Add(t.split.Owner)
	stats.Fee, stats.Burned, stats.Hosting = stats.Fee.Add(t.split.Fee), stats.Burned.Add(t.split.Burned), stats.Hosting.Add(t.hosting)
	return k.FunctionStats.Set(ctx, t.functionID, stats)
}

func (k Keeper) sumNode(ctx context.Context, t tally) error {
	stats, err := k.nodeStats(ctx, t.orbID)
	if err != nil {
		return err
	}
	stats.Requests += t.requests
	stats.Host, stats.Burned, stats.Hosting = stats.Host.Add(t.split.Host), stats.Burned.Add(t.split.Burned), stats.Hosting.Add(t.hosting)
	return k.NodeStats.Set(ctx, t.orbID, stats)
}

// sumEarnings adds what a payee earned in the block.
func (k Keeper) sumEarnings(ctx context.Context, p payout) error {
	if len(p.earned) == 0 {
		return nil
	}
	account := p.payee.String()
	sums, err := k.earnings(ctx, account)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		why purpose
		sum *math.Int
	}{
		{forServing, &sums.Serving}, {forOwning, &sums.Owning}, {forRouting, &sums.Routing}, {forHosting, &sums.Hosting}, {forAttesting, &sums.Attesting},
	} {
		if amount, earned := p.earned[part.why]; earned {
			*part.sum = part.sum.Add(amount)
		}
	}
	return k.Earnings.Set(ctx, account, sums)
}

func (k Keeper) functionStats(ctx context.Context, functionID string) (types.FunctionStats, error) {
	stats, err := k.FunctionStats.Get(ctx, functionID)
	if errors.IsOf(err, collections.ErrNotFound) {
		zero := math.ZeroInt()
		return types.FunctionStats{FunctionId: functionID, Spent: zero, Host: zero, Owner: zero, Fee: zero, Burned: zero, Hosting: zero}, nil
	}
	return stats, err
}

func (k Keeper) nodeStats(ctx context.Context, orbID string) (types.NodeStats, error) {
	stats, err := k.NodeStats.Get(ctx, orbID)
	if errors.IsOf(err, collections.ErrNotFound) {
		zero := math.ZeroInt()
		return types.NodeStats{OrbId: orbID, Host: zero, Burned: zero, Hosting: zero}, nil
	}
	return stats, err
}

func (k Keeper) earnings(ctx context.Context, account string) (types.Earnings, error) {
	sums, err := k.Earnings.Get(ctx, account)
	if errors.IsOf(err, collections.ErrNotFound) {
		zero := math.ZeroInt()
		return types.Earnings{Account: account, Serving: zero, Owning: zero, Routing: zero, Hosting: zero, Attesting: zero}, nil
	}
	return sums, err
}
