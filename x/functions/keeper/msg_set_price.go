package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// SetPrice changes what requests cost on lanes that are opened from now on. Open lanes keep what was pinned. A price holds for PriceBlocks:
// who was just quoted one can open lanes at it.
func (s msgServer) SetPrice(ctx context.Context, msg *types.MsgSetPrice) (*types.MsgSetPriceResponse, error) {
	fn, err := s.ownServing(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if until := fn.Priced + int64(params.PriceBlocks); fn.Priced > 0 && sdkCtx.BlockHeight() < until {
		return nil, errors.Wrapf(types.ErrPriceHolds, "%s costs %s until height %d", fn.Id, fn.Price, until)
	}
	event := &types.EventPriceSet{FunctionId: fn.Id, From: fn.Price, To: msg.Price}
	fn.Price, fn.Priced = msg.Price, sdkCtx.BlockHeight()
	if err := fn.Validate(); err != nil {
		return nil, err
	}
	if err := params.AdmitPrice(fn.Price); err != nil {
		return nil, err
	}
	if event.From.Equal(event.To) {
		return nil, errors.Wrapf(types.ErrInvalidFunction, "%s costs %s already", fn.Id, fn.Price)
	}
	if err := s.Functions.Set(ctx, fn.Id, fn); err != nil {
		return nil, err
	}
	if err := s.hooks.AfterPriceSet(ctx, fn); err != nil {
		return nil, err
	}
	return &types.MsgSetPriceResponse{}, sdkCtx.EventManager().EmitTypedEvent(event)
}
