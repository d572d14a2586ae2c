package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// UpdateFunction stores a new version, opens the claim that verifies it and has the owner charged. The active version serves meanwhile.
func (s msgServer) UpdateFunction(ctx context.Context, msg *types.MsgUpdateFunction) (*types.MsgUpdateFunctionResponse, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	fn, err := s.ownFunction(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	claim, version, err := s.propose(ctx, fn, msg.Proposed(fn.SigningKey))
	if err != nil {
		return nil, err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventVersionProposed{
		FunctionId: fn.Id, Owner: fn.Owner, Version: version.Number, Cid: version.Artifact.Cid, Complexity: version.Complexity, ClaimId: claim.Id,
		Stored: version,
	}); err != nil {
		return nil, err
	}
	if fn, err = s.GetFunction(ctx, fn.Id); err != nil {
		return nil, err
	}
	return &types.MsgUpdateFunctionResponse{ClaimId: claim.Id}, s.hooks.AfterVersionProposed(ctx, fn, version, msg.MaxCost)
}

func (k Keeper) propose(ctx context.Context, fn types.Function, version types.Version) (types.Claim, types.Version, error) {
	switch {
	case fn.Status != types.FUNCTION_STATUS_ACTIVE:
		return types.Claim{}, version, errors.Wrapf(types.ErrNotActive, "function %s is %s", fn.Id, fn.Status)
	case fn.PendingVersion != 0:
		return types.Claim{}, version, errors.Wrapf(types.ErrPendingVersion, "version %d of %s", fn.PendingVersion, fn.Id)
	case version.Number != fn.LatestVersion+1:
		return types.Claim{}, version, errors.Wrapf(types.ErrInvalidVersion, "number %d, the next is %d", version.Number, fn.LatestVersion+1)
	}
	if err := types.VerifyVersion(sdk.UnwrapSDKContext(ctx).ChainID(), fn.Name, &version); err != nil {
		return types.Claim{}, version, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Claim{}, version, err
	}
	if err := params.AdmitVersion(version); err != nil {
		return types.Claim{}, version, err
	}
	fn.LatestVersion, fn.PendingVersion = version.Number, version.Number
	if err := k.storeBoth(ctx, fn, version); err != nil {
		return types.Claim{}, version, err
	}
	claim, err := k.openVersionClaim(ctx, params, fn.Id, version.Number)
	return claim, version, err
}
