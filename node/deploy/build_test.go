package deploy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/wasm"
)

const shout = "testdata/shout"

var built = sync.OnceValues(func() (*Package, error) { return Build(context.Background(), shout, nil, false) })

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
	p, err := Build(t.Context(), ready(t), nil, false)
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
			_, err := Build(t.Context(), c.source, nil, false)
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

func TestBuildWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Build(t.Context(), shout, nil, false)
	require.ErrorIs(t, err, ErrToolchain)
	require.ErrorContains(t, err, "install Go 1.24 or later")
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

// TestBuildByRecipe: any program may make the module.
func TestBuildByRecipe(t *testing.T) {
	source := func() string {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "idle"), []byte(idle), 0o600))
		return folder
	}
	p, err := Build(t.Context(), source(), &Recipe{Command: []string{"cp", "idle", "build/idle.wasm"}, Output: "build/idle.wasm"}, false)
	require.NoError(t, err)
	require.Equal(t, idle, string(p.Bytes))
	require.Len(t, p.SourceHash, sha256.Size)

	for _, c := range []struct {
		name, wrong string
		command     []string
		toolchain   bool
	}{
		{name: "no such program", command: []string{"no-such-compiler"}, wrong: `install it, or change "build" in orb.json`, toolchain: true},
		{name: "fails", command: []string{"cp", "nothing", "build/idle.wasm"}, wrong: "cp: exit status 1"},
		{name: "makes nothing", command: []string{"true"}, wrong: `"true" made no module`},
		{
			name: "compiler without a library", command: []string{"sh", "-c", "echo \"fatal error: 'stdlib.h' file not found\"; exit 1"},
			wrong: "'stdlib.h' file not found", toolchain: true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Build(t.Context(), source(), &Recipe{Command: c.command, Output: "build/idle.wasm"}, false)
			require.ErrorContains(t, err, c.wrong)
			require.Equal(t, c.toolchain, errors.Is(err, ErrToolchain))
		})
	}
	_, err = Build(t.Context(), source(), &Recipe{Command: []string{"true"}, Output: "a"}, true)
	require.ErrorContains(t, err, "only a Go function's folder can be obfuscated")
}

// TestObfuscate: the names of a function's own code are gone, and it still works.
func TestObfuscate(t *testing.T) {
	p, err := Build(t.Context(), shout, nil, true)
	if errors.Is(err, ErrToolchain) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.NotContains(t, string(p.Bytes), "node/deploy/testdata")
}

// TestFiles: what builds have made and what is hidden is no source.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b.go", "a.go", "sub/c.go", "build/a.wasm", "target/x", "node_modules/y/z.js", ".git/config", ".env", "sub/.hidden"} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	files, err := Files(folder)
	require.NoError(t, err)
	for i, file := range files {
		files[i], err = filepath.Rel(folder, file)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"a.go", "b.go", "sub/c.go"}, files)
}
