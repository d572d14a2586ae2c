package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

var _ functionstypes.EndingHooks = Keeper{}

// AfterVersionProposed charges the owner for the verification of an update, of which a grant pays what it can, and for what it costs more to
// host until the end of what is paid for.
func (k Keeper) AfterVersionProposed(ctx context.Context, fn functionstypes.Function, v functionstypes.Version, maxCost sdk.Coin) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	escrow, err := k.escrow(ctx, fn.Id)
	if err != nil {
		return err
	}
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	verification, rate := params.Tariff.Verification(v.Complexity, v.Artifact.Size_), params.Tariff.Rate(v.Complexity, v.Artifact.Size_)
	rise := escrow.Rise(rate, epoch)
	if _, err := k.charge(ctx, params, fn.Owner, verification, rise, maxCost); err != nil {
		return err
	}
	escrow.Verification = escrow.Verification.Add(verification)
	if rise.IsPositive() {
		escrow.Update = &types.RateChange{Version: v.Number, Rate: rate, Balance: rise}
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventUpdateCharged{
		FunctionId: fn.Id, Owner: fn.Owner, Version: v.Number, Verification: coin(params, verification), Hosting: coin(params, rise),
	})
}

// AfterFunctionEnded ends the hosting term with the epoch, and returns what was paid for later ones. What was earned can be proven and
// claimed until the term is dropped.
func (k Keeper) AfterFunctionEnded(ctx context.Context, fn functionstypes.Function) error {
	escrow, err := k.escrow(ctx, fn.Id)
	if errors.IsOf(err, types.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	rest := escrow.Cut(epoch)
	if escrow.Update != nil {
		rest, escrow.Update = rest.Add(escrow.Update.Balance), nil
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	return k.refund(ctx, params, fn.Id, fn.Owner, rest)
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
	if err := k.FunctionStats.Remove(ctx, fn.Id); err != nil {
		return false, err
	}
	escrow, err := k.escrow(ctx, fn.Id)
	if errors.IsOf(err, types.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	rest := escrow.Held()
	escrow.Terms = nil // takes it out of the queue
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return false, err
	}
	if err := k.Escrows.Remove(ctx, fn.Id); err != nil {
		return false, err
	}
	return true, k.refund(ctx, params, fn.Id, fn.Owner, rest)
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
		if err := k.Leaving.Remove(ctx, key); err != nil {
			return false, err
		}
		if err := k.refund(ctx, params, fn.Id, s.Payer, s.Balance); err != nil {
			return false, err
		}
	}
	return done, nil
}
