package devloop_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/devloop"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestTemplates: each template builds as it comes out, passes its own golden requests, and would be taken by a chain.
func TestTemplates(t *testing.T) {
	for _, name := range devloop.TemplateNames() {
		t.Run(name, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "hello-"+name)
			require.NoError(t, devloop.New(source, name))
			f := loadTemplate(t, source)
			t.Logf("%d bytes, complexity %d", len(f.Package.Bytes), f.Complexity)
			var out bytes.Buffer
			require.NoError(t, f.Golden(t.Context(), source, false, &out), "%s", &out)
			require.Equal(t, name != "filter", f.Package.Info.Reactor)
			params := functionstypes.DefaultParams()
			require.NoError(t, params.Admit(functionstypes.Function{Price: params.MaxPrice}, functionstypes.Version{
				Artifact: f.Package.Artifact, Complexity: f.Complexity, FuelLimit: f.Limits.Fuel, MemoryLimit: f.Limits.Memory,
			}))
		})
	}
}

// loadTemplate loads a template's function, or skips the test where its toolchain is missing.
func loadTemplate(t *testing.T, source string) *devloop.Function {
	t.Helper()
	m, err := deploy.ReadManifest(source)
	require.NoError(t, err)
	require.NoError(t, m.Validate())
	_, err = deploy.Build(t.Context(), source, m.Build, false)
	if errors.Is(err, deploy.ErrToolchain) && m.Build.Command[0] == "cargo" && olderRust(t, source, m.Build) {
		return load(t, source)
	}
	if errors.Is(err, deploy.ErrToolchain) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return load(t, source)
}

// olderRust changes a template so that a distribution's rustc builds it, whose WASI target still has its former name.
func olderRust(t *testing.T, source string, recipe *deploy.Recipe) bool {
	t.Helper()
	const rustc = "/usr/bin/rustc"
	output := filepath.Join("target", "wasm32-wasip1", "release", "function.wasm")
	require.Equal(t, recipe.Output, filepath.ToSlash(output))
	require.NoError(t, os.MkdirAll(filepath.Join(source, filepath.Dir(output)), 0o700))
	args := []string{"--edition=2021", "--crate-type=cdylib", "--target=wasm32-wasi", "-Copt-level=3", "-Clto", "-Cpanic=abort", "-o", output, "src/lib.rs"}
	cmd := exec.Command(rustc, args...)
	cmd.Dir = source
	if _, err := cmd.CombinedOutput(); err != nil {
		return false
	}
	manifest, err := os.ReadFile(filepath.Join(source, deploy.ManifestName))
	require.NoError(t, err)
	cargo := `["cargo", "build", "--quiet", "--release", "--target", "wasm32-wasip1", "--target-dir", "target"]`
	require.Contains(t, string(manifest), cargo)
	built := bytes.Replace(manifest, []byte(cargo), []byte(`["true"]`), 1)
	require.NoError(t, os.WriteFile(filepath.Join(source, deploy.ManifestName), built, 0o600))
	return true
}

// TestDocumented: docs/functions.md shows each template's own file as it is.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "functions.md"))
	require.NoError(t, err)
	for template, file := range map[string]string{
		"go": "main.go", "go-http": "main.go", "filter": "main.go", "rust": "src/lib.rs", "c": "main.c", "assemblyscript": "index.ts",
	} {
		source := filepath.Join(t.TempDir(), "hello")
		require.NoError(t, devloop.New(source, template))
		text, err := os.ReadFile(filepath.Join(source, filepath.FromSlash(file)))
		require.NoError(t, err)
		require.Contains(t, string(page), "\n"+string(text)+"```\n", template)
	}
}

func TestNewRefuses(t *testing.T) {
	taken := t.TempDir()
	for _, c := range []struct{ name, folder, template, wrong string }{
		{"a name that no chain takes", filepath.Join(t.TempDir(), "Hello World"), "go", "name"},
		{"no such template", filepath.Join(t.TempDir(), "hello"), "cobol", "only go, go-http, filter, rust"},
		{"folder exists", filepath.Join(taken, "hello"), "go", "exists already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, os.MkdirAll(filepath.Join(taken, "hello"), 0o700))
			require.ErrorContains(t, devloop.New(c.folder, c.template), c.wrong)
		})
	}
}

// TestToolchains: where the compiler is missing, the message says what to install.
func TestToolchains(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for template, advice := range map[string]string{
		"go": "https://go.dev/dl", "rust": "rustup target add wasm32-wasip1", "c": "wasi-libc", "assemblyscript": "https://nodejs.org", "tinygo": "https://tinygo.org",
	} {
		source := filepath.Join(t.TempDir(), "hello")
		require.NoError(t, devloop.New(source, template))
		m, err := deploy.ReadManifest(source)
		require.NoError(t, err)
		_, err = deploy.Build(t.Context(), source, m.Build, false)
		require.ErrorIs(t, err, deploy.ErrToolchain)
		require.ErrorContains(t, err, advice)
	}
}
