package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

var _ functionstypes.EndingHooks = Keeper{}

// AfterVersionProposed charges the owner for the verification of an update.
func (k Keeper) AfterVersionProposed(ctx context.Context, fn functionstypes.Function, v functionstypes.Version, maxCost sdk.Coin) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	escrow, err := k.Escrows.Get(ctx, fn.Id)
	if err != nil {
		return notFound(err, "escrow of %s", fn.Id)
	}
	plan, err := params.Plan(fn.Plan)
	if err != nil {
		return err
	}
	quote, err := params.Tariff.Quote(plan, v.Complexity, v.Artifact.Size_, fn.Price.Amount)
	if err != nil {
		return errors.Wrap(types.ErrPrice, err.Error())
	}
	if maxCost.Denom != params.Denom || maxCost.Amount.LT(quote.Verification) {
		return errors.Wrapf(types.ErrMaxCost, "%s%s, at most %s is accepted", quote.Verification, params.Denom, maxCost)
	}
	if err := k.deposit(ctx, fn.Owner, coin(params, quote.Verification)); err != nil {
		return err
	}
	escrow.Verification = quote.Verification
	if err := k.Escrows.Set(ctx, fn.Id, escrow); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDeployCharged{
		FunctionId: fn.Id, Owner: fn.Owner,
		Verification: coin(params, quote.Verification), Hosting: coin(params, math.ZeroInt()), Included: coin(params, math.ZeroInt()),
	})
}

// AfterVersionActivated has nothing to pay: hosting is paid by the term, whichever version serves.
func (k Keeper) AfterVersionActivated(context.Context, functionstypes.Function, functionstypes.Version) error {
	return nil
}

// AfterFunctionEnded ends the hosting term with the epoch.
func (k Keeper) AfterFunctionEnded(ctx context.Context, fn functionstypes.Function) error {
	escrow, err := k.Escrows.Get(ctx, fn.Id)
	if errors.IsOf(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	escrow.Through = min(escrow.Through, epoch)
	return k.Escrows.Set(ctx, fn.Id, escrow)
}

// PruneFunction pays back what subscriptions and the escrow of a function that is gone still hold. Lanes that are open hold it up.
func (k Keeper) PruneFunction(ctx context.Context, fn functionstypes.Function, limit uint32) (bool, error) {
	lanes, err := k.LanesByFunction.Iterate(ctx, collections.NewPrefixedPairRange[string, []byte](fn.Id))
	if err != nil {
		return false, err
	}
	open := lanes.Valid()
	if err := lanes.Close(); err != nil || open {
		return false, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return false, err
	}
	done, err := k.pruneSubscriptions(ctx, params, fn, limit)
	if err != nil || !done {
		return false, err
	}
	escrow, err := k.Escrows.Get(ctx, fn.Id)
	if errors.IsOf(err, collections.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if err := k.Escrows.Remove(ctx, fn.Id); err != nil {
		return false, err
	}
	return true, k.giveBack(ctx, params, fn.Id, fn.Owner, escrow.Hosting.Add(escrow.Verification))
}

func (k Keeper) pruneSubscriptions(ctx context.Context, params types.Params, fn functionstypes.Function, limit uint32) (bool, error) {
	payers, err := k.Subscriptions.Indexes.Function.MatchExact(ctx, fn.Id)
	if err != nil {
		return false, err
	}
	var keys []collections.Pair[string, string]
	for ; payers.Valid() && len(keys) < int(limit); payers.Next() {
		key, err := payers.PrimaryKey()
		if err != nil {
			return false, err
		}
		keys = append(keys, key)
	}
	done := !payers.Valid()
	if err := payers.Close(); err != nil {
		return false, err
	}
	for _, key := range keys {
		s, err := k.Subscriptions.Get(ctx, key)
		if err != nil {
			return false, err
		}
		if err := k.Subscriptions.Remove(ctx, key); err != nil {
			return false, err
		}
		if err := k.giveBack(ctx, params, fn.Id, s.Payer, s.Balance); err != nil {
			return false, err
		}
	}
	return done, nil
}

func (k Keeper) giveBack(ctx context.Context, params types.Params, functionID, account string, amount math.Int) error {
	if amount.IsZero() {
		return nil
	}
	if err := k.payAccount(ctx, account, amount); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRefunded{
		FunctionId: functionID, Account: account, Amount: coin(params, amount),
	})
}
