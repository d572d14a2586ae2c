package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// DeployFunction stores a function with its first version, opens the claim that verifies it and has the owner charged.
func (s msgServer) DeployFunction(ctx context.Context, msg *types.MsgDeployFunction) (*types.MsgDeployFunctionResponse, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	fn, version := msg.Function(), msg.Version()
	if err := types.VerifyVersion(sdkCtx.ChainID(), fn.Name, &version); err != nil {
		return nil, err
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := params.Admit(fn, version); err != nil {
		return nil, err
	}
	fn, claim, err := s.deploy(ctx, params, fn, version)
	if err != nil {
		return nil, err
	}
	if err := sdkCtx.EventManager().EmitTypedEvent(&types.EventFunctionDeployed{
		FunctionId:    fn.Id,
		Owner:         fn.Owner,
		Name:          fn.Name,
		Version:       version.Number,
		Cid:           version.Artifact.Cid,
		Complexity:    version.Complexity,
		Price:         fn.Price,
		ClaimId:       claim.Id,
		OwnerShareBps: fn.OwnerShareBps,
		Plan:          fn.Plan,
		Deposit:       coin(fn.Deposit),
		Stored:        version,
	}); err != nil {
		return nil, err
	}
	if err := s.hooks.AfterFunctionDeployed(ctx, fn, version, msg.MaxCost); err != nil {
		return nil, err
	}
	return &types.MsgDeployFunctionResponse{Id: fn.Id, Version: version.Number, ClaimId: claim.Id}, nil
}

func (k Keeper) deploy(ctx context.Context, params types.Params, fn types.Function, version types.Version) (types.Function, types.Claim, error) {
	if err := k.isUnused(ctx, fn.Id); err != nil {
		return fn, types.Claim{}, err
	}
	fn, err := k.takeName(ctx, params, fn)
	if err != nil {
		return fn, types.Claim{}, err
	}
	if err := k.storeBoth(ctx, fn, version); err != nil {
		return fn, types.Claim{}, err
	}
	claim, err := k.openVersionClaim(ctx, params, fn.Id, version.Number)
	return fn, claim, err
}

// isUnused refuses the id of a function that is or has been there.
func (k Keeper) isUnused(ctx context.Context, id string) error {
	exists, err := k.Functions.Has(ctx, id)
	if err != nil {
		return err
	}
	pruned, err := k.Pruned.Has(ctx, id)
	if err != nil {
		return err
	}
	if exists || pruned {
		return errors.Wrapf(types.ErrExists, "function %s; every function has a signing key of its own", id)
	}
	return nil
}

func (k Keeper) openVersionClaim(ctx context.Context, params types.Params, id string, version uint64) (types.Claim, error) {
	return k.openClaim(ctx, params, types.Claim{
		Id: types.ClaimID(types.CLAIM_KIND_VERSION, id, version), Kind: types.CLAIM_KIND_VERSION, FunctionId: id, Version: version,
	})
}
