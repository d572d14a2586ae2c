package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// GetLane returns a lane with what is redeemed of it, or types.ErrLaneClosed.
func (k Keeper) GetLane(ctx context.Context, id []byte) (types.Lane, error) {
	lane, err := k.Lanes.Get(ctx, id)
	if errors.IsOf(err, collections.ErrNotFound) {
		return lane, errors.Wrapf(types.ErrLaneClosed, "lane %x", id)
	}
	if err != nil {
		return lane, err
	}
	lane.Redeemed, err = k.Redeemed.Get(ctx, id)
	if errors.IsOf(err, collections.ErrNotFound) {
		return lane, nil
	}
	return lane, err
}

// addLane stores a lane that is new to the store.
func (k Keeper) addLane(ctx context.Context, lane types.Lane) error {
	if lane.Redeemed > 0 {
		if err := k.Redeemed.Set(ctx, lane.Id, lane.Redeemed); err != nil {
			return err
		}
	}
	for _, listing := range k.listings(lane) {
		if err := listing.set.Set(ctx, listing.key); err != nil {
			return err
		}
	}
	return k.setTerms(ctx, lane)
}

// setTerms stores everything of a lane but what is redeemed, and when it closes.
func (k Keeper) setTerms(ctx context.Context, lane types.Lane) error {
	if err := k.Closings.Set(ctx, collections.Join(lane.Closes, lane.Id)); err != nil {
		return err
	}
	lane.Redeemed = 0
	return k.Lanes.Set(ctx, lane.Id, lane)
}

type listing struct {
	set collections.KeySet[collections.Pair[string, []byte]]
	key collections.Pair[string, []byte]
}

func (k Keeper) listings(lane types.Lane) []listing {
	return []listing{
		{k.LanesByFunction, collections.Join(lane.FunctionId, lane.Id)},
		{k.LanesByPayer, collections.Join(lane.Payer, lane.Id)},
		{k.LanesByHost, collections.Join(lane.OrbId, lane.Id)},
	}
}

// closeLane returns a lane's rest to its subscription, or to the payer who has unsubscribed, and forgets it. The height after which it closes is later than any at which a
// receipt for it is taken, so nothing is left that its redeemed count would have to guard against.
func (k Keeper) closeLane(ctx context.Context, params types.Params, lane types.Lane) error {
	s, err := k.subscription(ctx, lane.Payer, lane.FunctionId)
	if err != nil {
		return err
	}
	s.Locked = s.Locked.Sub(lane.Full())
	if s.Unsubscribed {
		if err := k.payAccount(ctx, forNothing, s.Payer, lane.Rest()); err != nil {
			return err
		}
	} else {
		s.Balance = s.Balance.Add(lane.Rest())
	}
	if err := k.setSubscription(ctx, s); err != nil {
		return err
	}
	if err := k.Lanes.Remove(ctx, lane.Id); err != nil {
		return err
	}
	if err := k.Redeemed.Remove(ctx, lane.Id); err != nil {
		return err
	}
	if err := k.Closings.Remove(ctx, collections.Join(lane.Closes, lane.Id)); err != nil {
		return err
	}
	for _, listing := range k.listings(lane) {
		if err := listing.set.Remove(ctx, listing.key); err != nil {
			return err
		}
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventLaneClosed{
		LaneId: lane.Id, Returned: coin(params, lane.Rest()), Payer: lane.Payer, FunctionId: lane.FunctionId, OrbId: lane.OrbId,
	})
}
