package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Package is an artifact, ready to be uploaded, with its names.
type Package struct {
	Bytes    []byte
	Artifact functionstypes.Artifact
	// SourceHash is nil when a module was given and not its source.
	SourceHash []byte
	Info       wasm.Info
}

// Build makes the artifact of source: a folder that recipe builds, or without one its Go main package; or a ready .wasm file. Names, debug
// information and producers are stripped, so that an executable is all that leaves the machine. With obfuscate, garble compiles Go.
func Build(ctx context.Context, source string, recipe *Recipe, obfuscate bool) (*Package, error) {
	stat, err := os.Stat(source)
	if err != nil {
		return nil, fmt.Errorf("opening source: %w", err)
	}
	p := &Package{}
	var module []byte
	if stat.IsDir() {
		if p.SourceHash, err = hashSource(source); err != nil {
			return nil, err
		}
	}
	switch {
	case obfuscate && (!stat.IsDir() || recipe != nil):
		return nil, fmt.Errorf("only a Go function's folder can be obfuscated, and %s is none", source)
	case !stat.IsDir():
		module, err = os.ReadFile(source)
	case recipe != nil:
		module, err = recipe.build(ctx, source)
	default:
		module, err = compileGo(ctx, source, obfuscate)
	}
	if err != nil {
		return nil, err
	}
	if p.Bytes, err = wasm.Strip(module); err != nil {
		return nil, err
	}
	if p.Info, err = wasm.Check(p.Bytes); err != nil {
		return nil, err
	}
	cid, err := artifact.CID(p.Bytes)
	if err != nil {
		return nil, err
	}
	sum, root := sha256.Sum256(p.Bytes), possession.Root(p.Bytes)
	p.Artifact = functionstypes.Artifact{Cid: cid, Sha256: sum[:], MerkleRoot: root[:], Size_: uint64(len(p.Bytes))}
	return p, nil
}

// made are folders with what builds make of a source, which are no part of it.
var made = []string{BuildFolder, "target", "node_modules"}

// Files returns the paths of a function's source below a folder, in order: every regular file, but nothing hidden and nothing that builds
// have made.
func Files(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != folder && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (hidden || path != folder && slices.Contains(made, entry.Name())):
			return filepath.SkipDir
		case entry.Type().IsRegular() && !hidden:
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the source: %w", err)
	}
	return files, nil
}

// hashSource is the sha256 over the files of a source: path and content of each, either behind its length.
func hashSource(folder string) ([]byte, error) {
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	files, err := Files(folder)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return nil, fmt.Errorf("hashing source: %w", err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("hashing source: %w", err)
		}
		write([]byte(filepath.ToSlash(relative)))
		write(data)
	}
	return h.Sum(nil), nil
}
