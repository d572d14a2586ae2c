package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// CommitAttestation takes an elector's commitment; the last one of all electors ends the phase.
func (s msgServer) CommitAttestation(ctx context.Context, msg *types.MsgCommitAttestation) (*types.MsgCommitAttestationResponse, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	validator, err := s.attesting(ctx, msg.Attester)
	if err != nil {
		return nil, err
	}
	claim, err := s.claimIn(ctx, types.CLAIM_STATUS_COMMIT, msg.ClaimId)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(claim.Electors, func(e types.Elector) bool { return e.Validator == validator.String() }) {
		return nil, errors.Wrap(types.ErrNotElector, validator.String())
	}
	if err := s.commit(ctx, claim, validator, msg.Commitment); err != nil {
		return nil, err
	}
	return &types.MsgCommitAttestationResponse{}, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventAttestationCommitted{ClaimId: claim.Id, Validator: validator.String()})
}

func (k Keeper) commit(ctx context.Context, claim types.Claim, validator sdk.ValAddress, commitment []byte) error {
	key := collections.Join(claim.Id, validator)
	if exists, err := k.Attestations.Has(ctx, key); err != nil {
		return err
	} else if exists {
		return errors.Wrapf(types.ErrExists, "commitment of %s", validator)
	}
	if err := k.Attestations.Set(ctx, key, types.Attestation{
		ClaimId:    claim.Id,
		Validator:  validator.String(),
		Commitment: commitment,
	}); err != nil {
		return err
	}
	attestations, err := k.attestations(ctx, claim.Id)
	if err != nil {
		return err
	}
	if len(attestations) == len(claim.Electors) {
		return k.startReveal(ctx, claim)
	}
	return nil
}

// claimIn returns a claim that takes attestations of the given phase at this height, or types.ErrWrongPhase.
func (k Keeper) claimIn(ctx context.Context, phase types.ClaimStatus, id []byte) (types.Claim, error) {
	claim, err := k.Claims.Get(ctx, id)
	if err != nil {
		return types.Claim{}, notFound(err, "claim %X", id)
	}
	if claim.Status != phase {
		return types.Claim{}, errors.Wrapf(types.ErrWrongPhase, "claim is %s, not %s", claim.Status, phase)
	}
	if height := sdk.UnwrapSDKContext(ctx).BlockHeight(); height > claim.Deadline() {
		return types.Claim{}, errors.Wrapf(types.ErrWrongPhase, "the phase ended at height %d", claim.Deadline())
	}
	return claim, nil
}
