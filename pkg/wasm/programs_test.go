package wasm

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

const programInput = "The quick brown fox jumps over the lazy dog; the dog sleeps.\nOver, and over.\n"

// command runs a WASI command and returns what it writes and burns.
func (h *harness) command(module []byte) (string, uint64) {
	ctx := context.Background()
	if h.runtime.Module(wasiModule) == nil {
		_, err := wasi_snapshot_preview1.Instantiate(ctx, h.runtime)
		require.NoError(h.t, err)
	}
	var out bytes.Buffer
	h.granted, h.slice = 0, 10_000
	m, err := h.runtime.InstantiateWithConfig(ctx, module,
		wazero.NewModuleConfig().WithName("").WithStartFunctions().WithStdin(strings.NewReader(programInput)).WithStdout(&out))
	require.NoError(h.t, err)
	defer m.Close(ctx)
	fuel := m.ExportedGlobal(FuelExport)
	if _, err = m.ExportedFunction(CommandEntry).Call(ctx); err != nil {
		var exit *sys.ExitError
		require.ErrorAs(h.t, err, &exit)
		require.Zero(h.t, exit.ExitCode())
	}
	return out.String(), uint64(h.granted - int64(fuel.Get()))
}

func tool(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s: %v\n%s", name, err, out)
	}
}

// TestPrograms: real programs, metered, give what they give natively, on both engines, and burn what the reference counts.
func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	sources, err := filepath.Glob("testdata/programs/*.c")
	require.NoError(t, err)
	sources = append(sources, "testdata/programs/words")
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		t.Run(name, func(t *testing.T) {
			native, compiled := filepath.Join(dir, name), filepath.Join(dir, name+".wasm")
			if strings.HasSuffix(source, ".c") {
				if _, err := exec.LookPath("clang"); err != nil {
					t.Skip("there is no clang")
				}
				tool(t, nil, "clang", "-O1", "-ffp-contract=off", "-o", native, source, "-lm")
				tool(t, nil, "clang", "--target=wasm32-wasi", "-O1", "-mbulk-memory", "-o", compiled, source)
			} else {
				tool(t, nil, "go", "build", "-o", native, "./"+source)
				tool(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, "go", "build", "-ldflags=-s -w", "-o", compiled, "./"+source)
			}
			run := exec.Command(native)
			run.Stdin = strings.NewReader(programInput)
			want, err := run.Output()
			require.NoError(t, err)
			module, err := os.ReadFile(compiled)
			require.NoError(t, err)
			metered, err := Meter(module, 64<<20)
			require.NoError(t, err)

			_, counted := newHarness(t, wazero.NewRuntimeConfigInterpreter()).command(reference(t, module))
			for _, engine := range engines {
				got, fuel := newHarness(t, engine.config()).command(metered)
				require.Equal(t, string(want), got, engine.name)
				// proc_exit does not come back, and what stands behind it in the stretch has been charged
				require.GreaterOrEqual(t, fuel, counted, engine.name)
				require.Less(t, fuel-counted, uint64(100), engine.name)
				require.True(t, fuel == counted || strings.HasSuffix(name, "words"), engine.name)
			}
		})
	}
}
