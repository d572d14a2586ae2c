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

// includedEpochs is in how many epochs at least the included requests can be used up: whoever spends them for callers that do not exist
// is seen before all are gone, and the owner can stop it.
const includedEpochs = 4

// AfterFunctionDeployed charges the owner for the plan: verification, of which a grant pays what it can, and hosting go into the function's
// escrow, the included requests into the owner's public subscription.
func (k Keeper) AfterFunctionDeployed(ctx context.Context, fn functionstypes.Function, v functionstypes.Version, maxCost sdk.Coin) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := validatePrice(params, fn.Price); err != nil {
		return err
	}
	plan, err := params.Plan(fn.Plan)
	if err != nil {
		return err
	}
	quote, err := params.Tariff.Quote(plan, v.Complexity, v.Artifact.Size_, fn.Price.Amount)
	if err != nil {
		return errors.Wrap(types.ErrPrice, err.Error())
	}
	granted, err := k.charge(ctx, params, fn.Owner, quote.Verification, quote.Hosting.Add(quote.Included), maxCost)
	if err != nil {
		return err
	}
	escrow := types.Escrow{FunctionId: fn.Id, Verification: quote.Verification}
	if plan.TermEpochs > 0 {
		escrow.Starting = &types.Term{Rate: quote.Rate, BaseReplicas: plan.BaseReplicas, From: 1, Through: plan.TermEpochs, Balance: quote.Hosting}
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	if quote.Included.IsPositive() {
		if err := k.include(ctx, params, fn, quote.Included); err != nil {
			return err
		}
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDeployCharged{
		FunctionId: fn.Id, Owner: fn.Owner, Verification: coin(params, quote.Verification), Hosting: coin(params, quote.Hosting),
		Included: coin(params, quote.Included), Granted: coin(params, granted),
	})
}

// AfterPriceSet refuses a price below the least. Nothing else changes: lanes keep theirs.
func (k Keeper) AfterPriceSet(ctx context.Context, fn functionstypes.Function) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	return validatePrice(params, fn.Price)
}

func validatePrice(params types.Params, price sdk.Coin) error {
	if price.Denom != params.Denom || price.Amount.LT(math.NewIntFromUint64(params.MinPrice)) {
		return errors.Wrapf(types.ErrPrice, "%s, at least %d%s is needed", price, params.MinPrice, params.Denom)
	}
	return nil
}

// charge takes verification and the rest of a cost from an account, whose grant pays what it can of the verification and nothing else.
func (k Keeper) charge(ctx context.Context, params types.Params, account string, verification, rest math.Int, maxCost sdk.Coin) (granted math.Int, err error) {
	granted, err = k.seeding.SpendGrant(ctx, account, verification, types.ModuleName)
	if err != nil {
		return math.Int{}, err
	}
	cost := verification.Add(rest).Sub(granted)
	if err := validateMaxCost(params, maxCost, cost); err != nil {
		return math.Int{}, err
	}
	return granted, k.deposit(ctx, account, coin(params, cost))
}

// include puts the included requests into the owner's public subscription.
func (k Keeper) include(ctx context.Context, params types.Params, fn functionstypes.Function, amount math.Int) error {
	s := types.NewSubscription(fn.Owner, fn.Id, sdk.UnwrapSDKContext(ctx).BlockHeight())
	s.Balance, s.Public = amount, true
	s.Limits.MaxSpend = amount.AddRaw(includedEpochs - 1).QuoRaw(includedEpochs)
	return k.changed(ctx, params, s, coin(params, amount))
}

// AfterClaimDecided pays the attesters of the majority in equal parts, and refunds the owner of a function that will never serve, or of an
// update that would have cost more to host. What the attesters have earned is never refunded; without a majority it goes to the validators.
func (k Keeper) AfterClaimDecided(ctx context.Context, claim functionstypes.Claim, payees []string) error {
	if claim.Kind != functionstypes.CLAIM_KIND_VERSION {
		return nil
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	escrow, err := k.escrow(ctx, claim.FunctionId)
	if err != nil {
		return err
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
		return k.refundDeploy(ctx, params, fn, escrow)
	}
	refund := math.ZeroInt()
	if escrow.Update != nil && escrow.Update.Version == claim.Version && fn.ActiveVersion != claim.Version {
		refund, escrow.Update = escrow.Update.Balance, nil
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	return k.refund(ctx, params, fn.Id, fn.Owner, refund)
}

// AfterVersionActivated begins the hosting term with the first version, and with an update that costs more to host its higher rate.
// Rolling back changes no rate.
func (k Keeper) AfterVersionActivated(ctx context.Context, fn functionstypes.Function, v functionstypes.Version) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	escrow, err := k.escrow(ctx, fn.Id)
	if err != nil {
		return err
	}
	first := escrow.Starting != nil
	if !first && (escrow.Update == nil || escrow.Update.Version != v.Number) {
		return nil
	}
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	escrow.Start(epoch)
	rest := escrow.Raise(epoch)
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	for _, term := range escrow.Terms {
		if first || term.From == epoch+1 {
			if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
				&types.EventFunctionFunded{FunctionId: fn.Id, Sender: fn.Owner, Term: term}); err != nil {
				return err
			}
		}
	}
	return k.refund(ctx, params, fn.Id, fn.Owner, rest)
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
		if err := k.payAccount(ctx, forAttesting, account, amount); err != nil {
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

// refundDeploy returns to the owner of a function that never became active what was kept for its hosting and its included requests. Nobody
// can have opened a lane on it.
func (k Keeper) refundDeploy(ctx context.Context, params types.Params, fn functionstypes.Function, escrow types.Escrow) error {
	amount := escrow.Held()
	s, err := k.subscription(ctx, fn.Owner, fn.Id)
	switch {
	case err == nil:
		amount = amount.Add(s.Balance)
		s.Balance, s.Unsubscribed = math.ZeroInt(), true
		if err := k.setSubscription(ctx, s); err != nil {
			return err
		}
	case !errors.IsOf(err, types.ErrNotFound):
		return err
	}
	if err := k.Escrows.Remove(ctx, escrow.FunctionId); err != nil {
		return err
	}
	return k.refund(ctx, params, fn.Id, fn.Owner, amount)
}
