package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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

// Build makes the artifact of source: a folder with a Go main package, or a ready .wasm file. Names, debug information and producers are
// stripped, so that an executable is all that leaves the machine.
func Build(ctx context.Context, source string) (*Package, error) {
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
		module, err = compileGo(ctx, source)
	} else {
		module, err = os.ReadFile(source)
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

// compileGo builds the main package of a folder for WASI. Paths and symbols stay out, so that the same source gives the same bytes.
func compileGo(ctx context.Context, folder string) ([]byte, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("building %s needs Go in the PATH; a ready .wasm file does not: %w", folder, err)
	}
	out, err := os.CreateTemp("", "orb-*.wasm")
	if err != nil {
		return nil, fmt.Errorf("building: %w", err)
	}
	out.Close()
	defer os.Remove(out.Name())
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out.Name(), ".")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if message, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s: %w\n%s", folder, err, strings.TrimSpace(string(message)))
	}
	return os.ReadFile(out.Name())
}

// hashSource is the sha256 over every regular file below a folder in the order of their paths: path and content, each behind its length.
func hashSource(folder string) ([]byte, error) {
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		write([]byte(filepath.ToSlash(relative)))
		write(data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("hashing source: %w", err)
	}
	return h.Sum(nil), nil
}
