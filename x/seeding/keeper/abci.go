package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// retryBlocks is how long what could not be done at the end of a block waits before it is tried again.
const retryBlocks = 100

// EndBlock counts nodes, pays back bonds, forgets dead nodes and ends idle grants: at most MaxPrunesPerBlock of each, the oldest first.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.payUnbondings(ctx, params.MaxPrunesPerBlock); err != nil {
		return err
	}
	epoch := params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight())
	if err := k.pruneNodes(ctx, params, epoch); err != nil {
		return err
	}
	if err := k.endGrants(ctx, params, epoch); err != nil {
		return err
	}
	return k.countPaidNodes(ctx)
}

// attempt runs a step that concerns one node. One that fails is logged and leaves no writes, because a block must not fail for one node.
func (k Keeper) attempt(ctx context.Context, orbID string, step func(ctx context.Context) error) bool {
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
		k.logger(ctx).Error("step at the end of the block failed", "node", orbID, "error", err)
		return false
	}
	write()
	return true
}

// payUnbondings pays back the parts of bonds whose time is over.
func (k Keeper) payUnbondings(ctx context.Context, limit uint32) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	due, err := types.FirstKeys(ctx, k.Unbondings.Iterate, collections.NewPrefixUntilPairRange[int64, string](height), limit)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.Unbondings.Remove(ctx, key); err != nil {
			return err
		}
		if !k.attempt(ctx, key.K2(), func(ctx context.Context) error { return k.payUnbonding(ctx, key.K2(), height) }) {
			if err := k.Unbondings.Set(ctx, collections.Join(height+retryBlocks, key.K2())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k Keeper) payUnbonding(ctx context.Context, orbID string, height int64) error {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return err
	}
	if node.Holds > 0 {
		return k.Unbondings.Set(ctx, collections.Join(height+retryBlocks, orbID))
	}
	released := node.Release(height)
	if err := k.setNode(ctx, node); err != nil {
		return err
	}
	return k.payUnbonded(ctx, node, released)
}

// pruneNodes asks nodes whose time has come for a sign of life, and buries those that gave none.
func (k Keeper) pruneNodes(ctx context.Context, params types.Params, epoch uint64) error {
	left := params.MaxPrunesPerBlock
	due, err := types.FirstKeys(ctx, k.Dying.Iterate, collections.NewPrefixUntilPairRange[uint64, string](epoch), left)
	if err != nil {
		return err
	}
	for _, key := range due {
		if left == 0 {
			return nil
		}
		if err := k.Dying.Remove(ctx, key); err != nil {
			return err
		}
		var removed uint32
		if !k.attempt(ctx, key.K2(), func(ctx context.Context) (err error) {
			removed, err = k.pruneNode(ctx, params, key.K2(), epoch, left)
			return err
		}) {
			removed = 0
			if err := k.Dying.Set(ctx, collections.Join(epoch+1, key.K2())); err != nil {
				return err
			}
		}
		left -= min(max(removed, 1), left)
	}
	return nil
}

// pruneNode removes at most limit entries of a node that gave no sign of life, or says when to ask it again.
func (k Keeper) pruneNode(ctx context.Context, params types.Params, orbID string, epoch uint64, limit uint32) (removed uint32, err error) {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return 0, err
	}
	ask := node.Seen + params.DeadEpochs + 1
	if ask <= epoch {
		var done bool
		if removed, done, err = k.bury(ctx, node, limit); err != nil || done {
			return removed, err
		}
		if ask = epoch; node.Holds > 0 {
			ask = epoch + 1
		}
	}
	return removed, k.Dying.Set(ctx, collections.Join(ask, orbID))
}

// endGrants asks grants whose time has come whether they are used, and closes those that are not.
func (k Keeper) endGrants(ctx context.Context, params types.Params, epoch uint64) error {
	due, err := types.FirstKeys(ctx, k.Idling.Iterate, collections.NewPrefixUntilPairRange[uint64, string](epoch), params.MaxPrunesPerBlock)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.Idling.Remove(ctx, key); err != nil {
			return err
		}
		grant, err := k.Grants.Get(ctx, key.K2())
		if err != nil {
			return err
		}
		grant.Asked = max(grant.Active+params.GrantIdleEpochs, epoch) + 1
		if grant.Asked > epoch+1 || !k.attempt(ctx, grant.OrbId, func(ctx context.Context) error { return k.closeGrant(ctx, grant) }) {
			if err := k.addGrant(ctx, grant); err != nil {
				return err
			}
		}
	}
	return nil
}
