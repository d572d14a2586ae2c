package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// BeginBlock fixes the beacon of an epoch in its first block and forgets those that no proof may answer any more.
func (k Keeper) BeginBlock(ctx context.Context) error {
	epoch, err := k.Epoch(ctx)
	if err != nil {
		return err
	}
	if known, err := k.Beacons.Has(ctx, epoch); err != nil || known {
		return err
	}
	var previous types.Beacon
	if epoch > 0 {
		if previous, err = k.Beacons.Get(ctx, epoch-1); err != nil && !errors.IsOf(err, collections.ErrNotFound) {
			return err
		}
	}
	if epoch > 1 {
		if err := k.Beacons.Remove(ctx, epoch-2); err != nil {
			return err
		}
	}
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	return k.Beacons.Set(ctx, epoch, types.Beacon{Epoch: epoch, Value: types.NextBeacon(previous.Value, header.AppHash, header.Height)})
}

// beacon returns the randomness of an epoch whose challenges may still be answered: the current or the previous one.
func (k Keeper) beacon(ctx context.Context, epoch uint64) ([]byte, error) {
	current, err := k.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if epoch != current && epoch+1 != current {
		return nil, errors.Wrapf(types.ErrWrongEpoch, "epoch %d is asked for, the current one is %d", epoch, current)
	}
	beacon, err := k.Beacons.Get(ctx, epoch)
	if errors.IsOf(err, collections.ErrNotFound) {
		return nil, errors.Wrapf(types.ErrWrongEpoch, "epoch %d has no beacon", epoch)
	}
	return beacon.Value, err
}

// drawn returns the function that a node is challenged for: the first of its seeds from the draw point on, else its first. It reads
// two keys at most, however many seeds the node has.
func (k Keeper) drawn(ctx context.Context, beacon []byte, orbID string) (string, error) {
	from := collections.NewPrefixedPairRange[string, string](orbID).StartInclusive(types.DrawPoint(beacon, orbID))
	for _, scope := range []collections.Ranger[collections.Pair[string, string]]{from, collections.NewPrefixedPairRange[string, string](orbID)} {
		iterator, err := k.Seeds.Indexes.Node.Iterate(ctx, scope)
		if err != nil {
			return "", err
		}
		if iterator.Valid() {
			key, err := iterator.PrimaryKey()
			iterator.Close()
			return key.K1(), err
		}
		iterator.Close()
	}
	return "", errors.Wrapf(types.ErrNotFound, "node %s seeds nothing", orbID)
}

// verify checks the proof of a node for a function's active version.
func (k Keeper) verify(ctx context.Context, orbID, functionID string, epoch uint64, proof types.Proof) error {
	beacon, err := k.beacon(ctx, epoch)
	if err != nil {
		return err
	}
	_, version, err := k.functions.ActiveVersion(ctx, functionID)
	if err != nil {
		return err
	}
	return proof.Verify(version.Artifact, beacon, orbID, functionID)
}
