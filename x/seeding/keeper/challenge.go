package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
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
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.forgetBeacons(ctx, params, epoch); err != nil {
		return err
	}
	nodes, err := k.paidNodes(ctx)
	if err != nil {
		return err
	}
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	return k.Beacons.Set(ctx, epoch, types.Beacon{
		Epoch: epoch, Value: types.NextBeacon(previous.Value, header.AppHash, header.Height), Draws: uint64(params.DrawsPerEpoch), Nodes: nodes,
	})
}

// beaconsForgotten in an epoch are at most so many: more than one, so that a smaller vouch_epochs takes effect.
const beaconsForgotten = 8

// forgetBeacons removes those that no proof may vouch from any more. A proof comes one epoch late at most.
func (k Keeper) forgetBeacons(ctx context.Context, params types.Params, epoch uint64) error {
	kept := uint64(params.VouchEpochs) + 1
	if epoch <= kept {
		return nil
	}
	old, err := types.FirstKeys(ctx, k.Beacons.Iterate, new(collections.Range[uint64]).EndExclusive(epoch-kept), beaconsForgotten)
	if err != nil {
		return err
	}
	for _, epoch := range old {
		if err := k.Beacons.Remove(ctx, epoch); err != nil {
			return err
		}
	}
	return nil
}

// vouched returns the first epoch that a proof for an epoch vouches for. It reaches back to the watermark, over epochs in which the node
// was not drawn, but never past one in which it was, nor further than VouchEpochs: what lies before is forfeited.
func (k Keeper) vouched(ctx context.Context, params types.Params, node types.Node, epoch uint64) (uint64, error) {
	from := epoch
	if node.PaidSeeds == 0 {
		return from, nil // nothing is paid by it
	}
	first := node.ProvenThrough + 1
	if reach := uint64(params.VouchEpochs); epoch+1 > reach {
		first = max(first, epoch+1-reach)
	}
	for from > first {
		beacon, err := k.Beacons.Get(ctx, from-1)
		if errors.IsOf(err, collections.ErrNotFound) {
			return from, nil
		}
		if err != nil {
			return 0, err
		}
		if beacon.Drawn(node.OrbId) {
			return from, nil
		}
		from--
	}
	return from, nil
}

// beacon returns the randomness of an epoch whose challenges may still be answered: the current or the previous one.
func (k Keeper) beacon(ctx context.Context, epoch uint64) (types.Beacon, error) {
	current, err := k.Epoch(ctx)
	if err != nil {
		return types.Beacon{}, err
	}
	if epoch != current && epoch+1 != current {
		return types.Beacon{}, errors.Wrapf(types.ErrWrongEpoch, "epoch %d is asked for, the current one is %d", epoch, current)
	}
	beacon, err := k.Beacons.Get(ctx, epoch)
	if errors.IsOf(err, collections.ErrNotFound) {
		return types.Beacon{}, errors.Wrapf(types.ErrWrongEpoch, "epoch %d has no beacon", epoch)
	}
	return beacon, err
}

// drawn returns the function that a node is challenged for: the first of its paid seeds from the draw point on, else its first; a node
// with none is asked for an open one. It reads two keys at most, however many seeds the node has.
func (k Keeper) drawn(ctx context.Context, beacon []byte, node types.Node) (string, error) {
	orbID := node.OrbId
	from := collections.NewPrefixedPairRange[string, string](orbID).StartInclusive(types.DrawPoint(beacon, orbID))
	for _, scope := range []collections.Ranger[collections.Pair[string, string]]{from, collections.NewPrefixedPairRange[string, string](orbID)} {
		if node.PaidSeeds > 0 {
			paid, err := types.FirstKeys(ctx, k.PaidByNode.Iterate, scope, 1)
			if err != nil {
				return "", err
			}
			if len(paid) > 0 {
				return paid[0].K2(), nil
			}
			continue
		}
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

// standing returns the version of a function that its seeds have to prove: the one that serves, or that served last.
func (k Keeper) standing(ctx context.Context, functionID string) (functionstypes.Version, error) {
	fn, err := k.functions.GetFunction(ctx, functionID)
	if err != nil {
		return functionstypes.Version{}, err
	}
	if fn.ActiveVersion == 0 {
		return functionstypes.Version{}, errors.Wrapf(functionstypes.ErrNotActive, "function %s is %s", fn.Id, fn.Status)
	}
	return k.functions.GetVersion(ctx, functionID, fn.ActiveVersion)
}

// verify checks the proof of a node for a version.
func (k Keeper) verify(ctx context.Context, orbID string, version functionstypes.Version, epoch uint64, proof types.Proof) error {
	beacon, err := k.beacon(ctx, epoch)
	if err != nil {
		return err
	}
	return proof.Verify(version.Artifact, beacon.Value, orbID, version.FunctionId)
}
