package keeper

import (
	"context"
	"encoding/binary"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// register stores a node that is new to the store.
func (k Keeper) register(ctx context.Context, node types.Node, signature []byte, sponsor string) error {
	if err := node.Validate(); err != nil {
		return err
	}
	if known, err := k.Nodes.Has(ctx, node.OrbId); err != nil {
		return err
	} else if known {
		return errors.Wrapf(types.ErrExists, "node %s", node.OrbId)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := node.Agreed(sdkCtx.ChainID(), signature); err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.Dying.Set(ctx, collections.Join(node.Seen+params.DeadEpochs+1, node.OrbId)); err != nil {
		return err
	}
	if err := k.setWatermark(ctx, node); err != nil {
		return err
	}
	if err := k.setNode(ctx, node); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventNodeRegistered{
		OrbId: node.OrbId, Operator: node.Operator, Moniker: node.Moniker, Addresses: node.Addresses, Sponsor: sponsor,
	})
}

// markSeen stores that a node gave a sign of life, once an epoch.
func (k Keeper) markSeen(ctx context.Context, node *types.Node, epoch uint64) error {
	if node.Seen == epoch {
		return nil
	}
	node.Seen = epoch
	return k.setWatermark(ctx, *node)
}

// notePaidNodes notes a change in the number of nodes with paid seeds for the end of the block. Each transaction has its own entry, so that
// those of one block never write the same one.
func (k Keeper) notePaidNodes(ctx context.Context, change int64) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	key := binary.BigEndian.AppendUint64(nil, uint64(sdkCtx.TxIndex()))
	store := sdkCtx.ObjectStore(k.objects)
	if noted := store.Get(key); noted != nil {
		change += noted.(int64)
	}
	store.Set(key, change)
}

// countPaidNodes applies the changes that a block has noted.
func (k Keeper) countPaidNodes(ctx context.Context) error {
	store := sdk.UnwrapSDKContext(ctx).ObjectStore(k.objects)
	iterator := store.Iterator(nil, nil)
	var keys [][]byte
	var change int64
	for ; iterator.Valid(); iterator.Next() {
		keys = append(keys, iterator.Key())
		change += iterator.Value().(int64)
	}
	if err := iterator.Close(); err != nil {
		return err
	}
	for _, key := range keys {
		store.Delete(key)
	}
	if change == 0 {
		return nil
	}
	nodes, err := k.paidNodes(ctx)
	if err != nil {
		return err
	}
	return k.PaidNodes.Set(ctx, uint64(max(int64(nodes)+change, 0)))
}

func (k Keeper) paidNodes(ctx context.Context) (uint64, error) {
	nodes, err := k.PaidNodes.Get(ctx)
	if errors.IsOf(err, collections.ErrNotFound) {
		return 0, nil
	}
	return nodes, err
}

// bury forgets a node that gave no sign of life for long: its seeds, at most limit of them at a time, then its bond, which returns, then
// the node. It returns how many entries it removed and whether it is done.
func (k Keeper) bury(ctx context.Context, node types.Node, limit uint32) (removed uint32, done bool, err error) {
	functionIDs, err := k.seedsOf(ctx, node.OrbId, limit)
	if err != nil {
		return 0, false, err
	}
	for _, functionID := range functionIDs {
		seed, err := k.GetSeed(ctx, functionID, node.OrbId)
		if err != nil {
			return 0, false, err
		}
		if err := k.endSeed(ctx, &node, seed); err != nil {
			return 0, false, err
		}
	}
	removed = uint32(len(functionIDs))
	if removed == limit || node.Holds > 0 {
		return removed, false, k.setNode(ctx, node)
	}
	if grant, err := k.Grants.Get(ctx, node.Operator); err == nil && grant.OrbId == node.OrbId {
		if err := k.closeGrant(ctx, grant); err != nil {
			return 0, false, err
		}
	} else if err != nil && !errors.IsOf(err, collections.ErrNotFound) {
		return 0, false, err
	}
	for _, u := range node.Unbonding {
		if err := k.Unbondings.Remove(ctx, collections.Join(u.Height, node.OrbId)); err != nil {
			return 0, false, err
		}
	}
	if err := k.payUnbonded(ctx, node, node.Held()); err != nil {
		return 0, false, err
	}
	if err := k.Watermarks.Remove(ctx, node.OrbId); err != nil {
		return 0, false, err
	}
	if err := k.Nodes.Remove(ctx, node.OrbId); err != nil {
		return 0, false, err
	}
	return removed + 1, true, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventNodeRemoved{OrbId: node.OrbId, Operator: node.Operator})
}

// seedsOf lists at most limit functions that a node seeds.
func (k Keeper) seedsOf(ctx context.Context, orbID string, limit uint32) ([]string, error) {
	iterator, err := k.Seeds.Indexes.Node.Iterate(ctx, collections.NewPrefixedPairRange[string, string](orbID))
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var functionIDs []string
	for ; iterator.Valid() && len(functionIDs) < int(limit); iterator.Next() {
		key, err := iterator.PrimaryKey()
		if err != nil {
			return nil, err
		}
		functionIDs = append(functionIDs, key.K1())
	}
	return functionIDs, nil
}
