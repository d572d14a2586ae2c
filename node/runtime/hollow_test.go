package runtime

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestHollow: whatever becomes of the files in the cache, what runs is the code of the module.
func TestHollow(t *testing.T) {
	artifact, limits := wasmtest.Echo("hello, "), Limits{Fuel: 1 << 20, Memory: 1 << 20}
	answer := func(t *testing.T, dir string, artifact []byte) *code {
		t.Helper()
		e, err := New(t.Context(), Config{CacheDir: dir})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close(t.Context())) })
		p, err := e.Load(t.Context(), artifact, limits)
		require.NoError(t, err)
		o, err := p.Run(t.Context(), functionstypes.CONTRACT_FILTER, []byte("world"))
		require.NoError(t, err)
		require.Equal(t, receipt.FaultNone, o.Fault, o.Message)
		require.Equal(t, "hello, world", string(o.Response))
		return p.code
	}
	// kept returns the cache of a first run, and where the code lies that a hollow module stands for.
	kept := func(t *testing.T) (dir, hollow, code string) {
		t.Helper()
		dir = t.TempDir()
		c := answer(t, dir, artifact)
		f := c.engine.files
		content, unmap, err := f.open(f.hollowPath(c.key))
		require.NoError(t, err)
		defer unmap()
		h, err := parseHollow(content)
		require.NoError(t, err)
		metered, unmapMetered, err := f.open(f.path(c.key))
		require.NoError(t, err)
		defer unmapMetered()
		want, err := wasm.Hollow(metered)
		require.NoError(t, err)
		require.Equal(t, want, h.module)
		return dir, f.hollowPath(c.key), filepath.Join(dir, h.path)
	}
	for name, harm := range map[string]func(t *testing.T, hollow, code string){
		"none":       func(*testing.T, string, string) {},
		"no code":    func(t *testing.T, _, code string) { require.NoError(t, os.Remove(code)) },
		"no hollow":  func(t *testing.T, hollow, _ string) { require.NoError(t, os.Remove(hollow)) },
		"cut code":   func(t *testing.T, _, code string) { require.NoError(t, os.Truncate(code, 40)) },
		"cut hollow": func(t *testing.T, hollow, _ string) { require.NoError(t, os.Truncate(hollow, 40)) },
		"code that traps": func(t *testing.T, hollow, code string) {
			content, err := os.ReadFile(hollow)
			require.NoError(t, err)
			h, err := parseHollow(content[32:])
			require.NoError(t, err)
			dir := t.TempDir()
			traps, err := compileInto(t.Context(), dir, h.module)
			require.NoError(t, err)
			require.NoError(t, os.Rename(filepath.Join(dir, traps.path), code))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, hollow, code := kept(t)
			harm(t, hollow, code)
			answer(t, dir, artifact)
			// by now it is mended
			c := answer(t, dir, artifact)
			info, err := os.Stat(code)
			require.NoError(t, err)
			hollowInfo, err := os.Stat(hollow)
			require.NoError(t, err)
			require.Equal(t, info.Size()+hollowInfo.Size()-32, c.size, "it was loaded by its hollow module")
		})
	}
	t.Run("interpreted beside", func(t *testing.T) {
		dir, _, _ := kept(t)
		e, err := New(t.Context(), Config{CacheDir: dir, Interpreter: true})
		require.NoError(t, err)
		defer e.Close(t.Context())
		p, err := e.Load(t.Context(), artifact, limits)
		require.NoError(t, err)
		o, err := p.Run(t.Context(), functionstypes.CONTRACT_FILTER, []byte("world"))
		require.NoError(t, err)
		require.Equal(t, "hello, world", string(o.Response))
	})
}

// TestFirstRequestsCompileOnce: as much is written to the cache whether one asks first or many do.
func TestFirstRequestsCompileOnce(t *testing.T) {
	written := func(callers int) int64 {
		e, err := New(t.Context(), Config{CacheDir: t.TempDir()})
		require.NoError(t, err)
		defer e.Close(context.Background())
		done := make(chan error)
		for range callers {
			go func() {
				p, err := e.Load(t.Context(), wasmtest.Echo("hello, "), Limits{Fuel: 1 << 20, Memory: 1 << 20})
				if err == nil {
					_, err = p.Run(t.Context(), functionstypes.CONTRACT_FILTER, []byte("world"))
				}
				done <- err
			}()
		}
		for range callers {
			require.NoError(t, <-done)
		}
		require.Equal(t, 1, e.resident.Len())
		return e.files.added
	}
	once := written(1)
	require.Positive(t, once)
	require.Equal(t, once, written(32))
}

func FuzzParseHollow(f *testing.F) {
	f.Add(hollowModule{size: 5, path: "a", module: []byte("b")}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := parseHollow(b); err == nil {
			require.Equal(t, b, h.bytes())
		}
	})
}
