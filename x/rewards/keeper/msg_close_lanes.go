package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// CloseLanes closes a lane at once when its host asks, who settles what it holds before that. When payer or opener ask, the lane expires
// now: hosts serve on it no further and have their two windows to settle what they have served.
func (s msgServer) CloseLanes(ctx context.Context, msg *types.MsgCloseLanes) (*types.MsgCloseLanesResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := validateEntries(params, len(msg.LaneIds)); err != nil {
		return nil, err
	}
	for i, id := range msg.LaneIds {
		lane, err := s.GetLane(ctx, id)
		if err == nil {
			err = s.closeFor(ctx, params, lane, msg.Sender)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "entry %d", i)
		}
	}
	return &types.MsgCloseLanesResponse{}, nil
}

func (k Keeper) closeFor(ctx context.Context, params types.Params, lane types.Lane, sender string) error {
	switch sender {
	case lane.Operator:
		return k.closeLane(ctx, params, lane)
	case lane.Payer, lane.Opener:
		return k.expireLane(ctx, lane)
	}
	return errors.Wrapf(types.ErrUnauthorized, "%s is neither host nor payer of lane %s", sender, lane.HexID())
}

// expireLane moves a lane's expiry to now.
func (k Keeper) expireLane(ctx context.Context, lane types.Lane) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if lane.Expiry <= sdkCtx.BlockHeight() {
		return errors.Wrapf(types.ErrLaneClosed, "lane %s expired at height %d", lane.HexID(), lane.Expiry)
	}
	if err := k.Closings.Remove(ctx, collections.Join(lane.Closes, lane.Id)); err != nil {
		return err
	}
	lane.ExpireAt(sdkCtx.BlockHeight())
	if err := k.setTerms(ctx, lane); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventLaneExpires{
		LaneId: lane.Id, OrbId: lane.OrbId, Expiry: lane.Expiry, Closes: lane.Closes,
	})
}
