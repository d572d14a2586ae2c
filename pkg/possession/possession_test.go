package possession_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/possession"
)

var update = flag.Bool("update", false, "rewrite testdata from what the code gives")

// artifact returns size bytes in which no two chunks are equal.
func artifact(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i*7 + i/possession.ChunkSize)
	}
	return data
}

// TestVectors holds roots, paths and challenges of artifacts whose byte i is 7i + ⌊i/1024⌋ mod 256 against testdata.
func TestVectors(t *testing.T) {
	type vector struct {
		Size  int      `json:"size"`
		Root  string   `json:"root_hex"`
		Index uint64   `json:"challenged_index"`
		Path  []string `json:"path_hex"`
	}
	beacon := bytes.Repeat([]byte{5}, 32)
	var vectors []vector
	for _, size := range []int{1, 1023, 1024, 1025, 5000, 1 << 20} {
		data := artifact(size)
		root := possession.Root(data)
		v := vector{Size: size, Root: hex.EncodeToString(root[:]), Index: possession.Index(beacon, "12D3KooWTest", "orbfn1test", uint64(size))}
		_, path, err := possession.Prove(data, v.Index)
		require.NoError(t, err)
		for _, hash := range path {
			v.Path = append(v.Path, hex.EncodeToString(hash))
		}
		vectors = append(vectors, v)
	}
	got, err := json.MarshalIndent(vectors, "", "  ")
	require.NoError(t, err)
	got = append(got, '\n')
	const path = "testdata/vectors.json"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// TestEveryChunk: each chunk of artifacts around the sizes where the tree changes shape proves itself and only itself.
func TestEveryChunk(t *testing.T) {
	for _, size := range []int{1, 1024, 1025, 2048, 3000, 9 * 1024} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			data := artifact(size)
			root := possession.Root(data)
			total := possession.Chunks(uint64(size))
			for index := range total {
				chunk, path, err := possession.Prove(data, index)
				require.NoError(t, err)
				require.NoError(t, possession.Verify(root[:], uint64(size), index, chunk, path))

				require.ErrorIs(t, possession.Verify(root[:], uint64(size), total, chunk, path), possession.ErrInvalid)
				if total > 1 {
					require.ErrorIs(t, possession.Verify(root[:], uint64(size), (index+1)%total, chunk, path), possession.ErrInvalid)
				}
				lie := bytes.Clone(chunk)
				lie[0] ^= 1
				require.ErrorIs(t, possession.Verify(root[:], uint64(size), index, lie, path), possession.ErrInvalid)
				require.ErrorIs(t, possession.Verify(root[:], uint64(size), index, chunk[1:], path), possession.ErrInvalid)
				require.ErrorIs(t, possession.Verify(root[:], uint64(size), index, chunk, append(path, root[:])), possession.ErrInvalid)
			}
			_, _, err := possession.Prove(data, total)
			require.Error(t, err)
		})
	}
}

// TestIndexSpreads: challenges of many nodes reach every chunk.
func TestIndexSpreads(t *testing.T) {
	const chunks = 16
	var hit [chunks]int
	for node := range 2000 {
		hit[possession.Index([]byte("beacon"), fmt.Sprint(node), "orbfn1test", chunks*possession.ChunkSize)]++
	}
	for index, times := range hit {
		require.InDelta(t, 2000/chunks, times, 60, "chunk %d", index)
	}
}

func FuzzVerify(f *testing.F) {
	const size = 5000
	root := possession.Root(artifact(size))
	chunk, path, err := possession.Prove(artifact(size), 2)
	require.NoError(f, err)
	f.Add(chunk, bytes.Join(path, nil), uint64(2))
	f.Fuzz(func(t *testing.T, chunk, hashes []byte, index uint64) {
		var path [][]byte
		for len(hashes) > 0 {
			n := min(32, len(hashes))
			path, hashes = append(path, hashes[:n]), hashes[n:]
		}
		if possession.Verify(root[:], size, index, chunk, path) == nil {
			want, _, err := possession.Prove(artifact(size), index)
			require.NoError(t, err)
			require.Equal(t, want, chunk)
		}
	})
}
