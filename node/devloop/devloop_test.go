package devloop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/devloop"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "orb-devloop-")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CACHE_HOME", cache)
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// folder is a function that is built by copying, with files beside it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	f := t.TempDir()
	write(t, f, deploy.ManifestName, `{"contract": "filter", "sample": "sample.txt", "memory_mib": 2, "fuel_factor": 10,
		"build": {"command": ["cp", "source", "build/function.wasm"], "output": "build/function.wasm"}}`)
	write(t, f, "sample.txt", "sample")
	write(t, f, "source", string(wasmtest.Echo("hi ")))
	for name, text := range files {
		write(t, f, name, text)
	}
	return f
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func load(t *testing.T, source string) *devloop.Function {
	t.Helper()
	w, err := devloop.OpenWorkshop(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close(context.Background())) })
	m, err := deploy.ReadManifest(source)
	require.NoError(t, err)
	f, err := w.Load(t.Context(), source, m)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close(context.Background())) })
	return f
}

// TestLimits: a request has what a deploy would give it.
func TestLimits(t *testing.T) {
	f := load(t, folder(t, nil))
	require.Positive(t, f.Complexity)
	require.Equal(t, 10*f.Complexity, f.Limits.Fuel)
	require.Equal(t, uint64(2<<20), f.Limits.Memory)
	require.Equal(t, functionstypes.CONTRACT_FILTER, f.Contract)

	alone := filepath.Join(t.TempDir(), "a.wasm")
	require.NoError(t, os.WriteFile(alone, wasmtest.Echo(""), 0o600))
	f = load(t, alone)
	require.Zero(t, f.Complexity)
	require.Equal(t, functionstypes.DefaultParams().MaxComplexity, f.Limits.Fuel)
}

func TestGolden(t *testing.T) {
	f := load(t, folder(t, nil))
	for _, c := range []struct {
		name  string
		files map[string]string
		is    error
		out   []string
	}{
		{name: "right", files: map[string]string{"tests/a.request": "you", "tests/a.response": "hi you"}, out: []string{"ok    a  "}},
		{name: "right failure", files: map[string]string{"tests/a.request": "exit", "tests/a.fault": "exit"}, out: []string{"ok    a  "}},
		{
			name:  "other answer",
			files: map[string]string{"tests/a.request": "you\nthere", "tests/a.response": "hi you\nhere", "tests/b.request": "", "tests/b.response": "hi "},
			is:    devloop.ErrGolden, out: []string{"FAIL  a", "line 2", `want  "here"`, `got   "there"`, "ok    b"},
		},
		{
			name: "shorter answer", files: map[string]string{"tests/a.request": "", "tests/a.response": "hi \nyou"},
			is: devloop.ErrGolden, out: []string{`want  "hi \n"`, `got   "hi "`},
		},
		{
			name: "fails", files: map[string]string{"tests/a.request": "trap", "tests/a.response": "hi"},
			is: devloop.ErrGolden, out: []string{"FAIL  a", "fails with trap"},
		},
		{
			name: "fails otherwise", files: map[string]string{"tests/a.request": "trap", "tests/a.fault": "exit"},
			is: devloop.ErrGolden, out: []string{`want  "exit"`, `got   "trap"`},
		},
		{
			name: "nothing expected", files: map[string]string{"tests/a.request": "you"},
			is: devloop.ErrGolden, out: []string{"there is no a.response; `orb test --update` writes it"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := folder(t, c.files)
			var out bytes.Buffer
			require.ErrorIs(t, f.Golden(t.Context(), source, false, &out), c.is)
			for _, words := range c.out {
				require.Contains(t, out.String(), words)
			}
			require.NoError(t, f.Golden(t.Context(), source, true, io.Discard))
			require.NoError(t, f.Golden(t.Context(), source, false, io.Discard), "what was written passes")
		})
	}
	require.ErrorContains(t, f.Golden(t.Context(), t.TempDir(), false, io.Discard), "holds no golden request: put one into")
}

// log collects what a server writes.
type log struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *log) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(b)
}

func (l *log) has(t *testing.T, words string) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		return strings.Contains(l.text.String(), words)
	}, 30*time.Second, 10*time.Millisecond, "log without %q", words)
}

