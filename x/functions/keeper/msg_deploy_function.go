package keeper

import (
	"context"

	"cosmossdk.io/collections"
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
	if err := types.VerifyVersion(sdkCtx.ChainID(), fn.Owner, fn.Name, fn.SigningKey, &version); err != nil {
		return nil, err
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := params.Admit(fn, version); err != nil {
		return nil, err
	}
	claim, err := s.deploy(ctx, params, fn, version)
	if err != nil {
		return nil, err
	}
	if err := sdkCtx.EventManager().EmitTypedEvent(&types.EventFunctionDeployed{
		FunctionId: fn.Id,
		Owner:      fn.Owner,
		Name:       fn.Name,
		Version:    version.Number,
		Cid:        version.Artifact.Cid,
		Complexity: version.Complexity,
		Price:      fn.Price,
		ClaimId:    claim.Id,
	}); err != nil {
		return nil, err
	}
	if err := s.hooks.AfterFunctionDeployed(ctx, fn, version, msg.MaxCost); err != nil {
		return nil, err
	}
	return &types.MsgDeployFunctionResponse{Id: fn.Id, Version: version.Number, ClaimId: claim.Id}, nil
}

func (k Keeper) deploy(ctx context.Context, params types.Params, fn types.Function, version types.Version) (types.Claim, error) {
	if exists, err := k.Functions.Has(ctx, fn.Id); err != nil {
		return types.Claim{}, err
	} else if exists {
		return types.Claim{}, errors.Wrapf(types.ErrExists, "function %s; every function has a signing key of its own", fn.Id)
	}
	if taken, err := k.Names.Has(ctx, fn.Name); err != nil {
		return types.Claim{}, err
	} else if taken {
		return types.Claim{}, errors.Wrapf(types.ErrExists, "name %s is taken", fn.Name)
	}
	if err := k.Functions.Set(ctx, fn.Id, fn); err != nil {
		return types.Claim{}, err
	}
	if err := k.Names.Set(ctx, fn.Name, fn.Id); err != nil {
		return types.Claim{}, err
	}
	if err := k.Versions.Set(ctx, collections.Join(fn.Id, version.Number), version); err != nil {
		return types.Claim{}, err
	}
	return k.openClaim(ctx, params, types.CLAIM_KIND_VERSION, fn.Id, version.Number)
}
