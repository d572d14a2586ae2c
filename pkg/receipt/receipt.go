// Package receipt holds the two signed statements behind every payment. A receipt is the payer's: "I was served N requests on lane L".
// A result batch is the host's: "requests A to B on lane L gave these results". Both name the chain, carry a versioned domain label and
// are signed with ed25519 under the ZIP-215 rules, the same on every machine. testdata holds vectors for other implementations.
package receipt

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hdevalence/ed25519consensus"
)

// LaneIDSize in bytes.
const LaneIDSize = 20

const (
	receiptLabel = "orb/receipt/v1"
	batchLabel   = "orb/results/v1"
)

// ErrInvalid is wrapped by every refusal of Verify.
var ErrInvalid = errors.New("invalid receipt")

// SignBytes returns what a lane's session key signs: label, chain id and lane id, each behind its length as a big-endian uint32, then
// the count as a big-endian uint64.
func SignBytes(chainID string, laneID []byte, count uint64) []byte {
	b := fields(receiptLabel, chainID, string(laneID))
	return binary.BigEndian.AppendUint64(b, count)
}

// Sign returns the receipt for count requests.
func Sign(key ed25519.PrivateKey, chainID string, laneID []byte, count uint64) Receipt {
	return Receipt{LaneId: laneID, Count: count, Signature: ed25519.Sign(key, SignBytes(chainID, laneID, count))}
}

// Verify checks the receipt's form and signature. The error wraps ErrInvalid.
func (r *Receipt) Verify(chainID string, sessionKey ed25519.PublicKey) error {
	if len(r.LaneId) != LaneIDSize {
		return fmt.Errorf("%w: lane id of %d bytes", ErrInvalid, len(r.LaneId))
	}
	if !verify(sessionKey, SignBytes(chainID, r.LaneId, r.Count), r.Signature) {
		return fmt.Errorf("%w: signature does not match", ErrInvalid)
	}
	return nil
}

// VerifyAll is Verify for many receipts, each under the session key at its place. It returns an error, or nil, per receipt. When all are
// good that costs half of what checking them one by one does.
func VerifyAll(chainID string, receipts []Receipt, sessionKeys []ed25519.PublicKey) []error {
	refused := make([]error, len(receipts))
	batch, good := ed25519consensus.NewPreallocatedBatchVerifier(len(receipts)), len(receipts) > 0
	for i, r := range receipts {
		good = good && len(r.LaneId) == LaneIDSize
		batch.Add(sessionKeys[i], SignBytes(chainID, r.LaneId, r.Count), r.Signature)
	}
	if good && batch.Verify() {
		return refused
	}
	for i, r := range receipts {
		refused[i] = r.Verify(chainID, sessionKeys[i])
	}
	return refused
}

func verify(key ed25519.PublicKey, message, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && len(signature) == ed25519.SignatureSize &&
		ed25519consensus.Verify(key, message, signature)
}

// fields lays strings one after the other, each behind its length.
func fields(parts ...string) []byte {
	var b []byte
	for _, part := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}
