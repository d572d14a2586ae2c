package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// moveOn takes a function one step towards its end and returns how many entries that cost, at least one.
func (k Keeper) moveOn(ctx context.Context, params types.Params, id string, budget int) (int, error) {
	fn, err := k.GetFunction(ctx, id)
	if err != nil {
		return 1, err
	}
	switch {
	case fn.Status == types.FUNCTION_STATUS_DEPRECATED:
		return 1, k.end(ctx, params, fn)
	case fn.Deposit.IsPositive():
		return 1, k.returnDeposit(ctx, fn)
	}
	return k.prune(ctx, fn, budget)
}

// prune removes a dead function with all that belongs to it, as far as the budget of entries goes, and the rest in later blocks.
func (k Keeper) prune(ctx context.Context, fn types.Function, budget int) (int, error) {
	if fn.PendingVersion != 0 {
		return 1, k.postpone(ctx, fn, retryBlocks)
	}
	used, blocked, err := k.pruneClaims(ctx, fn.Id, budget)
	if err != nil {
		return used, err
	}
	if blocked {
		return used + 1, k.postpone(ctx, fn, retryBlocks)
	}
	for _, hooks := range k.endings {
		if used >= budget {
			break
		}
		done, err := hooks.PruneFunction(ctx, fn, uint32(budget-used))
		if err != nil {
			return used + 1, err
		}
		if !done {
			return budget, k.postpone(ctx, fn, retryBlocks)
		}
	}
	versions, err := k.pruneVersions(ctx, fn.Id, budget-used)
	used += versions
	if err != nil {
		return used, err
	}
	if used >= budget {
		return used, k.postpone(ctx, fn, 1)
	}
	if err := k.Functions.Remove(ctx, fn.Id); err != nil {
		return used, err
	}
	if err := k.Pruned.Set(ctx, fn.Id); err != nil {
		return used, err
	}
	return used + 1, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFunctionPruned{FunctionId: fn.Id})
}

// rest puts off the next step of a function after an error.
func (k Keeper) rest(ctx context.Context, id string) error {
	fn, err := k.GetFunction(ctx, id)
	if err != nil {
		return err
	}
	if fn.Status == types.FUNCTION_STATUS_DEPRECATED {
		fn.Ends = sdk.UnwrapSDKContext(ctx).BlockHeight() + retryBlocks
		return k.Functions.Set(ctx, fn.Id, fn)
	}
	return k.postpone(ctx, fn, retryBlocks)
}

func (k Keeper) postpone(ctx context.Context, fn types.Function, blocks int64) error {
	fn.Prunes = sdk.UnwrapSDKContext(ctx).BlockHeight() + blocks
	return k.Functions.Set(ctx, fn.Id, fn)
}

// pruneClaims removes a function's claims with their attestations as far as the budget goes. It is blocked by a claim that is open, or
// whose stakes are not paid out.
func (k Keeper) pruneClaims(ctx context.Context, id string, budget int) (used int, blocked bool, err error) {
	for used < budget {
		claim, found, err := k.anyClaim(ctx, id)
		if err != nil || !found {
			return used, false, err
		}
		if claim.Deadline() != types.Never {
			return used, true, nil
		}
		removed, err := pruneUpTo(ctx, budget-used, k.Attestations.Iterate, collections.NewPrefixedPairRange[[]byte, sdk.ValAddress](claim.Id), k.Attestations.Remove)
		used += removed
		if err != nil || used >= budget {
			return used, false, err
		}
		if err := k.Claims.Remove(ctx, claim.Id); err != nil {
			return used, false, err
		}
		used++
	}
	return used, false, nil
}

func (k Keeper) anyClaim(ctx context.Context, functionID string) (types.Claim, bool, error) {
	iterator, err := k.Claims.Indexes.Function.MatchExact(ctx, functionID)
	if err != nil {
		return types.Claim{}, false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return types.Claim{}, false, nil
	}
	id, err := iterator.PrimaryKey()
	if err != nil {
		return types.Claim{}, false, err
	}
	claim, err := k.Claims.Get(ctx, id)
	return claim, true, err
}

func (k Keeper) pruneVersions(ctx context.Context, id string, budget int) (int, error) {
	return pruneUpTo(ctx, budget, k.Versions.Iterate, collections.NewPrefixedPairRange[string, uint64](id), k.Versions.Remove)
}

// pruneUpTo removes the first entries of a range and returns how many.
func pruneUpTo[K, V any](ctx context.Context, limit int, iterate func(context.Context, collections.Ranger[K]) (collections.Iterator[K, V], error),
	entries collections.Ranger[K], remove func(context.Context, K) error,
) (int, error) {
	iterator, err := iterate(ctx, entries)
	if err != nil {
		return 0, err
	}
	keys, err := first(iterator, iterator.Key, limit)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := remove(ctx, key); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

// first lists at most limit keys and closes the iterator.
func first[K any](iterator interface {
	Valid() bool
	Next()
	Close() error
}, key func() (K, error), limit int,
) ([]K, error) {
	defer iterator.Close()
	var keys []K
	for ; iterator.Valid() && len(keys) < limit; iterator.Next() {
		k, err := key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}
