package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// Settle redeems receipts. A bad one is skipped and its outcome tells why; when none pays the message fails with the first one's reason.
func (s msgServer) Settle(ctx context.Context, msg *types.MsgSettle) (*types.MsgSettleResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := validateEntries(params, len(msg.Receipts)); err != nil {
		return nil, err
	}
	response := &types.MsgSettleResponse{Outcomes: make([]types.SettleOutcome, 0, len(msg.Receipts))}
	var paid uint64
	var refused error
	for _, r := range msg.Receipts {
		requests, err := s.redeem(ctx, params, r)
		code, known := skipCode(err)
		if !known {
			return nil, err
		}
		if err != nil && refused == nil {
			refused = err
		}
		paid += requests
		response.Outcomes = append(response.Outcomes, types.SettleOutcome{Requests: requests, Code: code})
	}
	if paid == 0 {
		return nil, errors.Wrapf(types.ErrNothingPaid, "first of %d: %s", len(msg.Receipts), refused)
	}
	return response, nil
}

// skipCode returns the code of an error that only concerns its own receipt; others fail the message.
func skipCode(err error) (code uint32, known bool) {
	if err == nil {
		return 0, true
	}
	for _, skipped := range []*errors.Error{types.ErrLaneClosed, types.ErrStale, types.ErrOverCap, types.ErrInvalidReceipt} {
		if errors.IsOf(err, skipped) {
			return skipped.ABCICode(), true
		}
	}
	return 0, false
}

// redeem pays what a receipt claims beyond what is settled. It reads the lane and its payees and writes one number.
func (k Keeper) redeem(ctx context.Context, params types.Params, r receipt.Receipt) (uint64, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	lane, err := k.GetLane(ctx, r.LaneId)
	if err != nil {
		return 0, err
	}
	split, err := lane.Redeem(r, sdkCtx.ChainID(), sdkCtx.BlockHeight())
	if err != nil {
		return 0, err
	}
	fn, err := k.functions.GetFunction(ctx, lane.FunctionId)
	if err != nil {
		return 0, err
	}
	node, err := k.seeding.GetNode(ctx, lane.OrbId)
	if err != nil {
		return 0, err
	}
	if err := k.paySplit(ctx, split, node.Operator, fn.Owner, lane.Opener); err != nil {
		return 0, err
	}
	if err := k.Redeemed.Set(ctx, lane.Id, r.Count); err != nil {
		return 0, err
	}
	requests := r.Count - lane.Redeemed
	return requests, sdkCtx.EventManager().EmitTypedEvent(&types.EventLaneSettled{
		LaneId: lane.Id, FunctionId: lane.FunctionId, Payer: lane.Payer, OrbId: lane.OrbId, Requests: requests, Count: r.Count,
		Spent: coin(params, split.Spent), Host: coin(params, split.Host), Owner: coin(params, split.Owner), Fee: coin(params, split.Fee),
		Burned: coin(params, split.Burned), Gateway: coin(params, split.Gateway), Validators: coin(params, split.Validators),
	})
}
