// Package exampletest runs an example as the network does: built for WASI, metered, under the limits that its orb.json asks for.
package exampletest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

var update = flag.Bool("update", false, "write the sample request anew")

// Function is an example ready to run.
type Function struct {
	// Complexity is the fuel that the sample burns.
	Complexity uint64

	t        *testing.T
	program  *runtime.Program
	contract functionstypes.Contract
	limit    uint64
}

// Load builds the function in the test's working directory, measures its sample and loads it with the limits that follow.
func Load(t *testing.T) *Function {
	t.Helper()
	var manifest struct {
		Contract   string `json:"contract"`
		Sample     string `json:"sample"`
		MemoryMiB  uint64 `json:"memory_mib"`
		FuelFactor uint64 `json:"fuel_factor"`
	}
	file, err := os.ReadFile("orb.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &manifest))
	sample, err := os.ReadFile(manifest.Sample)
	require.NoError(t, err)

	ctx := context.Background()
	engine, err := runtime.New(ctx, runtime.Config{CacheDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close(ctx)) })
	artifact := build(t)

	f := &Function{t: t, contract: map[string]functionstypes.Contract{
		"http": functionstypes.CONTRACT_HTTP, "filter": functionstypes.CONTRACT_FILTER,
	}[manifest.Contract]}
	limits := runtime.Limits{Fuel: 1 << 40, Memory: manifest.MemoryMiB << 20}
	f.program, err = engine.Load(ctx, artifact, limits)
	require.NoError(t, err)
	outcome := f.Outcome(sample)
	require.Equal(t, receipt.FaultNone, outcome.Fault, outcome.Message)
	require.NoError(t, f.program.Close(ctx))

	f.Complexity = outcome.Fuel
	f.limit = outcome.Fuel * manifest.FuelFactor
	limits.Fuel = f.limit
	f.program, err = engine.Load(ctx, artifact, limits)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.program.Close(ctx)) })
	t.Logf("artifact %d bytes, sample %d bytes, complexity %d fuel, %v", len(artifact), len(sample), f.Complexity, outcome.Duration)
	return f
}

func build(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "function.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-buildmode=c-shared", "-o", out, ".")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	message, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", message)
	module, err := os.ReadFile(out)
	require.NoError(t, err)
	artifact, err := wasm.Strip(module)
	require.NoError(t, err)
	return artifact
}

// Go returns what the go command prints.
func Go(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// Outcome runs one request.
func (f *Function) Outcome(request []byte) runtime.Outcome {
	f.t.Helper()
	outcome, err := f.program.Run(context.Background(), f.contract, request)
	require.NoError(f.t, err)
	return outcome
}

// Run runs one request that the limits must allow and returns the response.
func (f *Function) Run(name string, request []byte) []byte {
	f.t.Helper()
	outcome := f.Outcome(request)
	require.Equal(f.t, receipt.FaultNone, outcome.Fault, "%s: %s", name, outcome.Message)
	require.Empty(f.t, outcome.Log, name)
	f.t.Logf("%s: %d bytes, %.2f of the fuel, %v", name, len(request), float64(outcome.Fuel)/float64(f.limit), outcome.Duration)
	return outcome.Response
}

// Same fails the test unless the function answers a request as the handler does natively, byte for byte.
func (f *Function) Same(name string, h http.Handler, request []byte) {
	f.t.Helper()
	var native bytes.Buffer
	require.NoError(f.t, httpio.Serve(h, bytes.NewReader(request), &native))
	require.Equal(f.t, native.String(), string(f.Run(name, request)), name)
}

// Post returns an HTTP/1.1 request message as a gateway hands it to a function.
func Post(t testing.TB, target string, header http.Header, body []byte) []byte {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	require.NoError(t, err)
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Date", "Mon, 23 Nov 2026 08:00:00 GMT")
	header.Set("User-Agent", "orb")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	var message bytes.Buffer
	message.WriteString("POST " + u.RequestURI() + " HTTP/1.1\r\nHost: orb\r\n")
	require.NoError(t, header.Write(&message))
	message.WriteString("\r\n")
	message.Write(body)
	return message.Bytes()
}

// Sample writes a sample request under go test -update. Nothing compares it with the file otherwise, as compressors change with Go.
func Sample(t *testing.T, name string, request []byte) {
	t.Helper()
	require.LessOrEqual(t, len(request), functionstypes.MaxSampleBytes)
	if *update {
		require.NoError(t, os.WriteFile(name, request, 0o644))
	}
}
