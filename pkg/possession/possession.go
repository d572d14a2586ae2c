// Package possession proves that somebody can produce a chosen part of an artifact: an RFC 6962 Merkle tree (as CometBFT's) over
// 1 KiB chunks, its root, proofs, and which chunk a challenge asks for.
package possession

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
)

// ChunkSize in bytes; the last chunk of an artifact may be shorter.
const ChunkSize = 1024

// challengeLabel versions what Index hashes.
const challengeLabel = "orb/challenge/v1"

// ErrInvalid is wrapped by every refusal of Verify.
var ErrInvalid = errors.New("invalid possession proof")

// Chunks returns how many chunks an artifact of size bytes has.
func Chunks(size uint64) uint64 {
	whole := size / ChunkSize
	if size%ChunkSize > 0 {
		whole++
	}
	return whole
}

// Root returns the 32-byte Merkle root of an artifact.
func Root(artifact []byte) [32]byte {
	return [32]byte(merkle.HashFromByteSlices(split(artifact)))
}

// Prove returns a chunk and the 32-byte sibling hashes on its way to the root, lowest first.
func Prove(artifact []byte, index uint64) (chunk []byte, path [][]byte, err error) {
	chunks := split(artifact)
	if index >= uint64(len(chunks)) {
		return nil, nil, fmt.Errorf("chunk %d of %d asked for", index, len(chunks))
	}
	_, proofs := merkle.ProofsFromByteSlices(chunks)
	return chunks[index], proofs[index].Aunts, nil
}

// Verify checks that chunk is number index of the artifact of size bytes with that root. The error wraps ErrInvalid.
func Verify(root []byte, size, index uint64, chunk []byte, path [][]byte) error {
	total := Chunks(size)
	if index >= total {
		return fmt.Errorf("%w: chunk %d of %d", ErrInvalid, index, total)
	}
	want := uint64(ChunkSize)
	if index == total-1 {
		want = size - index*ChunkSize
	}
	if uint64(len(chunk)) != want {
		return fmt.Errorf("%w: chunk %d has %d bytes, not %d", ErrInvalid, index, len(chunk), want)
	}
	proof := merkle.Proof{Total: int64(total), Index: int64(index), LeafHash: leafHash(chunk), Aunts: path}
	if err := proof.ValidateBasic(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := proof.Verify(root, chunk); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// Index returns which chunk of an artifact of size bytes the beacon asks a node for. Size must not be 0.
func Index(beacon []byte, orbID, functionID string, size uint64) uint64 {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(challengeLabel), beacon, []byte(orbID), []byte(functionID)} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	// 64 bits taken modulo at most 2^54 chunks favour none by more than one in a thousand.
	return binary.BigEndian.Uint64(h.Sum(nil)) % Chunks(size)
}

func leafHash(chunk []byte) []byte {
	sum := sha256.Sum256(append([]byte{0}, chunk...))
	return sum[:]
}

func split(artifact []byte) [][]byte {
	chunks := make([][]byte, 0, Chunks(uint64(len(artifact))))
	for len(artifact) > ChunkSize {
		chunks, artifact = append(chunks, artifact[:ChunkSize]), artifact[ChunkSize:]
	}
	if len(artifact) > 0 {
		chunks = append(chunks, artifact)
	}
	return chunks
}
