package devloop_test

import (
	"bytes"
	"errors"
	"fmt"
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

// showing is a handler of the go template that shows what it is given.
const showing = `package main

func handle(r *Request) Response {
	w := Text(201, r.Method+" "+r.Path+" ? "+r.Query+" x="+r.Param("x")+" A="+r.Header("x-a")+" body="+string(r.Body))
	w.Headers = []string{"X-Kept: 1", "X-Split: 1\r\nX-Forged: 1"}
	return w
}
`

// TestLeanGo: the go template's own reader understands whatever a gateway or an author writes.
func TestLeanGo(t *testing.T) {
	source := filepath.Join(t.TempDir(), "hello")
	require.NoError(t, devloop.New(source, "go"))
	require.NoError(t, os.WriteFile(filepath.Join(source, "main.go"), []byte(showing), 0o600))
	f := loadTemplate(t, source)
	for _, c := range []struct{ name, request, want string }{ // "" is a 400
		{"no headers", "GET / HTTP/1.1\r\n\r\n", "GET / ?  x= A= body="},
		{"older", "GET /a HTTP/1.0\r\n\r\n", "GET /a ?  x= A= body="},
		{"query", "GET /a/b?y=2&x=%41+%zz%4&x=2 HTTP/1.1\r\n\r\n", "GET /a/b ? y=2&x=%41+%zz%4&x=2 x=A %zz%4 A= body="},
		{"header of any case", "GET / HTTP/1.1\r\nX-AB: no\r\nx-A:  yes \r\nX-A: again\r\n\r\n", "GET / ?  x= A=yes body="},
		{"body", "PUT / HTTP/1.1\r\nContent-Length: 4\r\nX-A: 1\r\n\r\nbody", "PUT / ?  x= A=1 body=body"},
		{"body like a head", "PUT / HTTP/1.1\r\nContent-Length: 8\r\nX-A: 1\r\n\r\na\r\n\r\nbcd", "PUT / ?  x= A=1 body=a\r\n\r\nbcd"},
		{"no length", "PUT / HTTP/1.1\r\nX-A: 1\r\n\r\nbody", "PUT / ?  x= A=1 body=body"},
		{"wrong length", "PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\nX-A: 1\r\n\r\nbody", "PUT / ?  x= A=1 body=body"},
		{"no length in it", "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\nbody", "PUT / ?  x= A= body=body"},
		{"nothing", "", ""},
		{"no version", "GET /\r\n\r\n", ""},
		{"other protocol", "GET / SPDY/1.1\r\n\r\n", ""},
		{"cut short", "GET / HTTP/1.1\r\nX-A: 1\r\n", ""},
		{"line feeds alone", "GET / HTTP/1.1\n\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			outcome, err := f.Run(t.Context(), []byte(c.request))
			require.NoError(t, err)
			require.Empty(t, outcome.Message)
			want := fmt.Sprintf("HTTP/1.1 201 Created\r\nContent-Type: text/plain; charset=utf-8\r\nX-Kept: 1\r\nContent-Length: %d\r\n\r\n%s", len(c.want), c.want)
			if c.want == "" {
				want = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 28\r\n\r\nthis is no HTTP/1.1 request\n"
			}
			require.Equal(t, want, string(outcome.Response))
		})
	}
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
