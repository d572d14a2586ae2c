package types

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/receipt"
)

// DisputeID names the claim about a host's result; 20 bytes. Lane and sequence are left out: a host that gives the same wrong answer to
// the same request a thousand times has told one lie, and pays for it once.
func DisputeID(functionID string, version uint64, orbID string, r receipt.Result) []byte {
	sum := sha256.Sum256(frame("orb/dispute/v1", []byte(functionID), number(version), []byte(orbID),
		r.RequestHash, r.ResponseHash, number(r.Fuel), number(uint64(r.Outcome))))
	return sum[:AddressSize]
}

// DisputeWitness is what an attester states about the response bytes of a disputed request; 32 bytes. The response's plain hash is in
// the dispute for all to see: only who has run the request can make this one.
func DisputeWitness(claimID, response []byte) []byte {
	sum := sha256.Sum256(frame("orb/witness/v1", claimID, response))
	return sum[:]
}

// Validate checks the host's signature, the result's place in the batch and the request's hash.
func (m *MsgDisputeResult) Validate(chainID string) error {
	key, err := orbid.Key(m.OrbId)
	if err != nil {
		return errors.Wrapf(ErrInvalidDispute, "orb id: %s", err)
	}
	if _, err := ParseFunctionID(m.Batch.FunctionId); err != nil {
		return err
	}
	if len(m.Request) > MaxSampleBytes {
		return errors.Wrapf(ErrInvalidDispute, "request has %d bytes, at most %d are allowed", len(m.Request), MaxSampleBytes)
	}
	if hash := sha256.Sum256(m.Request); !bytes.Equal(hash[:], m.Result.RequestHash) {
		return errors.Wrap(ErrInvalidDispute, "the result is about another request")
	}
	if len(m.Result.ResponseHash) != sha256.Size {
		return errors.Wrapf(ErrInvalidDispute, "response hash has %d bytes, want %d", len(m.Result.ResponseHash), sha256.Size)
	}
	if err := m.Batch.VerifyResult(&m.Result, m.Path); err != nil {
		return errors.Wrap(ErrInvalidDispute, err.Error())
	}
	if err := m.Batch.Verify(chainID, key); err != nil {
		return errors.Wrap(ErrInvalidSignature, err.Error())
	}
	return nil
}

// Validate checks the fields of a dispute on their own.
func (d Dispute) Validate() error {
	if _, err := sdk.AccAddressFromBech32(d.Reporter); err != nil {
		return errors.Wrapf(ErrInvalidDispute, "reporter: %s", err)
	}
	if _, err := sdk.AccAddressFromBech32(d.Operator); err != nil {
		return errors.Wrapf(ErrInvalidDispute, "operator: %s", err)
	}
	if _, err := orbid.Key(d.OrbId); err != nil {
		return errors.Wrapf(ErrInvalidDispute, "orb id: %s", err)
	}
	hash := sha256.Sum256(d.Request)
	switch {
	case len(d.Request) > MaxSampleBytes || !bytes.Equal(hash[:], d.Result.RequestHash):
		return errors.Wrapf(ErrInvalidDispute, "request hash %s", hex.EncodeToString(d.Result.RequestHash))
	case len(d.Result.ResponseHash) != sha256.Size:
		return errors.Wrapf(ErrInvalidDispute, "response hash has %d bytes", len(d.Result.ResponseHash))
	case d.Deposit.IsNil() || d.Fee.IsNil() || d.Fee.IsNegative() || d.Fee.GT(d.Deposit):
		return errors.Wrap(ErrInvalidDispute, "the fee exceeds the deposit")
	case d.SlashBps > BasisPoints || d.ReporterBps > BasisPoints:
		return errors.Wrap(ErrInvalidDispute, "a share exceeds the whole")
	}
	return nil
}

// Concerns tells whether a super node, whose validator has an operator account, is a party to the dispute.
func (d Dispute) Concerns(node SuperNode, operator string) bool {
	if node.OrbId == d.OrbId {
		return true
	}
	for _, party := range []string{d.Reporter, d.Operator} {
		if party == operator || party == node.Attester {
			return true
		}
	}
	return false
}

// Stakes is what each side of a decided dispute gets.
type Stakes struct {
	// Fee goes to the attesters of the majority.
	Fee math.Int
	// Returned and Reward go to the reporter.
	Returned, Reward math.Int
	Burned           math.Int
}

// Split divides the reporter's deposit and what was slashed from the host: together the four parts are exactly that.
func (d Dispute) Split(status ClaimStatus, agreed bool, slashed math.Int) Stakes {
	s := Stakes{Fee: math.ZeroInt(), Returned: math.ZeroInt(), Reward: math.ZeroInt(), Burned: math.ZeroInt()}
	if agreed {
		s.Fee = d.Fee
	}
	switch status {
	case CLAIM_STATUS_ACCEPTED: // the host was right
		s.Burned = d.Deposit.Sub(s.Fee).Add(slashed)
	case CLAIM_STATUS_REJECTED:
		// A bond too small for the fee leaves the rest of it to the reporter, who could see that before.
		fromBond := math.MinInt(s.Fee, slashed)
		s.Returned = d.Deposit.Sub(s.Fee.Sub(fromBond))
		s.Reward = slashed.Sub(fromBond).MulRaw(int64(d.ReporterBps)).QuoRaw(BasisPoints)
		s.Burned = slashed.Sub(fromBond).Sub(s.Reward)
	default: // undecided
		s.Returned = d.Deposit.Sub(s.Fee)
		s.Burned = slashed
	}
	return s
}
