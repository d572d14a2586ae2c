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

// files keeps metered and hollow modules on disk, each behind its hash, so that code can be dropped from memory without its artifact being kept
// there.
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

func (f *files) hollowPath(key codeKey) string { return f.path(key) + "-hollow" }

// open returns what was kept under a path, and how to give it back.
func (f *files) open(path string) ([]byte, func(), error) {
	data, unmap, err := mapFile(path)
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

// keep writes a file. Beside it come more bytes, which are somebody else's to write.
func (f *files) keep(path string, data []byte, beside int64) error {
	temporary, err := os.CreateTemp(f.dir, "new-")
	if err != nil {
		return err
	}
	_, errHash := temporary.Write(hashOf(data))
	_, errWrite := temporary.Write(data)
	if err := errors.Join(errHash, errWrite, temporary.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	f.mu.Lock()
	f.added += int64(len(data)) + beside
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
