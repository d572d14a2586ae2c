package runtime_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	filter = functionstypes.CONTRACT_FILTER
	mib    = 1 << 20
)

var generous = runtime.Limits{Fuel: 200_000_000, Memory: 64 * mib}

// dir is where all tests of the process keep guests and compiled code.
var dir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if dir, err = os.MkdirTemp("", "orb-runtime-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		status := m.Run()
		for _, engine := range engines.all {
			if err := engine.Close(context.Background()); err != nil {
				panic(err)
			}
		}
		return status
	}())
}

// compile builds a program of testdata for WASI.
func compile(name string, args ...string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		out := filepath.Join(dir, name+".wasm")
		args := append(append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", out}, args...), "./testdata/"+strings.TrimSuffix(name, "-reactor"))
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		if message, err := cmd.CombinedOutput(); err != nil {
			return nil, &exec.Error{Name: string(message), Err: err}
		}
		return os.ReadFile(out)
	})
}

var (
	guestCommand = compile("guest")
	orderReactor = compile("order-reactor", "-buildmode=c-shared")
)

func built(t testing.TB, get func() ([]byte, error)) []byte {
	t.Helper()
	module, err := get()
	require.NoError(t, err)
	return module
}

func guest(t testing.TB) []byte { return built(t, guestCommand) }

// engines are shared by the tests of a process, one for each configuration.
var engines = struct {
	sync.Mutex
	all map[runtime.Config]*runtime.Engine
}{all: make(map[runtime.Config]*runtime.Engine)}

func shared(t testing.TB, config runtime.Config) *runtime.Engine {
	t.Helper()
	engines.Lock()
	defer engines.Unlock()
	engine := engines.all[config]
	if engine == nil {
		var err error
		config.CacheDir = filepath.Join(dir, "cache")
		engine, err = runtime.New(context.Background(), config)
		require.NoError(t, err)
		config.CacheDir = ""
		engines.all[config] = engine
	}
	return engine
}

func load(t testing.TB, config runtime.Config, artifact []byte, limits runtime.Limits) *runtime.Program {
	t.Helper()
	program, err := shared(t, config).Load(context.Background(), artifact, limits)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, program.Close(context.Background())) })
	return program
}

func run(t testing.TB, p *runtime.Program, contract functionstypes.Contract, request string) runtime.Outcome {
	t.Helper()
	outcome, err := p.Run(context.Background(), contract, []byte(request))
	require.NoError(t, err)
	return outcome
}

func TestEcho(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), generous)
	outcome := run(t, p, filter, "echo hello")
	require.Equal(t, receipt.FaultNone, outcome.Fault, outcome.Message)
	require.Equal(t, "hello", string(outcome.Response))
	require.Equal(t, "log\n", string(outcome.Log))
	require.Positive(t, outcome.Fuel)
}

// TestFaults: each way to fail is told apart and the next request is served.
func TestFaults(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), generous)
	for _, c := range []struct {
		request  string
		contract functionstypes.Contract
		fault    receipt.Fault
	}{
		{"loop", filter, receipt.FaultFuel},
		{"alloc", filter, receipt.FaultMemory},
		{"exit 3", filter, receipt.FaultExit},
		{"panic", filter, receipt.FaultExit},
		{"flood", filter, receipt.FaultSize},
		{"random", filter, receipt.FaultFuel},
		{"echo this is no HTTP", functionstypes.CONTRACT_HTTP, receipt.FaultResponse},
	} {
		t.Run(c.request, func(t *testing.T) {
			outcome := run(t, p, c.contract, c.request)
			require.Equal(t, c.fault, outcome.Fault, outcome.Message)
			require.Empty(t, outcome.Response)
			require.NotEmpty(t, outcome.Message)
			require.LessOrEqual(t, outcome.Fuel, generous.Fuel)
			require.Equal(t, "still here", string(run(t, p, filter, "echo still here").Response))
		})
	}
}

// TestLogFlood: the log is cut and harms nothing else.
func TestLogFlood(t *testing.T) {
	outcome := run(t, load(t, runtime.Config{}, guest(t), generous), filter, "log-flood")
	require.Equal(t, receipt.FaultNone, outcome.Fault, outcome.Message)
	require.Len(t, outcome.Log, wasm.MaxLogBytes)
}

// TestDeterminism: compiler and interpreter, in any order and number, give the same bytes and the same fuel; what a program may think of
// as time and chance comes from the request.
func TestDeterminism(t *testing.T) {
	requests := []string{"echo hello", "work", "chance", "clock", "loop", "alloc", "panic", "sleep"}
	var outcomes []runtime.Outcome
	for i, config := range []runtime.Config{{}, {Portable: true}, {Interpreter: true}} {
		p := load(t, config, guest(t), runtime.Limits{Fuel: 20_000_000, Memory: 32 * mib})
		for j, request := range requests {
			for range 3 - i {
				outcome := run(t, p, filter, request)
				outcome.Duration = 0
				if i == 0 && len(outcomes) == j {
					outcomes = append(outcomes, outcome)
				}
				require.Equal(t, outcomes[j], outcome, request)
			}
		}
	}
	require.NotEqual(t, outcomes[2].Response, run(t, load(t, runtime.Config{}, guest(t), generous), filter, "chance ").Response,
		"another request has other randomness")
}

// TestClockIsTheRequests under the http contract.
func TestClockIsTheRequests(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), generous)
	require.Contains(t, string(run(t, p, filter, "clock").Response), "2000-01-01T00:00:00")
	outcome := run(t, p, functionstypes.CONTRACT_HTTP, "GET /clock HTTP/1.1\r\nHost: x\r\nDate: Mon, 02 Mar 2026 10:20:30 GMT\r\n\r\n")
	require.Equal(t, receipt.FaultNone, outcome.Fault, outcome.Message)
	require.Contains(t, string(outcome.Response), "2026-03-02T10:20:30")
}

// TestNodeFaultsAreNotCharged: who stops waiting gets an error, not an outcome.
func TestNodeFaultsAreNotCharged(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), runtime.Limits{Fuel: 1 << 60, Memory: 64 * mib})
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	_, err := p.Run(ctx, filter, []byte("loop"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = p.Run(context.Background(), filter, make([]byte, wasm.MaxRequestBytes+1))
	require.ErrorIs(t, err, runtime.ErrNode)
}

// TestParallel: requests on one program do not see each other.
func TestParallel(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), generous)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			body := strings.Repeat("x", i*100)
			outcome, err := p.Run(context.Background(), filter, []byte("echo "+body))
			if err != nil || string(outcome.Response) != body {
				t.Errorf("request %d: %q, %v", i, outcome.Response, err)
			}
		})
	}
	wg.Wait()
}

func TestLoadRefuses(t *testing.T) {
	engine, err := runtime.New(context.Background(), runtime.Config{})
	require.NoError(t, err)
	defer engine.Close(context.Background())
	_, err = engine.Load(context.Background(), []byte("no module"), generous)
	require.ErrorIs(t, err, runtime.ErrInvalidModule)
	_, err = engine.Load(context.Background(), guest(t), runtime.Limits{Fuel: 1, Memory: wasm.PageSize})
	require.ErrorIs(t, err, runtime.ErrInvalidModule)
}

func BenchmarkGoCommand(b *testing.B) {
	p := load(b, runtime.Config{}, guest(b), generous)
	for b.Loop() {
		run(b, p, filter, "echo hello")
	}
}
