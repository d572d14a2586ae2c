package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RevealAttestation takes the verdict behind a commitment; the last one of all who committed decides the claim.
func (s msgServer) RevealAttestation(ctx context.Context, msg *types.MsgRevealAttestation) (*types.MsgRevealAttestationResponse, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	validator, err := s.attesting(ctx, msg.Attester)
	if err != nil {
		return nil, err
	}
	claim, err := s.claimIn(ctx, types.CLAIM_STATUS_REVEAL, msg.ClaimId)
	if err != nil {
		return nil, err
	}
	if !claim.Kind.Admits(msg.Verdict) {
		return nil, errors.Wrapf(types.ErrInvalidAttestation, "%s does not answer a claim of %s", msg.Verdict, claim.Kind)
	}
	if err := s.reveal(ctx, claim, validator, msg); err != nil {
		return nil, err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventAttestationRevealed{
		ClaimId:      claim.Id,
		Validator:    validator.String(),
		Verdict:      msg.Verdict,
		ResponseHash: msg.ResponseHash,
		Fuel:         msg.Fuel,
	}); err != nil {
		return nil, err
	}
	return &types.MsgRevealAttestationResponse{}, s.decideIfComplete(ctx, claim)
}

func (k Keeper) reveal(ctx context.Context, claim types.Claim, validator sdk.ValAddress, msg *types.MsgRevealAttestation) error {
	key := collections.Join(claim.Id, validator)
	attestation, err := k.Attestations.Get(ctx, key)
	if err != nil {
		return notFound(err, "commitment of %s", validator)
	}
	if attestation.Revealed {
		return errors.Wrapf(types.ErrExists, "reveal of %s", validator)
	}
	commitment := types.AttestationCommitment(
		sdk.UnwrapSDKContext(ctx).ChainID(), claim.Id, validator.String(), msg.Verdict, msg.ResponseHash, msg.Fuel, msg.Salt)
	if !bytes.Equal(commitment, attestation.Commitment) {
		return types.ErrCommitmentMismatch
	}
	attestation.Revealed = true
	attestation.Verdict, attestation.ResponseHash, attestation.Fuel = msg.Verdict, msg.ResponseHash, msg.Fuel
	return k.Attestations.Set(ctx, key, attestation)
}

func (k Keeper) decideIfComplete(ctx context.Context, claim types.Claim) error {
	attestations, err := k.attestations(ctx, claim.Id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(attestations, func(a types.Attestation) bool { return !a.Revealed }) {
		return nil
	}
	decided, err := k.decide(ctx, claim, attestations)
	if err != nil {
		return err
	}
	return k.afterDecision(ctx, decided)
}
