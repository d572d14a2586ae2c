package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// toolchains says how to come by the programs that build functions.
var toolchains = map[string]string{
	"go":     "install Go 1.24 or later: https://go.dev/dl",
	"garble": "go install mvdan.cc/garble@v0.17.0, and have Go's bin folder in the PATH",
	"cargo":  "install Rust with https://rustup.rs, then: rustup target add wasm32-wasip1",
	"clang":  "install clang, lld and wasi-libc (on Debian: apt install clang lld wasi-libc), or put the bin folder of a WASI SDK first in the PATH",
	"npx":    "install Node.js 20 or later: https://nodejs.org; the first build fetches the compiler from the npm registry",
	"tinygo": "install TinyGo and Go: https://tinygo.org/getting-started/install",
}

// ErrToolchain says that a program that builds functions is missing; the text around it says what to install.
var ErrToolchain = errors.New("the toolchain is missing")

// run runs a compiler in a folder. Its output is part of the error.
func run(ctx context.Context, folder string, env []string, command ...string) error {
	program := command[0]
	advice := toolchains[program]
	if _, err := exec.LookPath(program); err != nil {
		if advice == "" {
			advice = "install it, or change \"build\" in " + ManifestName
		}
		return fmt.Errorf("building %s needs %s: %w: %s", folder, program, ErrToolchain, advice)
	}
	cmd := exec.CommandContext(ctx, program, command[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), env...)
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(output))
	if incomplete(text) {
		return fmt.Errorf("building %s: %w: %s\n%s", folder, ErrToolchain, advice, text)
	}
	return fmt.Errorf("building %s: %s: %w\n%s", folder, program, err, text)
}

// incomplete recognises a compiler that is there without what it needs to make Wasm.
func incomplete(output string) bool {
	for _, sign := range []string{
		"target may not be installed",           // cargo without the target's standard library
		"unable to execute command: Executable", // clang without wasm-ld
		"cannot open crt1",                      // clang without wasi-libc
		"No available targets are compatible",   // clang without WebAssembly
		"'stdlib.h' file not found",
		"'string.h' file not found",
		"npm error code E", // npx that cannot fetch the compiler
		"npm ERR! code E",
	} {
		if strings.Contains(output, sign) {
			return true
		}
	}
	return false
}

func (r *Recipe) build(ctx context.Context, folder string) ([]byte, error) {
	output := filepath.Join(folder, r.Output)
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return nil, fmt.Errorf("building: %w", err)
	}
	if err := run(ctx, folder, nil, r.Command...); err != nil {
		return nil, err
	}
	module, err := os.ReadFile(output)
	if err != nil {
		return nil, fmt.Errorf("%q made no module: %w; name the file that it makes as \"output\" in %s", strings.Join(r.Command, " "), err, ManifestName)
	}
	return module, nil
}

// reactorMark stands in the source of a Go function that is called at its own entry point rather than at main.
var reactorMark = []byte("\n//go:wasmexport " + wasm.ReactorEntry + "\n")

// compileGo builds the main package of a folder for WASI. Paths and symbols stay out, so that the same source gives the same bytes.
func compileGo(ctx context.Context, folder string, obfuscate bool) ([]byte, error) {
	out, err := os.CreateTemp("", "orb-*.wasm")
	if err != nil {
		return nil, fmt.Errorf("building: %w", err)
	}
	out.Close()
	defer os.Remove(out.Name())
	command := []string{"go", "build"}
	if obfuscate {
		command = []string{"garble", "-literals", "-tiny", "build"}
	}
	command = append(command, "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out.Name())
	reactor, err := marked(folder)
	if err != nil {
		return nil, err
	}
	if reactor {
		command = append(command, "-buildmode=c-shared")
	}
	if err := run(ctx, folder, []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}, append(command, ".")...); err != nil {
		return nil, err
	}
	return os.ReadFile(out.Name())
}

func marked(folder string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return false, fmt.Errorf("building: %w", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return false, fmt.Errorf("building: %w", err)
		}
		if bytes.Contains(source, reactorMark) {
			return true, nil
		}
	}
	return false, nil
}
