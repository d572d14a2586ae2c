package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// OpenLanes opens or raises lanes, all or none.
func (s msgServer) OpenLanes(ctx context.Context, msg *types.MsgOpenLanes) (*types.MsgOpenLanesResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := validateEntries(params, len(msg.Entries)); err != nil {
		return nil, err
	}
	response := &types.MsgOpenLanesResponse{LaneIds: make([][]byte, 0, len(msg.Entries))}
	for i, entry := range msg.Entries {
		change := s.open
		if len(entry.LaneId) > 0 {
			change = s.raise
		}
		lane, err := change(ctx, params, msg.Opener, entry)
		if err != nil {
			return nil, errors.Wrapf(err, "entry %d", i)
		}
		if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventLaneOpened{Lane: lane}); err != nil {
			return nil, err
		}
		response.LaneIds = append(response.LaneIds, lane.Id)
	}
	return response, nil
}

// open makes a new lane. Price, split and fee are those of this moment.
func (s msgServer) open(ctx context.Context, params types.Params, opener string, entry types.LaneEntry) (types.Lane, error) {
	fn, err := s.serving(ctx, entry.FunctionId)
	if err != nil {
		return types.Lane{}, err
	}
	if entry.Price.Denom != fn.Price.Denom || !entry.Price.Amount.Equal(fn.Price.Amount) {
		return types.Lane{}, errors.Wrapf(types.ErrPrice, "%s is expected, the function costs %s", entry.Price, fn.Price)
	}
	if _, err := s.seeding.GetSeed(ctx, fn.Id, entry.OrbId); errors.IsOf(err, seedingtypes.ErrNotFound) {
		return types.Lane{}, errors.Wrapf(types.ErrNotHost, "%s of %s", entry.OrbId, fn.Id)
	} else if err != nil {
		return types.Lane{}, err
	}
	node, err := s.seeding.GetNode(ctx, entry.OrbId)
	if err != nil {
		return types.Lane{}, err
	}
	subscription, err := s.spendable(ctx, opener, entry.Payer, fn.Id)
	if err != nil {
		return types.Lane{}, err
	}
	lane := types.Lane{
		Id:    types.LaneID(entry.Payer, fn.Id, entry.OrbId, entry.SessionKey, subscription.Lanes),
		Payer: entry.Payer, FunctionId: fn.Id, OrbId: entry.OrbId, Opener: opener, SessionKey: entry.SessionKey,
		Price: fn.Price.Amount, OwnerShareBps: fn.OwnerShareBps, FeeSplit: params.FeeSplit, Cap: entry.Cap,
		Operator: node.Operator,
	}
	lane.Extend(sdk.UnwrapSDKContext(ctx).BlockHeight(), params.LaneBlocks)
	lane.ExpireBy(fn)
	if err := lane.Validate(); err != nil {
		return types.Lane{}, err
	}
	if lane.Cap == 0 || lane.Cap > params.MaxLaneCap {
		return types.Lane{}, errors.Wrapf(types.ErrInvalidLane, "cap %d is not in 1..%d", lane.Cap, params.MaxLaneCap)
	}
	subscription.Lanes++
	if err := s.lock(ctx, subscription, opener, lane.Price, lane.Cap); err != nil {
		return types.Lane{}, err
	}
	return lane, s.addLane(ctx, lane)
}

// serving returns a function that serves requests.
func (k Keeper) serving(ctx context.Context, functionID string) (functionstypes.Function, error) {
	fn, _, err := k.functions.ActiveVersion(ctx, functionID)
	return fn, err
}

// raise gives a lane that still serves a higher cap and a new life. What was pinned stays pinned, so a lane is not raised once its terms
// are not today's: or an old price would live for ever.
func (s msgServer) raise(ctx context.Context, params types.Params, opener string, entry types.LaneEntry) (types.Lane, error) {
	lane, err := s.GetLane(ctx, entry.LaneId)
	if err != nil {
		return types.Lane{}, err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if height > lane.Expiry {
		return types.Lane{}, errors.Wrapf(types.ErrLaneClosed, "lane %s expired at height %d", lane.HexID(), lane.Expiry)
	}
	if entry.Cap <= lane.Cap || entry.Cap-lane.Redeemed > params.MaxLaneCap {
		return types.Lane{}, errors.Wrapf(types.ErrInvalidLane, "cap %d is not above %d, or more than %d above what is redeemed", entry.Cap, lane.Cap, params.MaxLaneCap)
	}
	fn, err := s.serving(ctx, lane.FunctionId)
	if err != nil {
		return types.Lane{}, err
	}
	if !lane.Price.Equal(fn.Price.Amount) || lane.OwnerShareBps != fn.OwnerShareBps || lane.FeeSplit != params.FeeSplit {
		return types.Lane{}, errors.Wrapf(types.ErrPrice, "terms of lane %s are not today's: open another", lane.HexID())
	}
	subscription, err := s.spendable(ctx, opener, lane.Payer, lane.FunctionId)
	if err != nil {
		return types.Lane{}, err
	}
	if err := s.lock(ctx, subscription, opener, lane.Price, entry.Cap-lane.Cap); err != nil {
		return types.Lane{}, err
	}
	if err := s.Closings.Remove(ctx, collections.Join(lane.Closes, lane.Id)); err != nil {
		return types.Lane{}, err
	}
	lane.Cap = entry.Cap
	lane.Extend(height, params.LaneBlocks)
	lane.ExpireBy(fn)
	return lane, s.setTerms(ctx, lane)
}

// spendable returns a subscription that the opener may open lanes on: its own, one that made it the delegate, or a public one when the
// opener is a super node's attester.
func (k Keeper) spendable(ctx context.Context, opener, payer, functionID string) (types.Subscription, error) {
	s, err := k.subscription(ctx, payer, functionID)
	if err != nil || opener == payer || opener == s.Delegate {
		return s, err
	}
	if s.Public {
		attests, err := k.functions.IsAttester(ctx, opener)
		if err != nil || attests {
			return s, err
		}
	}
	return s, errors.Wrapf(types.ErrUnauthorized, "%s for the subscription of %s to %s", opener, payer, functionID)
}

// lock moves the price of some requests from the subscription into a lane.
func (k Keeper) lock(ctx context.Context, s types.Subscription, opener string, price math.Int, requests uint64) error {
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	if err := s.Lock(opener, price, price.Mul(math.NewIntFromUint64(requests)), epoch); err != nil {
		return err
	}
	return k.setSubscription(ctx, s)
}
