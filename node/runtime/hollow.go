package runtime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// wazero decodes and validates a module before it looks for compiled code on disk, which takes longer than reading that code, and keeps the
// module as long as the code. So compiled code is filed as that of a hollow module, which has everything but the bodies of functions.
//
// Should the file be gone or not the one that was put there, wazero would compile what the hollow module says, which is to trap. So it counts
// only when the file is the same before and after, and as large as the true code, which that of traps never is.

var errNotHollow = errors.New("there is no hollow module that stands for this one")

// hollows tells whether compiled code is kept on disk.
func (e *Engine) hollows() bool { return e.files != nil && e.keeps }

// hollowModule is the content of the file that names a hollow module's code.
type hollowModule struct {
	// size of the file with the code, and its path in the cache.
	size   int64
	path   string
	module []byte
}

func (h hollowModule) bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(h.size))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.path)))
	return append(append(b, h.path...), h.module...)
}

func parseHollow(b []byte) (h hollowModule, err error) {
	if len(b) < 10 || len(b) < 10+int(binary.BigEndian.Uint16(b[8:])) {
		return h, errCorrupt
	}
	end := 10 + int(binary.BigEndian.Uint16(b[8:]))
	return hollowModule{size: int64(binary.BigEndian.Uint64(b)), path: string(b[10:end]), module: b[end:]}, nil
}

// loadHollow brings code into memory without its module.
func (c *code) loadHollow(ctx context.Context) (err error) {
	f := c.engine.files
	content, unmap, err := f.open(f.hollowPath(c.key))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unmap()
			_ = os.Remove(f.hollowPath(c.key)) // it is made again
		}
	}()
	h, err := parseHollow(content)
	if err != nil {
		return err
	}
	before, err := os.Stat(filepath.Join(f.root, h.path))
	if err != nil {
		return err
	}
	compiled, err := c.engine.wazero.CompileModule(context.WithoutCancel(ctx), h.module)
	if err != nil {
		return err
	}
	after, err := os.Stat(filepath.Join(f.root, h.path))
	if err != nil || before.Size() != h.size || after.Size() != h.size || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		return errors.Join(errCorrupt, err, compiled.Close(ctx))
	}
	c.compiled, c.mapping, c.size = compiled, unmap, int64(len(content))+h.size
	return nil
}

// hollow compiles a metered module and files its code as that of a hollow one.
func (f *files) hollow(ctx context.Context, key codeKey, metered []byte) error {
	dir, err := os.MkdirTemp(f.dir, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	trueCode, err := compileInto(ctx, filepath.Join(dir, "true"), metered)
	if err != nil {
		return err
	}
	module, err := wasm.Hollow(metered)
	if err != nil {
		return err
	}
	traps, err := compileInto(ctx, filepath.Join(dir, "hollow"), module)
	if err != nil {
		return err
	}
	if trueCode.size == traps.size {
		return errNotHollow
	}
	place := filepath.Join(f.root, traps.path)
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, "true", trueCode.path), place); err != nil {
		return err
	}
	return f.keep(f.hollowPath(key), hollowModule{size: trueCode.size, path: traps.path, module: module}.bytes(), trueCode.size)
}

// compileInto compiles a module into an empty directory and returns the file with its code.
func compileInto(ctx context.Context, dir string, module []byte) (found struct {
	path string // within the directory
	size int64
}, err error) {
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return found, err
	}
	defer cache.Close(ctx)
	r := wazero.NewRuntimeWithConfig(ctx, compilerConfig().WithCompilationCache(cache))
	defer r.Close(ctx)
	if _, err := r.CompileModule(context.WithoutCancel(ctx), module); err != nil {
		return found, fmt.Errorf("%w: compiling: %w", ErrInvalidModule, err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, errInfo := d.Info()
		within, errPath := filepath.Rel(dir, path)
		if err := errors.Join(errInfo, errPath); err != nil {
			return err
		}
		found.path, found.size = within, info.Size()
		return nil
	})
	if err == nil && found.path == "" {
		err = errNotHollow
	}
	return found, err
}
