package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	guestSource    = "scripts/bench/testdata/runtime"
	templateSource = "node/devloop/templates/go/http.go.tmpl"
)

// guests are the programs that are measured: one in C, and one in Go in several shapes.
type guests struct{ c, reactor, command, http []byte }

func buildGuests(ctx context.Context, dir string) (guests, error) {
	read := func(name string, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(dir, name))
	}
	var g guests
	var errs [4]error
	g.c, errs[0] = read("c.wasm", execute(ctx, "", "clang", "--target=wasm32", "-O2", "-nostdlib", "-fno-builtin", "-Wl,--no-entry",
		"-o", filepath.Join(dir, "c.wasm"), filepath.Join(guestSource, "corpus.c")))
	g.reactor, errs[1] = buildReactor(ctx, dir)
	g.command, errs[2] = read("command.wasm", buildGo(ctx, dir, "command", nil, "filter.go", ""))
	g.http, errs[3] = read("http.wasm", buildGo(ctx, dir, "http", []string{"-buildmode=c-shared"}, "http.go", templateSource))
	return g, errors.Join(errs[:]...)
}

// buildReactor makes the program that answers an order in JSON with its sum.
func buildReactor(ctx context.Context, dir string) ([]byte, error) {
	if err := buildGo(ctx, dir, "reactor", []string{"-buildmode=c-shared"}, "filter.go", ""); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "reactor.wasm"))
}

// buildMarkdown makes the markdown example.
func buildMarkdown(ctx context.Context, dir string) ([]byte, error) {
	out := filepath.Join(dir, "markdown.wasm")
	if err := execute(ctx, "", "go", "build", "-trimpath", "-ldflags=-s -w", "-buildmode=c-shared", "-o", out, "./examples/markdown"); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// buildGo puts a program together from the order, one of its two ends and, for HTTP, the template's own file.
func buildGo(ctx context.Context, dir, name string, flags []string, end, template string) error {
	source := filepath.Join(dir, name)
	if err := os.MkdirAll(source, 0o755); err != nil {
		return err
	}
	files := map[string]string{"order.go": filepath.Join(guestSource, "order.go"), "end.go": filepath.Join(guestSource, end)}
	if template != "" {
		files["template.go"] = template
	}
	for to, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(source, to), data, 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(source, "go.mod"), []byte("module order\n\ngo 1.26\n"), 0o644); err != nil {
		return err
	}
	args := append(append([]string{"build", "-trimpath", "-ldflags=-s -w"}, flags...), "-o", filepath.Join(dir, name+".wasm"), ".")
	return execute(ctx, source, "go", args...)
}

func execute(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if name == "go" {
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// bare is a program on wazero as it comes: not metered, not isolated, its own WASI.
type bare struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	module   api.Module
	stdin    bytes.Reader
	stdout   bytes.Buffer
}

func newBare(ctx context.Context, module []byte) (*bare, error) {
	b := &bare{runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, b.runtime); err != nil {
		return nil, err
	}
	var err error
	if b.compiled, err = b.runtime.CompileModule(ctx, module); err != nil {
		return nil, err
	}
	b.module, err = b.instance(ctx)
	return b, err
}

func (b *bare) instance(ctx context.Context) (api.Module, error) {
	return b.runtime.InstantiateModule(ctx, b.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
		WithStdin(&b.stdin).WithStdout(&b.stdout))
}

func (b *bare) call(ctx context.Context, m api.Module, request []byte) error {
	b.stdin.Reset(request)
	b.stdout.Reset()
	_, err := m.ExportedFunction("orb_handle").Call(ctx)
	return err
}

// reused calls the one instance again.
func (b *bare) reused(ctx context.Context, request []byte) error {
	return b.call(ctx, b.module, request)
}

// fresh makes an instance for the request.
func (b *bare) fresh(ctx context.Context, request []byte) error {
	m, err := b.instance(ctx)
	if err != nil {
		return err
	}
	return errors.Join(b.call(ctx, m, request), m.Close(ctx))
}

// contest measures contenders in turns, so that a machine that is busy with something else for a while slows none alone, and returns for
// each the time of one operation in its quickest turn: what disturbs only ever adds.
func contest(turns int, turn time.Duration, contenders ...func() error) ([]time.Duration, error) {
	best := make([]time.Duration, len(contenders))
	for range turns {
		for i, do := range contenders {
			began, n := time.Now(), 0
			for n == 0 || time.Since(began) < turn {
				if err := do(); err != nil {
					return nil, err
				}
				n++
			}
			if each := time.Since(began) / time.Duration(n); best[i] == 0 || each < best[i] {
				best[i] = each
			}
		}
	}
	return best, nil
}
