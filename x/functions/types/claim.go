package types

import (
	"crypto/sha256"
	"encoding/hex"

	"cosmossdk.io/errors"
)

// SaltSize is the length of an attestation's salt.
const SaltSize = 32

// ClaimID names the claim of a kind about a version; 20 bytes.
func ClaimID(kind ClaimKind, functionID string, version uint64) []byte {
	sum := sha256.Sum256(frame("orb/claim/v1", number(uint64(kind)), []byte(functionID), number(version)))
	return sum[:AddressSize]
}

// AttestationCommitment fixes a verdict without showing it; 32 bytes.
func AttestationCommitment(chainID string, claimID []byte, validator string, verdict Verdict, responseHash []byte, fuel uint64, salt []byte) []byte {
	sum := sha256.Sum256(frame("orb/attestation/v1",
		[]byte(chainID), claimID, []byte(validator), number(uint64(verdict)), responseHash, number(fuel), salt))
	return sum[:]
}

// Validate checks the fields of a commitment on their own.
func (m *MsgCommitAttestation) Validate() error {
	if err := validateClaimID(m.ClaimId); err != nil {
		return err
	}
	if len(m.Commitment) != sha256.Size {
		return errors.Wrapf(ErrInvalidAttestation, "commitment has %d bytes, want %d", len(m.Commitment), sha256.Size)
	}
	return nil
}

// Validate checks that a revealed verdict states what its kind allows, and nothing else.
func (m *MsgRevealAttestation) Validate() error {
	if err := validateClaimID(m.ClaimId); err != nil {
		return err
	}
	if len(m.Salt) != SaltSize {
		return errors.Wrapf(ErrInvalidAttestation, "salt has %d bytes, want %d", len(m.Salt), SaltSize)
	}
	ran := false
	switch m.Verdict {
	case VERDICT_VALID, VERDICT_BAD_RESULT:
		if len(m.ResponseHash) != sha256.Size {
			return errors.Wrapf(ErrInvalidAttestation, "response hash has %d bytes, want %d", len(m.ResponseHash), sha256.Size)
		}
		return nil
	case VERDICT_BAD_SAMPLE, VERDICT_BAD_COMPLEXITY:
		ran = true
	case VERDICT_UNAVAILABLE, VERDICT_BAD_ARTIFACT, VERDICT_BAD_MODULE:
	default:
		return errors.Wrapf(ErrInvalidAttestation, "%s is not a verdict that an attester gives", m.Verdict)
	}
	if len(m.ResponseHash) != 0 || m.Fuel != 0 && !ran {
		return errors.Wrapf(ErrInvalidAttestation, "%s comes without a response hash, and without fuel unless the sample ran", m.Verdict)
	}
	return nil
}

// Admits tells whether a claim of the kind can be answered with a verdict.
func (k ClaimKind) Admits(v Verdict) bool {
	switch v {
	case VERDICT_VALID, VERDICT_UNAVAILABLE:
		return true
	case VERDICT_BAD_RESULT:
		return k == CLAIM_KIND_RESULT
	case VERDICT_BAD_ARTIFACT, VERDICT_BAD_MODULE, VERDICT_BAD_SAMPLE, VERDICT_BAD_COMPLEXITY:
		return k == CLAIM_KIND_VERSION
	}
	return false
}

func validateClaimID(id []byte) error {
	if len(id) != AddressSize {
		return errors.Wrapf(ErrInvalidAttestation, "claim id has %d bytes, want %d", len(id), AddressSize)
	}
	return nil
}

// IsOpen tells whether the claim is not decided yet.
func (c Claim) IsOpen() bool {
	return c.Status == CLAIM_STATUS_DRAW || c.Status == CLAIM_STATUS_COMMIT || c.Status == CLAIM_STATUS_REVEAL
}

// IsOwed tells whether the claim is decided and its stakes are still to be paid out.
func (c Claim) IsOwed() bool { return !c.IsOpen() && c.Dispute != nil && !c.Dispute.Settled }

// Deadline is the last height of the claim's phase; at its end the claim moves on.
func (c Claim) Deadline() int64 {
	switch {
	case c.IsOwed():
		return 0
	case c.Status == CLAIM_STATUS_DRAW:
		return c.Opened + 1
	case c.Status == CLAIM_STATUS_COMMIT:
		return c.CommitUntil
	case c.Status == CLAIM_STATUS_REVEAL:
		return c.RevealUntil
	}
	return Never
}

// HexID is the claim's id as queries take it.
func (c Claim) HexID() string { return hex.EncodeToString(c.Id) }
