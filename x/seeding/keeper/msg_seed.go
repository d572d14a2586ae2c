package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Seed makes a node a seed of a function once it has shown the challenged chunk. It is a paid seed while the function has base
// replicas to fill, else an open one.
func (s msgServer) Seed(ctx context.Context, msg *types.MsgSeed) (*types.MsgSeedResponse, error) {
	if _, err := s.ownNode(ctx, msg.OrbId, msg.Operator); err != nil {
		return nil, err
	}
	if seeds, err := s.Seeds.Has(ctx, collections.Join(msg.FunctionId, msg.OrbId)); err != nil {
		return nil, err
	} else if seeds {
		return nil, errors.Wrapf(types.ErrExists, "node %s seeds %s already", msg.OrbId, msg.FunctionId)
	}
	if err := s.admit(ctx, msg.FunctionId); err != nil {
		return nil, err
	}
	if err := s.verify(ctx, msg.OrbId, msg.FunctionId, msg.Epoch, msg.Proof); err != nil {
		return nil, err
	}
	paid, err := s.hasFreeReplica(ctx, msg.FunctionId)
	if err != nil {
		return nil, err
	}
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	seed := types.Seed{FunctionId: msg.FunctionId, OrbId: msg.OrbId, Paid: paid, Since: epoch, ClaimedThrough: epoch}
	if err := s.addSeed(ctx, seed); err != nil {
		return nil, err
	}
	return &types.MsgSeedResponse{Paid: paid}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventSeeded{FunctionId: seed.FunctionId, OrbId: seed.OrbId, Paid: seed.Paid, Epoch: seed.Since})
}

func (k Keeper) admit(ctx context.Context, functionID string) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	count, err := k.count(ctx, k.Counts, functionID)
	if err != nil {
		return err
	}
	if count >= uint64(params.MaxSeedsPerFunction) {
		return errors.Wrapf(types.ErrFull, "%s has %d seeds", functionID, count)
	}
	return nil
}

func (k Keeper) hasFreeReplica(ctx context.Context, functionID string) (bool, error) {
	replicas, err := k.replicas.BaseReplicas(ctx, functionID)
	if err != nil {
		return false, err
	}
	paid, err := k.count(ctx, k.PaidCounts, functionID)
	return paid < uint64(replicas), err
}
