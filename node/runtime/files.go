package runtime

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// files keeps metered modules on disk, each behind its hash, so that code can be dropped from memory without its artifact being kept there.
type files struct {
	dir string
	// root is bounded: the metered modules, and beside them wazero's compiled code.
	root  string
	bound int64

	mu    sync.Mutex
	added int64 // since the bound was last looked at
}

func openFiles(dir, root string, bound int64) (*files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f := &files{dir: dir, root: root, bound: bound}
	return f, f.prune(nil)
}

func (f *files) path(key codeKey) string {
	return filepath.Join(f.dir, fmt.Sprintf("v%d-%x-%d", wasm.Version, key.artifact, key.limits.Memory))
}

var errCorrupt = errors.New("the file is damaged")

// open returns the module and how to give it back.
func (f *files) open(key codeKey) ([]byte, func(), error) {
	data, unmap, err := mapFile(f.path(key))
	if err != nil {
		return nil, nil, err
	}
	if len(data) < sha256.Size || !bytes.Equal(data[:sha256.Size], hashOf(data[sha256.Size:])) {
		unmap()
		return nil, nil, errCorrupt
	}
	return data[sha256.Size:], unmap, nil
}

func hashOf(data []byte) []byte {
	h := sha256.Sum256(data)
	return h[:]
}

// keep writes the module.
func (f *files) keep(key codeKey, metered []byte) error {
	path := f.path(key)
	temporary, err := os.CreateTemp(f.dir, "new-")
	if err != nil {
		return err
	}
	_, errHash := temporary.Write(hashOf(metered))
	_, errWrite := temporary.Write(metered)
	if err := errors.Join(errHash, errWrite, temporary.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	f.mu.Lock()
	f.added += int64(len(metered)) * (1 + codeFactor) // with what wazero is about to write
	look := f.added > f.bound/16
	if look {
		f.added = 0
	}
	f.mu.Unlock()
	if look {
		return f.prune(&path)
	}
	return nil
}

// prune removes the oldest files until the rest is within the bound.
func (f *files) prune(except *string) error {
	type file struct {
		path string
		info fs.FileInfo
	}
	var all []file
	total := int64(0)
	err := filepath.WalkDir(f.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && (except == nil || path != *except) {
			all = append(all, file{path, info})
			total += info.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b file) int { return cmp.Compare(a.info.ModTime().UnixNano(), b.info.ModTime().UnixNano()) })
	for _, old := range all {
		if total <= f.bound {
			break
		}
		if err := os.Remove(old.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		total -= old.info.Size()
	}
	return nil
}
