package receipt

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
)

// leaf is the encoding of a result in the tree: sequence, both hashes, fuel, outcome; numbers big-endian, hashes behind their length.
func (r *Result) leaf() []byte {
	b := binary.BigEndian.AppendUint64(nil, r.Sequence)
	b = append(b, fields(string(r.RequestHash), string(r.ResponseHash))...)
	b = binary.BigEndian.AppendUint64(b, r.Fuel)
	return binary.BigEndian.AppendUint32(b, r.Outcome)
}

func leaves(results []Result) [][]byte {
	items := make([][]byte, len(results))
	for i := range results {
		items[i] = results[i].leaf()
	}
	return items
}

// Root returns the RFC 6962 Merkle root over results in their order.
func Root(results []Result) [32]byte {
	return [32]byte(merkle.HashFromByteSlices(leaves(results)))
}

// Prove returns the path of one result to the root, for a dispute.
func Prove(results []Result, index int) ([][]byte, error) {
	if index < 0 || index >= len(results) {
		return nil, fmt.Errorf("result %d of %d asked for", index, len(results))
	}
	_, proofs := merkle.ProofsFromByteSlices(leaves(results))
	return proofs[index].Aunts, nil
}

// VerifyResult checks that result belongs to the batch. It does not check the batch's signature. The error wraps ErrInvalid.
func (b *ResultBatch) VerifyResult(result *Result, path [][]byte) error {
	if result.Sequence < b.From || result.Sequence > b.To {
		return fmt.Errorf("%w: sequence %d is not in %d to %d", ErrInvalid, result.Sequence, b.From, b.To)
	}
	leaf := result.leaf()
	proof := merkle.Proof{
		Total: int64(b.To - b.From + 1), Index: int64(result.Sequence - b.From), LeafHash: merkle.HashFromByteSlices([][]byte{leaf}), Aunts: path,
	}
	if err := proof.ValidateBasic(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := proof.Verify(b.Root, leaf); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// BatchSignBytes returns what a host's node key signs: label, chain id, lane id, function id and root, each behind its length, then
// version, from and to as big-endian uint64.
func BatchSignBytes(chainID string, b *ResultBatch) []byte {
	s := fields(batchLabel, chainID, string(b.LaneId), b.FunctionId, string(b.Root))
	s = binary.BigEndian.AppendUint64(s, b.Version)
	s = binary.BigEndian.AppendUint64(s, b.From)
	return binary.BigEndian.AppendUint64(s, b.To)
}

// SignBatch signs results of one lane that follow each other without a gap; there must be at least one.
func SignBatch(key ed25519.PrivateKey, chainID string, laneID []byte, functionID string, version uint64, results []Result) ResultBatch {
	root := Root(results)
	b := ResultBatch{
		LaneId: laneID, FunctionId: functionID, Version: version,
		From: results[0].Sequence, To: results[len(results)-1].Sequence, Root: root[:],
	}
	b.Signature = ed25519.Sign(key, BatchSignBytes(chainID, &b))
	return b
}

// Verify checks the batch's form and signature. The error wraps ErrInvalid.
func (b *ResultBatch) Verify(chainID string, hostKey ed25519.PublicKey) error {
	switch {
	case len(b.LaneId) != LaneIDSize:
		return fmt.Errorf("%w: lane id of %d bytes", ErrInvalid, len(b.LaneId))
	case b.From == 0 || b.To < b.From:
		return fmt.Errorf("%w: results %d to %d", ErrInvalid, b.From, b.To)
	case len(b.Root) != 32:
		return fmt.Errorf("%w: root of %d bytes", ErrInvalid, len(b.Root))
	case !verify(hostKey, BatchSignBytes(chainID, b), b.Signature):
		return fmt.Errorf("%w: signature does not match", ErrInvalid)
	}
	return nil
}
