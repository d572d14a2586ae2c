package keeper

import (
	"context"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// DisputeResult opens a claim about a host's signed result. It holds the reporter's deposit and the host's bond until the claim is decided
// and its stakes are paid out. The same answer to the same request is judged once, however often the host gave it: a second time its
// attesters could copy what the first has shown.
func (s msgServer) DisputeResult(ctx context.Context, msg *types.MsgDisputeResult) (*types.MsgDisputeResultResponse, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := msg.Validate(sdkCtx.ChainID()); err != nil {
		return nil, err
	}
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	claim := types.Claim{
		Id:         types.DisputeID(msg.Batch.FunctionId, msg.Batch.Version, msg.OrbId, msg.Result),
		Kind:       types.CLAIM_KIND_RESULT,
		FunctionId: msg.Batch.FunctionId,
		Version:    msg.Batch.Version,
	}
	if err := s.isDisputable(ctx, params, claim); err != nil {
		return nil, err
	}
	if claim.Dispute, err = s.stake(ctx, params, msg); err != nil {
		return nil, err
	}
	if claim, err = s.openClaim(ctx, params, claim); err != nil {
		return nil, err
	}
	return &types.MsgDisputeResultResponse{ClaimId: claim.Id}, sdkCtx.EventManager().EmitTypedEvent(&types.EventResultDisputed{
		ClaimId: claim.Id, FunctionId: claim.FunctionId, Version: claim.Version, OrbId: msg.OrbId, Reporter: msg.Reporter,
		RequestHash: msg.Result.RequestHash, Deposit: coin(claim.Dispute.Deposit),
	})
}

// isDisputable tells whether a result can still be judged: its version was accepted, the function is not removed before the claim ends,
// and the same result has not been judged.
func (k Keeper) isDisputable(ctx context.Context, params types.Params, claim types.Claim) error {
	exists, err := k.Claims.Has(ctx, claim.Id)
	if err != nil {
		return err
	}
	if exists {
		return errors.Wrapf(types.ErrExists, "dispute %s", claim.HexID())
	}
	fn, err := k.GetFunction(ctx, claim.FunctionId)
	if err != nil {
		return err
	}
	version, err := k.GetVersion(ctx, claim.FunctionId, claim.Version)
	if err != nil {
		return err
	}
	if version.Status != types.VERSION_STATUS_ACTIVE && version.Status != types.VERSION_STATUS_RETIRED {
		return errors.Wrapf(types.ErrInvalidDispute, "version %d is %s", version.Number, version.Status)
	}
	decided := sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.CommitBlocks) + int64(params.RevealBlocks)
	if fn.Status == types.FUNCTION_STATUS_ENDED && decided >= fn.Prunes {
		return errors.Wrapf(types.ErrInvalidDispute, "function %s is about to be removed", fn.Id)
	}
	return nil
}

// stake holds the reporter's deposit and the host's bond. A bond that would not pay the attesters is not worth a claim.
func (k Keeper) stake(ctx context.Context, params types.Params, msg *types.MsgDisputeResult) (*types.Dispute, error) {
	if k.bonds == nil {
		return nil, errors.Wrap(types.ErrNoBond, msg.OrbId)
	}
	operator, bond, err := k.bonds.HoldBond(ctx, msg.OrbId)
	if err != nil {
		return nil, err
	}
	if loss := bond.MulRaw(int64(params.DisputeSlashBps)).QuoRaw(types.BasisPoints); loss.LT(params.DisputeFee.Amount) {
		return nil, errors.Wrapf(types.ErrNoBond, "%s would lose %s, less than the attesters' fee", msg.OrbId, coin(loss))
	}
	if err := k.deposit(ctx, msg.Reporter, params.DisputeDeposit.Amount); err != nil {
		return nil, err
	}
	return &types.Dispute{
		Reporter:    msg.Reporter,
		OrbId:       msg.OrbId,
		Operator:    operator,
		Result:      msg.Result,
		Request:     msg.Request,
		Deposit:     params.DisputeDeposit.Amount,
		Fee:         params.DisputeFee.Amount,
		SlashBps:    params.DisputeSlashBps,
		ReporterBps: params.DisputeReporterBps,
	}, nil
}
