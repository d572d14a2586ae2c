package runtime

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// WallTime is the most that one request may take on this node, whatever fuel it has left: a safety net, and the node's own failure.
const WallTime = 10 * time.Second

// Errors of Run. Both are the node's own; nobody is charged.
var (
	// ErrTimeout says that WallTime was over.
	ErrTimeout = errors.New("the request took too long on this node")
	// ErrNode wraps whatever else kept the node from running the request.
	ErrNode = errors.New("the node could not run the request")
)

// Outcome is what a request gave.
type Outcome struct {
	// Response is what the function wrote to standard output; nil after a fault.
	Response []byte
	// Log is the beginning of what it wrote to standard error, at most wasm.MaxLogBytes.
	Log []byte
	// Fuel burned. A faulty request that burned more than its limit burned its limit.
	Fuel uint64
	// Fault is receipt.FaultNone after a response. It is deterministic and charged like one.
	Fault receipt.Fault
	// Message says more about a fault, for people.
	Message string
	// Duration on this machine.
	Duration time.Duration
}

// Run executes one request: the bytes that the function reads from standard input.
func (p *Program) Run(ctx context.Context, contract functionstypes.Contract, request []byte) (Outcome, error) {
	if len(request) > wasm.MaxRequestBytes {
		return Outcome{}, fmt.Errorf("%w: the request has %d bytes, at most %d are allowed", ErrNode, len(request), wasm.MaxRequestBytes)
	}
	if err := p.acquire(); err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrNode, err)
	}
	defer func() { _ = p.release(context.WithoutCancel(ctx)) }() // its owner sees the error

	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, WallTime, ErrTimeout)
	defer cancel()
	x := newExecution(p.limits.Fuel, contract, request)
	outcome, err := p.execute(context.WithValue(limited, executionKey{}, x), x)
	outcome.Duration = time.Since(began)
	if err != nil && limited.Err() != nil {
		return Outcome{}, context.Cause(limited)
	}
	return outcome, err
}

func (p *Program) execute(ctx context.Context, x *execution) (Outcome, error) {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithStdin(&x.stdin).WithStdout(&x.stdout).WithStderr(&x.stderr).WithRandSource(&x.random).
		WithWalltime(x.clock.wall, sys.ClockResolution(time.Microsecond)).
		WithNanotime(x.clock.nano, sys.ClockResolution(time.Microsecond)).
		WithNanosleep(x.clock.sleep)
	instance, err := p.engine.wazero.InstantiateModule(ctx, p.compiled, config)
	if err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrNode, err)
	}
	defer instance.Close(context.WithoutCancel(ctx))
	entries := []string{wasm.CommandEntry}
	if instance.ExportedFunction(wasm.ReactorEntry) != nil {
		entries = []string{wasm.InitEntry, wasm.ReactorEntry}
	}
	for _, name := range entries {
		if f := instance.ExportedFunction(name); f != nil && err == nil {
			_, err = f.Call(ctx)
		}
	}
	if errors.Is(err, errInterrupted) {
		return Outcome{}, fmt.Errorf("%w: %w", ErrNode, err)
	}
	return x.outcome(instance, err), nil
}

// outcome tells faults apart. Fuel comes first: a guest that has none left may fail in any way.
func (x *execution) outcome(instance api.Module, err error) Outcome {
	burned := x.burned(int64(instance.ExportedGlobal(wasm.FuelExport).Get()))
	o := Outcome{Log: x.stderr.kept, Fuel: min(burned, x.limit)}
	var exit *sys.ExitError
	failed := err != nil
	if errors.As(err, &exit) {
		failed = exit.ExitCode() != 0
	}
	switch {
	case burned > x.limit || errors.Is(err, errOutOfFuel):
		o.Fault, o.Fuel, o.Message = receipt.FaultFuel, x.limit, fmt.Sprintf("the request burned its limit of %d fuel", x.limit)
	case failed && instance.ExportedGlobal(wasm.RefusedExport).Get() != 0:
		o.Fault, o.Message = receipt.FaultMemory, "the function failed after it was refused more memory"
	case failed && exit != nil:
		o.Fault, o.Message = receipt.FaultExit, fmt.Sprintf("the function ended with exit status %d", exit.ExitCode())
	case failed && int32(instance.ExportedGlobal(wasm.DepthExport).Get()) < 0:
		o.Fault, o.Message = receipt.FaultDepth, "calls nested too deep"
	case failed:
		o.Fault, o.Message = receipt.FaultTrap, trapReason(err)
	case x.stdout.overflowed:
		o.Fault, o.Message = receipt.FaultResponse, fmt.Sprintf("the response is larger than %d bytes", wasm.MaxResponseBytes)
	case x.contract == functionstypes.CONTRACT_HTTP && !isHTTPResponse(x.stdout.kept):
		o.Fault, o.Message = receipt.FaultResponse, "standard output is not an HTTP/1.1 response"
	default:
		o.Response = x.stdout.kept
	}
	return o
}

// isHTTPResponse tells whether the bytes begin with a status line and headers.
func isHTTPResponse(b []byte) bool {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		return false
	}
	response.Body.Close()
	return true
}
