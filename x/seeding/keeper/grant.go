package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// settleURL names the message of x/rewards, on which this module does not depend.
const settleURL = "/orb.rewards.v1.MsgSettle"

// grant gives a sponsored node its locked balance, if pool and budget allow, and takes as much from the sponsor as a deposit: were the
// pool alone to pay, newcomers who are nobody would turn it into the attesters' fees.
func (k Keeper) grant(ctx context.Context, params types.Params, node types.Node, sponsor string, epoch uint64) (math.Int, error) {
	amount := math.NewIntFromUint64(params.Grant)
	pool, err := k.Pool.Get(ctx)
	if err != nil {
		return math.Int{}, err
	}
	budget, err := k.Budget.Get(ctx)
	if err != nil {
		return math.Int{}, err
	}
	if budget.Epoch != epoch {
		budget = types.Budget{Epoch: epoch, Granted: math.ZeroInt()}
	}
	budget.Granted = budget.Granted.Add(amount)
	if amount.IsZero() || pool.LT(amount) || budget.Granted.GT(math.NewIntFromUint64(params.GrantBudget)) {
		return math.ZeroInt(), nil
	}
	if granted, err := k.Grants.Has(ctx, node.Operator); err != nil {
		return math.Int{}, err
	} else if granted {
		return math.Int{}, errors.Wrapf(types.ErrInvalidSponsored, "%s has a grant already", node.Operator)
	}
	if err := k.deposit(ctx, sponsor, amount); err != nil {
		return math.Int{}, err
	}
	if err := k.Pool.Set(ctx, pool.Sub(amount)); err != nil {
		return math.Int{}, err
	}
	if err := k.Budget.Set(ctx, budget); err != nil {
		return math.Int{}, err
	}
	if err := k.addGrant(ctx, types.Grant{
		Operator: node.Operator, OrbId: node.OrbId, Sponsor: sponsor, Locked: amount, Spent: math.ZeroInt(), Repaid: math.ZeroInt(),
		Deposit: amount, Active: epoch, Asked: epoch + params.GrantIdleEpochs + 1,
	}); err != nil {
		return math.Int{}, err
	}
	return amount, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventGranted{Operator: node.Operator, OrbId: node.OrbId, Sponsor: sponsor, Amount: coin(amount)})
}

// addGrant stores a grant and when to ask whether it is used.
func (k Keeper) addGrant(ctx context.Context, grant types.Grant) error {
	if err := k.Idling.Set(ctx, collections.Join(grant.Asked, grant.Operator)); err != nil {
		return err
	}
	return k.Grants.Set(ctx, grant.Operator, grant)
}

