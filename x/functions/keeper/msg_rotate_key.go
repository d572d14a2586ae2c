package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RotateKey replaces the key that signs a function's versions. The function's id stays the address of its first key.
func (s msgServer) RotateKey(ctx context.Context, msg *types.MsgRotateKey) (*types.MsgRotateKeyResponse, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := types.VerifyRotation(sdkCtx.ChainID(), msg.Owner, msg.FunctionId, msg.SigningKey, msg.Signature); err != nil {
		return nil, err
	}
	fn, err := s.ownServing(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	fn.SigningKey = msg.SigningKey
	if err := s.Functions.Set(ctx, fn.Id, fn); err != nil {
		return nil, err
	}
	return &types.MsgRotateKeyResponse{}, sdkCtx.EventManager().EmitTypedEvent(&types.EventKeyRotated{FunctionId: fn.Id, SigningKey: fn.SigningKey})
}
