package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
	began, patience := time.Now(), patienceOf(ctx)
	outcome, err := p.code.run(patience, contract, request)
	outcome.Duration = time.Since(began)
	if err != nil {
		if reason := patience.err(); reason != nil {
			return Outcome{}, reason
		}
	}
	return outcome, err
}

func (c *code) run(p patience, contract functionstypes.Contract, request []byte) (Outcome, error) {
	i, fixed, err := c.engine.acquire(p, c)
	switch {
	case err != nil:
		return Outcome{}, err
	case fixed != nil:
		return fixed.under(contract), nil
	}
	x := newRequest(p, c.key.limits.Fuel, contract, request)
	over, err := i.serve(x)
	outcome, fault := x.outcome(i, err).under(contract), i.nodeFault(err)
	if fault == nil && !over && i.restore() {
		c.engine.release(c, i)
		return outcome, nil
	}
	i.close()
	c.engine.release(c, nil)
	if fault != nil {
		return Outcome{}, fault
	}
	return outcome, nil
}

// outcome tells faults apart. Fuel comes first: a guest that has none left may fail in any way.
func (x *execution) outcome(i *instance, err error) Outcome {
	burned := x.burned(int64(i.fuel.Get()))
	o := Outcome{Log: x.stderr.kept, Fuel: min(burned, x.limit)}
	var exit *sys.ExitError
	failed := err != nil
	if errors.As(err, &exit) {
		failed = exit.ExitCode() != 0
	}
	switch {
	case burned > x.limit || errors.Is(err, errOutOfFuel):
		o.Fault, o.Fuel, o.Message = receipt.FaultFuel, x.limit, fmt.Sprintf("the request burned its limit of %d fuel", x.limit)
	case failed && int32(i.depth.Get()) < 0:
		o.Fault, o.Message = receipt.FaultDepth, "calls nested too deep"
	case failed && i.refused.Get() == wasm.RefusedMemory:
		o.Fault, o.Message = receipt.FaultMemory, "the function failed after it was refused more memory"
	case failed && i.refused.Get() == wasm.RefusedTable:
		o.Fault, o.Message = receipt.FaultTable, "the function failed after it was refused a larger table"
	case failed && exit != nil:
		o.Fault, o.Message = receipt.FaultExit, fmt.Sprintf("the function ended with exit status %d", exit.ExitCode())
	case failed:
		o.Fault, o.Message = receipt.FaultTrap, trapReason(err)
	case x.stdout.overflowed:
		o.Fault, o.Message = receipt.FaultSize, fmt.Sprintf("the response is larger than %d bytes", wasm.MaxResponseBytes)
	default:
		o.Response = x.stdout.kept
	}
	return o
}

// under looks at the response as the contract does.
func (o Outcome) under(contract functionstypes.Contract) Outcome {
	if o.Fault == receipt.FaultNone && contract == functionstypes.CONTRACT_HTTP && !isHTTPResponse(o.Response) {
		o.Response, o.Fault, o.Message = nil, receipt.FaultResponse, "standard output is not an HTTP/1.1 response"
	}
	return o
}

// isHTTPResponse tells whether the bytes begin with a status line and headers.
func isHTTPResponse(b []byte) bool {
	line, rest, ok := cutLine(b)
	// HTTP/1.1 200 OK
	if !ok || len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[7]&^1 != '0' || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return false
	}
	for _, digit := range line[9:12] {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	if line[9] == '0' {
		return false
	}
	for {
		if line, rest, ok = cutLine(rest); !ok || len(line) == 0 {
			return ok
		}
		name, _, found := bytes.Cut(line, []byte(":"))
		if !found || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return false
		}
	}
}

// cutLine cuts at the first line break, which may be CRLF or LF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	line, rest, ok = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest, ok
}

// trapReason is the first line of a trap's error: the rest is a stack trace of numbers.
func trapReason(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// isStackOverflow tells of wazero's own limit of nested calls. wazero's errors live in a package of its own; their texts are part of what
// it promises to print.
func isStackOverflow(err error) bool {
	return err != nil && strings.Contains(err.Error(), "stack overflow")
}
