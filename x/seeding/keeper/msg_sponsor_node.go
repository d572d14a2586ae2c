package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// SponsorNode registers a node for an operator who owns nothing yet: with a grant, while pool and budget last, and an allowance for gas.
// The super node answers for the grant with a deposit of the same amount.
func (s msgServer) SponsorNode(ctx context.Context, msg *types.MsgSponsorNode) (*types.MsgSponsorNodeResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	epoch := params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight())
	if err := s.useQuota(ctx, params, msg.Sponsor, epoch); err != nil {
		return nil, err
	}
	sponsor, err := sdk.AccAddressFromBech32(msg.Sponsor)
	if err != nil {
		return nil, err
	}
	operator, err := sdk.AccAddressFromBech32(msg.Operator)
	if err != nil || operator.Equals(sponsor) || s.bank.BlockedAddr(operator) {
		return nil, errors.Wrap(types.ErrInvalidSponsored, msg.Operator)
	}
	node := types.NewNode(msg.OrbId, msg.Operator, msg.Moniker, msg.Addresses, epoch)
	if err := s.register(ctx, node, msg.Signature, msg.Sponsor); err != nil {
		return nil, err
	}
	granted, err := s.grant(ctx, params, node, msg.Sponsor, epoch)
	if err != nil {
		return nil, err
	}
	if err := s.allow(ctx, params, sponsor, operator); err != nil {
		return nil, err
	}
	return &types.MsgSponsorNodeResponse{Grant: coin(granted)}, nil
}

// useQuota counts one more node against the quota of the validator that an account attests for, whatever accounts it uses.
func (k Keeper) useQuota(ctx context.Context, params types.Params, sponsor string, epoch uint64) error {
	super, err := k.functions.SuperNodeByAttester(ctx, sponsor)
	if errors.IsOf(err, functionstypes.ErrNotFound, functionstypes.ErrNotSuperNode) {
		return errors.Wrap(types.ErrNotSponsor, sponsor)
	}
	if err != nil {
		return err
	}
	quota, err := k.Quotas.Get(ctx, super.Validator)
	if err != nil && !errors.IsOf(err, collections.ErrNotFound) {
		return err
	}
	if quota.Epoch != epoch || err != nil {
		quota = types.Quota{Validator: super.Validator, Epoch: epoch}
	}
	if quota.Sponsored >= params.SponsorQuota {
		return errors.Wrapf(types.ErrQuota, "%d of %s in epoch %d", quota.Sponsored, super.Validator, epoch)
	}
	quota.Sponsored++
	return k.Quotas.Set(ctx, super.Validator, quota)
}
