package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

var _ seedingtypes.SeedingHooks = Keeper{}

// Hosting returns how many paid seeds a function has paid for in an epoch, and the pay of each; x/seeding asks.
func (k Keeper) Hosting(ctx context.Context, functionID string, epoch uint64) (uint32, math.Int, error) {
	escrow, err := k.escrow(ctx, functionID)
	if errors.IsOf(err, types.ErrNotFound) {
		return 0, math.ZeroInt(), nil
	}
	replicas, rate := escrow.Hosting(epoch)
	return replicas, rate, err
}

// BeforeSeedEnds pays what a seed has proven and not claimed.
func (k Keeper) BeforeSeedEnds(ctx context.Context, node seedingtypes.Node, seed seedingtypes.Seed) error {
	_, _, err := k.payHosting(ctx, node, seed)
	if errors.IsOf(err, types.ErrNotFound) {
		return nil // what was left has gone back to the owner
	}
	return err
}

// payHosting pays what a seed has earned since it was last paid, and returns the last epoch that is settled with it.
func (k Keeper) payHosting(ctx context.Context, node seedingtypes.Node, seed seedingtypes.Seed) (math.Int, uint64, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return math.Int{}, 0, err
	}
	escrow, err := k.escrow(ctx, seed.FunctionId)
	if err != nil {
		return math.Int{}, 0, err
	}
	amount, through := escrow.Pay(node, seed)
	if amount.IsZero() {
		return amount, through, nil
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return math.Int{}, 0, err
	}
	if err := k.payAccount(ctx, forHosting, node.Operator, amount); err != nil {
		return math.Int{}, 0, err
	}
	k.noteTally(ctx, tally{functionID: seed.FunctionId, orbID: node.OrbId, hosting: amount, split: noSplit()})
	return amount, through, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventHostingPaid{
		FunctionId: seed.FunctionId, OrbId: node.OrbId, Through: through, Amount: coin(params, amount),
	})
}

// nextTerm quotes further hosting of a function at today's tariff, or at the rate of an update that is being verified if that is higher.
func (k Keeper) nextTerm(ctx context.Context, params types.Params, functionID string, epochs uint64, replicas uint32) (types.Escrow, types.Term, error) {
	fn, version, err := k.functions.ActiveVersion(ctx, functionID)
	if err != nil {
		return types.Escrow{}, types.Term{}, err
	}
	if fn.Status != functionstypes.FUNCTION_STATUS_ACTIVE {
		return types.Escrow{}, types.Term{}, errors.Wrapf(types.ErrNotServing, "function %s is %s", fn.Id, fn.Status)
	}
	escrow, err := k.escrow(ctx, functionID)
	if err != nil {
		return types.Escrow{}, types.Term{}, err
	}
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return types.Escrow{}, types.Term{}, err
	}
	rate := params.Tariff.Rate(version.Complexity, version.Artifact.Size_)
	if escrow.Update != nil {
		rate = math.MaxInt(rate, escrow.Update.Rate)
	}
	term, err := escrow.NextTerm(rate, replicas, epochs, epoch, params.MaxTermEpochs)
	return escrow, term, err
}

// expireTerms returns to owners what nobody has earned, at most limit functions in a block.
func (k Keeper) expireTerms(ctx context.Context, params types.Params, limit uint32) error {
	epoch, err := k.seeding.Epoch(ctx)
	if err != nil {
		return err
	}
	due, err := seedingtypes.FirstKeys(ctx, k.TermEnds.Iterate, untilEpoch(epoch), limit)
	if err != nil {
		return err
	}
	for _, key := range due {
		if !k.attempt(ctx, "returning hosting of "+key.K2(), func(ctx context.Context) error {
			return k.expireTerm(ctx, params, key.K2(), epoch)
		}) {
			// Its money stays where it is until somebody funds or claims, which enters the term again.
			if err := k.TermEnds.Remove(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k Keeper) expireTerm(ctx context.Context, params types.Params, functionID string, epoch uint64) error {
	escrow, err := k.escrow(ctx, functionID)
	if err != nil {
		return err
	}
	rest := math.ZeroInt()
	if epoch > params.ClaimEpochs {
		rest = escrow.Expire(epoch - params.ClaimEpochs)
	}
	if err := k.setEscrow(ctx, params, escrow); err != nil {
		return err
	}
	fn, err := k.functions.GetFunction(ctx, functionID)
	if err != nil {
		return err
	}
	return k.refund(ctx, params, functionID, fn.Owner, rest)
}

// refund pays something back to whom it belongs.
func (k Keeper) refund(ctx context.Context, params types.Params, functionID, account string, amount math.Int) error {
	if amount.IsZero() {
		return nil
	}
	if err := k.payAccount(ctx, forNothing, account, amount); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRefunded{
		FunctionId: functionID, Account: account, Amount: coin(params, amount),
	})
}