// allow lets the sponsor pay the operator's gas: little, periodically, for a time, and only to deploy once, seed, prove and settle.
func (k Keeper) allow(ctx context.Context, params types.Params, sponsor, operator sdk.AccAddress) error {
	if params.FeeAllowance == 0 {
		return nil
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	limit := func(amount uint64) sdk.Coins { return sdk.NewCoins(coin(math.NewIntFromUint64(amount))) }
	expiration := now.Add(time.Duration(params.FeeAllowanceSeconds) * time.Second)
	period := time.Duration(params.FeePeriodSeconds) * time.Second
	allowance, err := feegrant.NewAllowedMsgAllowance(&feegrant.PeriodicAllowance{
		Basic:            feegrant.BasicAllowance{SpendLimit: limit(params.FeeAllowance), Expiration: &expiration},
		Period:           period,
		PeriodSpendLimit: limit(params.FeePeriodAllowance),
		PeriodCanSpend:   limit(params.FeePeriodAllowance),
		PeriodReset:      now.Add(period),
	}, []string{sdk.MsgTypeURL(&functionstypes.MsgDeployFunction{}), sdk.MsgTypeURL(&types.MsgSeed{}), sdk.MsgTypeURL(&types.MsgProve{}), settleURL})
	if err != nil {
		return err
	}
	return k.feegrants.GrantAllowance(ctx, sponsor, operator, allowance)
}

// endDeploys takes the deploy out of a sponsored operator's allowance, if it still has one.
func (k Keeper) endDeploys(ctx context.Context, grant types.Grant) error {
	sponsor, err := sdk.AccAddressFromBech32(grant.Sponsor)
	if err != nil {
		return err
	}
	operator, err := sdk.AccAddressFromBech32(grant.Operator)
	if err != nil {
		return err
	}
	granted, err := k.feegrants.GetAllowance(ctx, sponsor, operator)
	if err != nil {
		return nil //nolint:nilerr // used up, expired or revoked: there is nothing left to take out
	}
	filtered, ok := granted.(*feegrant.AllowedMsgAllowance)
	if !ok {
		return nil
	}
	deploy := sdk.MsgTypeURL(&functionstypes.MsgDeployFunction{})
	var rest []string
	for _, url := range filtered.AllowedMessages {
		if url != deploy {
			rest = append(rest, url)
		}
	}
	if len(rest) == 0 || len(rest) == len(filtered.AllowedMessages) {
		return nil
	}
	filtered.AllowedMessages = rest
	return k.feegrants.UpdateAllowance(ctx, sponsor, operator, filtered)
}

// Granted returns how much of a verification fee an operator's grant would pay.
func (k Keeper) Granted(ctx context.Context, operator string, fee math.Int) (math.Int, error) {
	grant, err := k.Grants.Get(ctx, operator)
	if errors.IsOf(err, collections.ErrNotFound) {
		return math.ZeroInt(), nil
	}
	if err != nil {
		return math.Int{}, err
	}
	return grant.Spend(fee), nil
}

// SpendGrant pays as much of a verification fee as an operator's grant allows into the account of a module, and returns how much that is.
func (k Keeper) SpendGrant(ctx context.Context, operator string, fee math.Int, module string) (math.Int, error) {
	grant, err := k.Grants.Get(ctx, operator)
	if errors.IsOf(err, collections.ErrNotFound) {
		return math.ZeroInt(), nil
	}
	if err != nil {
		return math.Int{}, err
	}
	spent := grant.Spend(fee)
	if spent.IsZero() {
		return spent, nil
	}
	if grant.Active, err = k.Epoch(ctx); err != nil {
		return math.Int{}, err
	}
	if err := k.Grants.Set(ctx, operator, grant); err != nil {
		return math.Int{}, err
	}
	if err := k.endDeploys(ctx, grant); err != nil {
		return math.Int{}, err
	}
	if err := k.bank.SendCoinsFromModuleToModule(ctx, types.GrantsName, module, sdk.NewCoins(coin(spent))); err != nil {
		return math.Int{}, err
	}
	return spent, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventGrantSpent{Operator: operator, Amount: coin(spent)})
}

// unlockGrant credits what was burned on a node's requests to its operator's grant.
func (k Keeper) unlockGrant(ctx context.Context, node types.Node, burned math.Int, epoch uint64) error {
	grant, err := k.Grants.Get(ctx, node.Operator)
	if errors.IsOf(err, collections.ErrNotFound) || err == nil && grant.OrbId != node.OrbId {
		return nil
	}
	if err != nil {
		return err
	}
	repaid, unlocked := grant.Burned(burned)
	if repaid.IsZero() && unlocked.IsZero() {
		return nil
	}
	grant.Active = epoch
	if err := k.Grants.Set(ctx, grant.Operator, grant); err != nil {
		return err
	}
	if err := k.payBack(ctx, types.GrantsName, grant.Operator, unlocked); err != nil {
		return err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventGrantUnlocked{Operator: grant.Operator, Repaid: coin(repaid), Unlocked: coin(unlocked)}); err != nil {
		return err
	}
	if grant.UsedUp() {
		return k.closeGrant(ctx, grant)
	}
	return nil
}

// closeGrant returns what is locked to the pool, and the sponsor's deposit less what was spent and not repaid, which goes there too.
func (k Keeper) closeGrant(ctx context.Context, grant types.Grant) error {
	forfeit := grant.Forfeit()
	pool, err := k.Pool.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.Pool.Set(ctx, pool.Add(grant.Locked).Add(forfeit)); err != nil {
		return err
	}
	if forfeit.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, types.GrantsName, sdk.NewCoins(coin(forfeit))); err != nil {
			return err
		}
	}
	deposit := grant.Deposit.Sub(forfeit)
	if err := k.payBack(ctx, types.ModuleName, grant.Sponsor, deposit); err != nil {
		return err
	}
	if err := k.Idling.Remove(ctx, collections.Join(grant.Asked, grant.Operator)); err != nil {
		return err
	}
	if err := k.Grants.Remove(ctx, grant.Operator); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventGrantClosed{
		Operator: grant.Operator, Sponsor: grant.Sponsor, Returned: coin(grant.Locked), Forfeited: coin(forfeit), Deposit: coin(deposit),
	})
}
