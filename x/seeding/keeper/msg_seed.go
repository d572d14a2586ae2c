package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Seed makes a node a seed of a function once it has shown the challenged chunk. It is a paid seed while the function has base replicas
// to fill and the node has its bond, else an open one. An open seed becomes a paid one in the same way. With displace it takes the place
// of a seed that does not do its work.
func (s msgServer) Seed(ctx context.Context, msg *types.MsgSeed) (*types.MsgSeedResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	node, err := s.ownNode(ctx, msg.OrbId, msg.Operator)
	if err != nil {
		return nil, err
	}
	seed, err := s.GetSeed(ctx, msg.FunctionId, msg.OrbId)
	isNew := errors.IsOf(err, types.ErrNotFound)
	if err != nil && !isNew {
		return nil, err
	}
	if seed.Paid {
		return nil, errors.Wrapf(types.ErrExists, "node %s is a paid seed of %s", msg.OrbId, msg.FunctionId)
	}
	_, version, err := s.functions.ActiveVersion(ctx, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	if err := s.verify(ctx, msg.OrbId, version, msg.Epoch, msg.Proof); err != nil {
		return nil, err
	}
	node.Seen = params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight())
	if msg.Displace != "" {
		challenger := &seed
		if isNew {
			challenger = nil
		}
		if err := s.displace(ctx, params, msg.Displace, msg.FunctionId, node, challenger); err != nil {
			return nil, err
		}
	}
	if isNew {
		if err := s.admit(ctx, params, msg.FunctionId); err != nil {
			return nil, err
		}
		seed = types.Seed{FunctionId: msg.FunctionId, OrbId: msg.OrbId, Since: node.Seen, ClaimedThrough: node.Seen, RecentSince: node.Seen, RecentBurned: math.ZeroInt()}
		if err := s.addSeed(ctx, seed); err != nil {
			return nil, err
		}
	}
	paid, err := s.vacancy(ctx, msg.FunctionId, node.Seen)
	if err != nil {
		return nil, err
	}
	paid = paid && node.Bond.GTE(math.NewIntFromUint64(params.MinBond))
	switch {
	case paid:
		if err := s.promote(ctx, &node, seed, node.Seen); err != nil {
			return nil, err
		}
	case !isNew:
		return nil, errors.Wrapf(types.ErrExists, "node %s seeds %s already", msg.OrbId, msg.FunctionId)
	}
	if err := s.setWatermark(ctx, node); err != nil {
		return nil, err
	}
	if err := s.setNode(ctx, node); err != nil {
		return nil, err
	}
	return &types.MsgSeedResponse{Paid: paid}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventSeeded{FunctionId: seed.FunctionId, OrbId: seed.OrbId, Paid: paid, Epoch: node.Seen})
}

func (k Keeper) admit(ctx context.Context, params types.Params, functionID string) error {
	count, err := k.count(ctx, k.Counts, functionID)
	if err != nil {
		return err
	}
	if count >= uint64(params.MaxSeedsPerFunction) {
		return errors.Wrapf(types.ErrFull, "%s has %d seeds", functionID, count)
	}
	return nil
}

// displace takes the place of a seed for a challenger: a paid seed becomes open, an open one ends where there is no room for another.
func (k Keeper) displace(ctx context.Context, params types.Params, orbID, functionID string, challenger types.Node, seed *types.Seed) error {
	if orbID == challenger.OrbId {
		return errors.Wrap(types.ErrNotDisplaceable, "a node does not displace itself")
	}
	held, err := k.GetSeed(ctx, functionID, orbID)
	if err != nil {
		return err
	}
	holder, err := k.GetNode(ctx, orbID)
	if err != nil {
		return err
	}
	epoch := challenger.Seen
	if err := k.displaceable(ctx, params, held, holder, challenger, seed, epoch); err != nil {
		return err
	}
	event := &types.EventDisplaced{FunctionId: functionID, OrbId: orbID, By: challenger.OrbId}
	if held.Paid {
		event.PaidThrough = epoch
		err = k.demote(ctx, &holder, held, epoch)
	} else {
		if full := k.admit(ctx, params, functionID); seed != nil || full == nil {
			return errors.Wrapf(types.ErrNotDisplaceable, "%s has room for open seeds", functionID)
		}
		err = k.endSeed(ctx, &holder, held)
	}
	if err != nil {
		return err
	}
	if err := k.setNode(ctx, holder); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}
