package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// closeVersion activates an accepted version, or rejects it; a function whose first version is rejected is dead.
func (k Keeper) closeVersion(ctx context.Context, d decision) (decision, error) {
	d.function.PendingVersion = 0
	if d.claim.Status == types.CLAIM_STATUS_ACCEPTED {
		if d.function.Status == types.FUNCTION_STATUS_ENDED { // while the version was being verified
			d.version.Status = types.VERSION_STATUS_RETIRED
			return d, k.storeBoth(ctx, d.function, d.version)
		}
		d.activated = true
		if d.function.Status == types.FUNCTION_STATUS_PENDING {
			d.function.Status = types.FUNCTION_STATUS_ACTIVE
		}
		var err error
		d.function, d.version, err = k.activate(ctx, d.function, d.version)
		return d, err
	}
	d.version.Status, d.version.Reason = types.VERSION_STATUS_REJECTED, d.claim.Verdict
	if d.function.Status == types.FUNCTION_STATUS_PENDING {
		var err error
		if d.function, err = k.reject(ctx, d.function, d.claim.Verdict); err != nil {
			return d, err
		}
	}
	return d, k.storeBoth(ctx, d.function, d.version)
}

func (k Keeper) storeBoth(ctx context.Context, fn types.Function, v types.Version) error {
	if err := k.Versions.Set(ctx, collections.Join(fn.Id, v.Number), v); err != nil {
		return err
	}
	return k.Functions.Set(ctx, fn.Id, fn)
}

// activate makes a version the one that serves; the one before it is retired.
func (k Keeper) activate(ctx context.Context, fn types.Function, v types.Version) (types.Function, types.Version, error) {
	if fn.ActiveVersion != 0 {
		before, err := k.GetVersion(ctx, fn.Id, fn.ActiveVersion)
		if err != nil {
			return fn, v, err
		}
		before.Status = types.VERSION_STATUS_RETIRED
		if err := k.Versions.Set(ctx, collections.Join(fn.Id, before.Number), before); err != nil {
			return fn, v, err
		}
	}
	v.Status, fn.ActiveVersion = types.VERSION_STATUS_ACTIVE, v.Number
	if err := k.storeBoth(ctx, fn, v); err != nil {
		return fn, v, err
	}
	return fn, v, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventVersionActivated{
		FunctionId: fn.Id, Version: v.Number, Cid: v.Artifact.Cid, Name: fn.Name,
	})
}

// reject ends a function that never served. Its name is free at once; its deposit returns at the end of the block.
func (k Keeper) reject(ctx context.Context, fn types.Function, reason types.Verdict) (types.Function, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return fn, err
	}
	fn.Status = types.FUNCTION_STATUS_REJECTED
	fn.Prunes = sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.WindDownBlocks)
	if err := k.freeName(ctx, fn); err != nil {
		return fn, err
	}
	return fn, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFunctionRejected{
		FunctionId: fn.Id, Name: fn.Name, Reason: reason, Prunes: fn.Prunes,
	})
}

// end is what happens when a notice is over.
func (k Keeper) end(ctx context.Context, params types.Params, fn types.Function) error {
	fn.Status = types.FUNCTION_STATUS_ENDED
	fn.Prunes = sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.WindDownBlocks)
	if err := k.freeName(ctx, fn); err != nil {
		return err
	}
	if err := k.Functions.Set(ctx, fn.Id, fn); err != nil {
		return err
	}
	for _, hooks := range k.endings {
		if err := hooks.AfterFunctionEnded(ctx, fn); err != nil {
			return err
		}
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFunctionEnded{
		FunctionId: fn.Id, Name: fn.Name, Prunes: fn.Prunes,
	})
}

func (k Keeper) freeName(ctx context.Context, fn types.Function) error {
	if fn.Name == "" {
		return nil
	}
	return k.Names.Remove(ctx, fn.Name)
}

// takeName reserves a name and holds the owner's deposit for it. A function without a name holds none.
func (k Keeper) takeName(ctx context.Context, params types.Params, fn types.Function) (types.Function, error) {
	if fn.Name == "" {
		return fn, nil
	}
	if taken, err := k.Names.Has(ctx, fn.Name); err != nil {
		return fn, err
	} else if taken {
		return fn, types.ErrExists.Wrapf("name %s is taken", fn.Name)
	}
	fn.Deposit = params.NameDeposit.Amount
	if err := k.deposit(ctx, fn.Owner, fn.Deposit); err != nil {
		return fn, err
	}
	return fn, k.Names.Set(ctx, fn.Name, fn.Id)
}

// returnDeposit pays a dead function's name deposit back.
func (k Keeper) returnDeposit(ctx context.Context, fn types.Function) error {
	amount := coin(fn.Deposit)
	fn.Deposit = math.ZeroInt()
	if err := k.Functions.Set(ctx, fn.Id, fn); err != nil {
		return err
	}
	if err := k.pay(ctx, fn.Owner, amount); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDepositReturned{FunctionId: fn.Id, Owner: fn.Owner, Amount: amount})
}
