package types_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/possession"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// TestNextBeacon: each thing that goes in counts.
func TestNextBeacon(t *testing.T) {
	seen := map[string]bool{}
	for _, previous := range [][]byte{nil, bytes.Repeat([]byte{1}, 32)} {
		for _, appHash := range [][]byte{bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)} {
			for _, height := range []int64{1, 256} {
				beacon := types.NextBeacon(previous, appHash, height)
				require.Len(t, beacon, 32)
				require.False(t, seen[string(beacon)])
				seen[string(beacon)] = true
			}
		}
	}
}

func TestDrawPoint(t *testing.T) {
	beacon := bytes.Repeat([]byte{1}, 32)
	point := types.DrawPoint(beacon, orbID)
	_, err := functionstypes.ParseFunctionID(point)
	require.NoError(t, err)
	require.NotEqual(t, point, types.DrawPoint(beacon, "other"))
	require.NotEqual(t, point, types.DrawPoint(bytes.Repeat([]byte{2}, 32), orbID))
}

func TestProofVerify(t *testing.T) {
	const functionID = "orbfn1test"
	data := bytes.Repeat([]byte("artifact"), 1000)
	root := possession.Root(data)
	artifact := functionstypes.Artifact{MerkleRoot: root[:], Size_: uint64(len(data))}
	for i := range byte(20) {
		beacon := bytes.Repeat([]byte{i}, 32)
		index := possession.Index(beacon, orbID, functionID, artifact.Size_)
		chunk, path, err := possession.Prove(data, index)
		require.NoError(t, err)
		require.NoError(t, types.Proof{Chunk: chunk, Path: path}.Verify(artifact, beacon, orbID, functionID))
		require.ErrorIs(t, types.Proof{Chunk: chunk[1:], Path: path}.Verify(artifact, beacon, orbID, functionID), types.ErrInvalidProof)
		require.ErrorIs(t, types.Proof{Chunk: chunk, Path: path[1:]}.Verify(artifact, beacon, orbID, functionID), types.ErrInvalidProof)
		short := artifact
		short.Size_ = 1
		require.ErrorIs(t, types.Proof{Chunk: chunk, Path: path}.Verify(short, beacon, orbID, functionID), types.ErrInvalidProof)
	}
}