// TestServe: a change is served without a restart, a broken one is told and keeps the last good build in place, and errors are a
// gateway's.
func TestServe(t *testing.T) {
	source := folder(t, map[string]string{"orb.json": "{"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	out := &log{}
	s := &devloop.Server{Source: source, Log: out, Read: func() (deploy.Manifest, error) { return deploy.ReadManifest(source) }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	ask := func(body string) (int, string) {
		response, err := http.Post("http://"+listener.Addr().String()+"/path?q", "text/plain", strings.NewReader(body))
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(answer)
	}

	out.has(t, "build failed")
	status, answer := ask("you")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, answer, "unexpected EOF", "nothing has been built yet, and the caller sees why")

	good, err := os.ReadFile(filepath.Join(folder(t, nil), deploy.ManifestName))
	require.NoError(t, err)
	write(t, source, deploy.ManifestName, string(good))
	out.has(t, "complexity")
	status, answer = ask("you")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "hi you", answer)
	out.has(t, "POST /path?q 200")
	out.has(t, "  | hi \n")

	for body, want := range map[string]string{"exit": "exit", "trap": "trap", "loop": "out_of_fuel"} {
		status, answer = ask(body)
		require.Equal(t, http.StatusBadGateway, status, answer)
		require.Contains(t, answer, `"code":"`+want+`"`)
		out.has(t, want+": ")
	}
	status, answer = ask(strings.Repeat("x", 5<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, status, answer)

	write(t, source, "source", "no module")
	out.has(t, "the last good one, if any, goes on")
	_, answer = ask("you")
	require.Equal(t, "hi you", answer)

	write(t, source, "source", string(wasmtest.Echo("hello there ")))
	require.Eventually(t, func() bool { _, answer := ask("you"); return answer == "hello there you" }, 30*time.Second, 50*time.Millisecond)

	cancel()
	require.NoError(t, <-ended)
}

func TestBench(t *testing.T) {
	source := folder(t, map[string]string{"tests/a.request": "you"})
	f := load(t, source)
	figures, err := f.Bench(t.Context(), source, 20*time.Millisecond)
	require.NoError(t, err)
	require.Len(t, figures, 2)
	require.Equal(t, "a", figures[0].Request)
	require.Equal(t, "sample", figures[1].Request)
	require.Equal(t, f.Complexity, figures[1].Fuel)
	for _, g := range figures {
		require.Positive(t, g.Runs)
		require.Positive(t, g.P50)
		require.GreaterOrEqual(t, g.P99, g.P50)
		require.Positive(t, g.PerSecond)
	}

	_, err = f.Bench(t.Context(), folder(t, map[string]string{"tests/bad.request": "exit"}), time.Millisecond)
	require.ErrorContains(t, err, "request bad: it fails: the function ended with exit status 3")
}

// TestExec: the response goes to standard output, and what became of the request to standard error.
func TestExec(t *testing.T) {
	source := folder(t, nil)
	for _, c := range []struct{ request, response, code string }{
		{"you", "hi you", "ok"}, {"exit", "", "exit"}, {"trap", "", "trap"}, {"loop", "", "out_of_fuel"},
	} {
		for _, cmd := range devloop.Commands() {
			if cmd.Name() != "exec" {
				continue
			}
			var out, errs bytes.Buffer
			cmd.SetArgs([]string{source, "--json"})
			cmd.SetIn(strings.NewReader(c.request))
			cmd.SetOut(&out)
			cmd.SetErr(&errs)
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			err := cmd.ExecuteContext(t.Context())
			require.Equal(t, c.code != "ok", err != nil)
			if err != nil {
				require.ErrorIs(t, err, cli.ErrReported)
			}
			var e devloop.Execution
			require.NoError(t, json.Unmarshal(errs.Bytes(), &e), errs.String())
			require.Equal(t, c.code, e.Code)
			require.Equal(t, c.response, out.String())
			require.Equal(t, len(c.response), e.ResponseBytes)
			require.Positive(t, e.Fuel)
			require.LessOrEqual(t, e.Fuel, e.FuelLimit)
			require.Positive(t, e.Time)
			require.Equal(t, c.code == "ok", e.Log == "hi ")
		}
	}
}
