package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

func (k Keeper) setSeed(ctx context.Context, seed types.Seed) error {
	return k.Seeds.Set(ctx, collections.Join(seed.FunctionId, seed.OrbId), seed)
}

func (k Keeper) count(ctx context.Context, counts collections.Map[string, uint64], functionID string) (uint64, error) {
	n, err := counts.Get(ctx, functionID)
	if errors.IsOf(err, collections.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

func (k Keeper) change(ctx context.Context, counts collections.Map[string, uint64], functionID string, up bool) error {
	n, err := k.count(ctx, counts, functionID)
	if err != nil {
		return err
	}
	switch {
	case up:
		return counts.Set(ctx, functionID, n+1)
	case n <= 1:
		return counts.Remove(ctx, functionID)
	default:
		return counts.Set(ctx, functionID, n-1)
	}
}

// addSeed stores a new open seed and counts it.
func (k Keeper) addSeed(ctx context.Context, seed types.Seed) error {
	if err := k.setSeed(ctx, seed); err != nil {
		return err
	}
	return k.change(ctx, k.Counts, seed.FunctionId, true)
}

// markPaid lists and counts a seed as paid.
func (k Keeper) markPaid(ctx context.Context, seed types.Seed) error {
	if err := k.PaidByNode.Set(ctx, collections.Join(seed.OrbId, seed.FunctionId)); err != nil {
		return err
	}
	return k.change(ctx, k.PaidCounts, seed.FunctionId, true)
}

// promote makes an open seed a paid one from the next epoch on. The caller stores the node.
func (k Keeper) promote(ctx context.Context, node *types.Node, seed types.Seed, epoch uint64) error {
	if err := k.payProven(ctx, *node, &seed); err != nil {
		return err
	}
	seed.Paid, seed.Since, seed.ClaimedThrough, seed.PaidThrough = true, epoch, epoch, 0
	if node.PaidSeeds++; node.PaidSeeds == 1 {
		k.notePaidNodes(ctx, 1)
		// What was drawn before concerns nothing that is paid: the node begins proven, by the proof that made it a seed.
		if node.ProvenThrough < epoch {
			node.Vouch(epoch, epoch)
		}
	}
	if err := k.markPaid(ctx, seed); err != nil {
		return err
	}
	return k.setSeed(ctx, seed)
}

// demote makes a paid seed an open one after this epoch. Its node can still prove and claim what was paid for until then. The caller
// stores the node.
func (k Keeper) demote(ctx context.Context, node *types.Node, seed types.Seed, epoch uint64) error {
	if err := k.unmarkPaid(ctx, node, seed); err != nil {
		return err
	}
	seed.Paid, seed.PaidThrough, seed.Since = false, epoch, epoch
	return k.setSeed(ctx, seed)
}

func (k Keeper) unmarkPaid(ctx context.Context, node *types.Node, seed types.Seed) error {
	if node.PaidSeeds--; node.PaidSeeds == 0 {
		k.notePaidNodes(ctx, -1)
	}
	if err := k.PaidByNode.Remove(ctx, collections.Join(seed.OrbId, seed.FunctionId)); err != nil {
		return err
	}
	return k.change(ctx, k.PaidCounts, seed.FunctionId, false)
}

// endSeed pays what a seed has proven and forgets it. The caller stores the node.
func (k Keeper) endSeed(ctx context.Context, node *types.Node, seed types.Seed) error {
	if err := k.payProven(ctx, *node, &seed); err != nil {
		return err
	}
	if seed.Paid {
		if err := k.unmarkPaid(ctx, node, seed); err != nil {
			return err
		}
	}
	if err := k.change(ctx, k.Counts, seed.FunctionId, false); err != nil {
		return err
	}
	if err := k.Seeds.Remove(ctx, collections.Join(seed.FunctionId, seed.OrbId)); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventUnseeded{FunctionId: seed.FunctionId, OrbId: seed.OrbId})
}

// payProven has a seed paid before its standing changes.
func (k Keeper) payProven(ctx context.Context, node types.Node, seed *types.Seed) error {
	first, last := node.Claimable(*seed)
	if first > last {
		return nil
	}
	if err := k.hooks.BeforeSeedEnds(ctx, node, *seed); err != nil {
		return err
	}
	seed.ClaimedThrough = last
	return nil
}

// vacancy tells whether a function pays for one more seed in the next epoch.
func (k Keeper) vacancy(ctx context.Context, functionID string, epoch uint64) (bool, error) {
	replicas, _, err := k.hooks.Hosting(ctx, functionID, epoch+1)
	if err != nil {
		return false, err
	}
	paid, err := k.count(ctx, k.PaidCounts, functionID)
	return paid < uint64(replicas), err
}

// displaceable tells why a seed has to keep its place against a challenger, or returns nil. A paid seed loses it when its node has
// stopped proving, has too small a bond, or serves nothing for a long time in which the challenger's requests have burned more than
// hosting pays. An open seed loses it, where there is no room, when its node gives no sign of life, or serves nothing and has put up less.
func (k Keeper) displaceable(ctx context.Context, params types.Params, held types.Seed, holder, challenger types.Node, seed *types.Seed, epoch uint64) error {
	if !held.Paid {
		if held.Vacates(params, holder, challenger.Bond, epoch) {
			return nil
		}
		return errors.Wrapf(types.ErrNotDisplaceable, "open seed of %s on %s lives", held.FunctionId, held.OrbId)
	}
	if minBond := math.NewIntFromUint64(params.MinBond); challenger.Bond.LT(minBond) {
		return errors.Wrapf(types.ErrInsufficientBond, "paid seeds need %s, node %s has bonded %s", minBond, challenger.OrbId, challenger.Bond)
	}
	if held.Stale(params, holder, epoch) {
		return nil
	}
	if held.Idle(params, epoch) && seed != nil {
		_, rate, err := k.hooks.Hosting(ctx, held.FunctionId, epoch+1)
		if err != nil || seed.Outserves(params, rate, epoch) {
			return err
		}
	}
	return errors.Wrapf(types.ErrNotDisplaceable, "paid seed of %s on %s proves and serves, or serves no less than its challenger", held.FunctionId, held.OrbId)
}

// AfterServed records what a node's requests of a function have paid in a block: its seed has served, its node lives, and its operator's
// grant unlocks with what was burned. x/rewards calls it at the end of the block.
func (k Keeper) AfterServed(ctx context.Context, functionID, orbID string, requests uint64, burned math.Int) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	epoch := params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight())
	node, err := k.GetNode(ctx, orbID)
	if errors.IsOf(err, types.ErrNotFound) {
		return nil // its lanes outlive a node
	}
	if err != nil {
		return err
	}
	if err := k.markSeen(ctx, &node, epoch); err != nil {
		return err
	}
	seed, err := k.GetSeed(ctx, functionID, orbID)
	switch {
	case err == nil:
		seed.Served, seed.ServedEpoch = seed.Served+requests, epoch
		if seed.RecentSince+params.IdleEpochs < epoch {
			seed.RecentSince, seed.RecentBurned = epoch, math.ZeroInt()
		}
		seed.RecentBurned = seed.RecentBurned.Add(burned)
		if err := k.setSeed(ctx, seed); err != nil {
			return err
		}
	case !errors.IsOf(err, types.ErrNotFound):
		return err
	}
	return k.unlockGrant(ctx, node, burned, epoch)
}

// AfterFunctionEnded leaves the seeds for a last proof and claim; nobody can become one any more.
func (k Keeper) AfterFunctionEnded(context.Context, functionstypes.Function) error { return nil }

// PruneFunction pays and forgets at most limit seeds of a function that serves no more, and tells whether none is left.
func (k Keeper) PruneFunction(ctx context.Context, fn functionstypes.Function, limit uint32) (done bool, err error) {
	seeds, err := types.FirstKeys(ctx, k.Seeds.Iterate, collections.NewPrefixedPairRange[string, string](fn.Id), limit+1)
	if err != nil {
		return false, err
	}
	for _, key := range seeds[:min(len(seeds), int(limit))] {
		seed, err := k.Seeds.Get(ctx, key)
		if err != nil {
			return false, err
		}
		node, err := k.GetNode(ctx, seed.OrbId)
		if err != nil {
			return false, err
		}
		if err := k.endSeed(ctx, &node, seed); err != nil {
			return false, err
		}
		if err := k.setNode(ctx, node); err != nil {
			return false, err
		}
	}
	return len(seeds) <= int(limit), nil
}
