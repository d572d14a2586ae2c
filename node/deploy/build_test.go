package deploy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/wasm"
)

const shout = "testdata/shout"

var built = sync.OnceValues(func() (*Package, error) { return Build(context.Background(), shout) })

// ready returns a .wasm file made from testdata/shout.
func ready(t *testing.T) string {
	t.Helper()
	p, err := built()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "shout.wasm")
	require.NoError(t, os.WriteFile(path, p.Bytes, 0o600))
	return path
}

func TestBuildFolder(t *testing.T) {
	p, err := built()
	require.NoError(t, err)
	sum := sha256.Sum256(p.Bytes)
	root := possession.Root(p.Bytes)
	require.Equal(t, sum[:], p.Artifact.Sha256)
	require.Equal(t, root[:], p.Artifact.MerkleRoot)
	require.Equal(t, uint64(len(p.Bytes)), p.Artifact.Size_)
	require.NoError(t, p.Artifact.Validate())
	require.Len(t, p.SourceHash, sha256.Size)
	require.Positive(t, p.Info.Functions)

	stripped, err := wasm.Strip(p.Bytes)
	require.NoError(t, err)
	require.Equal(t, stripped, p.Bytes, "nothing that only developers need is left")
	here, err := os.Getwd()
	require.NoError(t, err)
	require.False(t, bytes.Contains(p.Bytes, []byte(here)), "nor the machine's paths")
}

// TestBuildModule: a module has no source to hash, and the same bytes have the same names wherever they come from.
func TestBuildModule(t *testing.T) {
	folder, err := built()
	require.NoError(t, err)
	p, err := Build(t.Context(), ready(t))
	require.NoError(t, err)
	require.Nil(t, p.SourceHash)
	require.Equal(t, folder.Artifact, p.Artifact)
}

func TestBuildRefuses(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for _, c := range []struct{ name, source, wrong string }{
		{"missing", "testdata/nowhere", "opening source"},
		{"not Wasm", write("a.wasm", "#!/bin/sh"), "module"},
		{"cut short", write("b.wasm", "\x00asm\x01\x00\x00\x00\x01"), "module"},
		{"outside the contract", write("c.wasm", "\x00asm\x01\x00\x00\x00"), "there is no memory"},
		{"no Go in it", t.TempDir(), "building"},
		{"does not compile", filepath.Dir(write("main.go", "package main\n\nfunc main() { undefined() }\n")), "building"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Build(t.Context(), c.source)
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

func TestBuildWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Build(t.Context(), shout)
	require.ErrorContains(t, err, "needs Go in the PATH; a ready .wasm file does not")
}

func TestSourceHash(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	hash := func() string {
		sum, err := hashSource(folder)
		require.NoError(t, err)
		return string(sum)
	}
	write("main.go", "package main")
	write("sub/a.txt", "ab")
	first := hash()
	require.Equal(t, first, hash())
	write("sub/a.txt", "a")
	require.NotEqual(t, first, hash(), "content counts")
	write("sub/a.txt", "ab")
	require.Equal(t, first, hash())
	require.NoError(t, os.Rename(filepath.Join(folder, "sub/a.txt"), filepath.Join(folder, "sub/b.txt")))
	require.NotEqual(t, first, hash(), "names count")
}
