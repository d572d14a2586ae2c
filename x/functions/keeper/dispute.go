package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// settleDispute pays out the stakes of a decided dispute: the loser pays the attesters of the majority, the reporter of a lie gets its
// deposit back and a reward, and what is left is burned.
func (k Keeper) settleDispute(ctx context.Context, claim types.Claim) error {
	if err := k.Deadlines.Remove(ctx, collections.Join(claim.Deadline(), claim.Id)); err != nil {
		return err
	}
	dispute := *claim.Dispute
	slashed, err := k.answerWithBond(ctx, claim)
	if err != nil {
		return err
	}
	payees, err := k.majority(ctx, claim)
	if err != nil {
		return err
	}
	stakes := dispute.Split(claim.Status, len(payees) > 0, slashed)
	if err := k.payAttesters(ctx, claim.Id, payees, stakes.Fee); err != nil {
		return err
	}
	if err := k.pay(ctx, dispute.Reporter, coin(stakes.Returned.Add(stakes.Reward))); err != nil {
		return err
	}
	if err := k.burn(ctx, coin(stakes.Burned)); err != nil {
		return err
	}
	dispute.Settled = true
	claim.Dispute = &dispute
	if err := k.storeClaim(ctx, claim); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDisputeSettled{
		ClaimId: claim.Id, FunctionId: claim.FunctionId, OrbId: dispute.OrbId, Reporter: dispute.Reporter, Status: claim.Status,
		Slashed: coin(slashed), Returned: coin(stakes.Returned), Reward: coin(stakes.Reward), Fee: coin(stakes.Fee), Burned: coin(stakes.Burned),
	})
}

// answerWithBond lets the host's bond go, less what it loses for a wrong result.
func (k Keeper) answerWithBond(ctx context.Context, claim types.Claim) (math.Int, error) {
	slashed := math.ZeroInt()
	if claim.Status == types.CLAIM_STATUS_REJECTED {
		var err error
		if slashed, err = k.bonds.SlashBond(ctx, claim.Dispute.OrbId, claim.Dispute.SlashBps); err != nil {
			return slashed, err
		}
	}
	return slashed, k.bonds.ReleaseBond(ctx, claim.Dispute.OrbId)
}

// majority lists the accounts to pay for a decided claim.
func (k Keeper) majority(ctx context.Context, claim types.Claim) ([]string, error) {
	attestations, err := k.attestations(ctx, claim.Id)
	if err != nil {
		return nil, err
	}
	outcome := types.Tally(claim.Kind, claim.Electors, attestations, claim.Dispute.Result.Fuel)
	return k.payees(ctx, outcome.Majority)
}

// payAttesters pays a fee in equal parts; the first gets what does not divide.
func (k Keeper) payAttesters(ctx context.Context, claimID []byte, payees []string, fee math.Int) error {
	if len(payees) == 0 {
		return nil
	}
	each := fee.QuoRaw(int64(len(payees)))
	for i, payee := range payees {
		amount := each
		if i == 0 {
			amount = fee.Sub(each.MulRaw(int64(len(payees) - 1)))
		}
		if err := k.pay(ctx, payee, coin(amount)); err != nil {
			return err
		}
		if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventAttesterPaid{
			ClaimId: claimID, Account: payee, Amount: coin(amount),
		}); err != nil {
			return err
		}
	}
	return nil
}
