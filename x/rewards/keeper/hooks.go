package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

var _ functionstypes.FunctionsHooks = Keeper{}

// AfterFunctionDeployed charges the owner for the plan: verification and hosting go into the function's escrow, the included requests
// into the owner's public subscription.
func (k Keeper) AfterFunctionDeployed(ctx context.Context, fn functionstypes.Function, v functionstypes.Version, maxCost sdk.Coin) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if fn.Price.Denom != params.Denom || fn.Price.Amount.LT(math.NewIntFromUint64(params.MinPrice)) {
		return errors.Wrapf(types.ErrPrice, "%s, at least %d%s is needed", fn.Price, params.MinPrice, params.Denom)
	}
	plan, err := params.Plan(fn.Plan)
	if err != nil {
		return err
	}
	quote, err := params.Tariff.Quote(plan, v.Complexity, v.Artifact.Size_, fn.Price.Amount)
	if err != nil {
		return errors.Wrap(types.ErrPrice, err.Error())
	}
	if maxCost.Denom != params.Denom || maxCost.Amount.LT(quote.Total) {
		return errors.Wrapf(types.ErrMaxCost, "%s%s, at most %s is accepted", quote.Total, params.Denom, maxCost)
	}
	if err := k.deposit(ctx, fn.Owner, coin(params, quote.Total)); err != nil {
		return err
	}
	escrow := types.Escrow{
		FunctionId: fn.Id, Verification: quote.Verification, Hosting: quote.Hosting, Rate: quote.Rate,
		BaseReplicas: plan.BaseReplicas, TermEpochs: plan.TermEpochs,
	}
	if err := k.Escrows.Set(ctx, fn.Id, escrow); err != nil {
		return err
	}
	if quote.Included.IsPositive() {
		s := types.NewSubscription(fn.Owner, fn.Id)
		s.Balance, s.Public = quote.Included, true
		if err := k.setSubscription(ctx, s); err != nil {
			return err
		}
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDeployCharged{
		FunctionId: fn.Id, Owner: fn.Owner,
		Verification: coin(params, quote.Verification), Hosting: coin(params, quote.Hosting), Included: coin(params, quote.Included),
	})
}

// AfterClaimDecided pays the attesters of the majority in equal parts, and either starts the hosting term or refunds the owner. What the
// attesters have earned is never refunded; without a majority it goes to the validators.
func (k Keeper) AfterClaimDecided(ctx context.Context, claim functionstypes.Claim, payees []string) error {
	if claim.Kind != functionstypes.CLAIM_KIND_VERSION {
		return nil
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	escrow, err := k.Escrows.Get(ctx, claim.FunctionId)
	if err != nil {
		return notFound(err, "escrow of %s", claim.FunctionId)
	}
	if err := k.payAttesters(ctx, params, claim.FunctionId, payees, escrow.Verification); err != nil {
		return err
	}
	escrow.Verification = math.ZeroInt()
	fn, err := k.functions.GetFunction(ctx, claim.FunctionId)
	if err != nil {
		return err
	}
	if fn.Status == functionstypes.FUNCTION_STATUS_REJECTED {
		return k.refund(ctx, params, fn, escrow)
	}
	if escrow.From == 0 && escrow.TermEpochs > 0 {
		epoch, err := k.seeding.Epoch(ctx)
		if err != nil {
			return err
		}
		escrow.From, escrow.Through = epoch+1, epoch+escrow.TermEpochs
	}
	return k.Escrows.Set(ctx, escrow.FunctionId, escrow)
}

func (k Keeper) payAttesters(ctx context.Context, params types.Params, functionID string, payees []string, fee math.Int) error {
	if len(payees) == 0 {
		k.pay(ctx, toValidators, nil, fee)
		return nil
	}
	each := fee.QuoRaw(int64(len(payees)))
	first := fee.Sub(each.MulRaw(int64(len(payees) - 1)))
	for i, account := range payees {
		amount := each
		if i == 0 {
			amount = first
		}
		if err := k.payAccount(ctx, account, amount); err != nil {
			return err
		}
		if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventVerificationPaid{
			FunctionId: functionID, Account: account, Amount: coin(params, amount),
		}); err != nil {
			return err
		}
	}
	return nil
}

// refund returns to the owner of a function that never became active what was kept for its hosting and its included requests. Nobody
// can have opened a lane on it.
func (k Keeper) refund(ctx context.Context, params types.Params, fn functionstypes.Function, escrow types.Escrow) error {
	amount := escrow.Hosting
	s, err := k.subscription(ctx, fn.Owner, fn.Id)
	switch {
	case err == nil:
		amount = amount.Add(s.Balance)
		s.Balance = math.ZeroInt()
		if err := k.setSubscription(ctx, s); err != nil {
			return err
		}
	case !errors.IsOf(err, types.ErrNotFound):
		return err
	}
	if err := k.Escrows.Remove(ctx, escrow.FunctionId); err != nil {
		return err
	}
	if err := k.payAccount(ctx, fn.Owner, amount); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRefunded{
		FunctionId: fn.Id, Account: fn.Owner, Amount: coin(params, amount),
	})
}
