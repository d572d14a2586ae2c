package runtime

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// slice is how much fuel a guest gets at once, about a millisecond's worth. A guest that runs without ever coming back to Go would
	// keep Go's garbage collector, and with it the whole process, waiting.
	slice = 1_000_000
	// bytesPerFuel is the price of what the guest reads and writes through the host.
	bytesPerFuel = 8

	seedLabel = "orb/seed/v1"
)

var (
	errOutOfFuel   = errors.New("out of fuel")
	errInterrupted = errors.New("interrupted")
)

type executionKey struct{}

// execution is the state of one request outside the guest.
type execution struct {
	contract functionstypes.Contract
	limit    uint64
	// granted is the fuel given to the guest so far, charged what host calls cost.
	granted, charged uint64

	stdin  input
	stdout output
	stderr output
	random random
	clock  clock
}

func newExecution(limit uint64, contract functionstypes.Contract, request []byte) *execution {
	x := &execution{contract: contract, limit: limit}
	x.stdin = input{x: x, rest: request}
	x.stdout = output{x: x, limit: wasm.MaxResponseBytes}
	x.stderr = output{x: x, limit: wasm.MaxLogBytes}
	h := sha256.New()
	h.Write([]byte(seedLabel))
	h.Write(request)
	x.random = random{x: x, stream: rand.NewChaCha8([32]byte(h.Sum(nil)))}
	x.clock.start = requestTime(contract, request)
	return x
}

// burned returns what has been burned when left is what the guest still has of what it was granted; left may be negative.
func (x *execution) burned(left int64) uint64 {
	return uint64(int64(x.granted)-left) + x.charged
}

// charge bills bytes that pass between guest and host. It ends the guest when that alone is over the limit.
func (x *execution) charge(bytes int) {
	x.charged += (uint64(bytes) + bytesPerFuel - 1) / bytesPerFuel
	if x.charged > x.limit {
		panic(errOutOfFuel)
	}
}

// refill is called by the guest when it has used up what it was granted. It grants the next slice, or ends the guest when the limit is
// reached or nobody waits for the answer any more.
func refill(ctx context.Context, guest api.Module, _ []uint64) {
	x := ctx.Value(executionKey{}).(*execution)
	if ctx.Err() != nil {
		panic(errInterrupted)
	}
	global := guest.ExportedGlobal(wasm.FuelExport).(api.MutableGlobal)
	left := int64(global.Get())
	burned := x.burned(left)
	if burned > x.limit {
		panic(errOutOfFuel)
	}
	// What is granted beyond the limit is only noticed, never used: the next look finds it burned.
	grant := uint64(-left) + min(slice, x.limit-burned)
	x.granted += grant
	global.Set(uint64(left + int64(grant)))
}

// epoch is the time when a request states none.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// requestTime is the clock of a request: its Date header under the http contract.
func requestTime(contract functionstypes.Contract, request []byte) time.Time {
	if contract != functionstypes.CONTRACT_HTTP {
		return epoch
	}
	lines := bufio.NewReader(bytes.NewReader(request))
	for {
		line, err := lines.ReadString('\n')
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Date") {
			if t, err := http.ParseTime(strings.TrimSpace(value)); err == nil {
				return t
			}
			return epoch
		}
		if err != nil || strings.TrimSpace(line) == "" {
			return epoch
		}
	}
}

// clock stands still but for a microsecond at every look and for what the guest sleeps, so that loops that wait for it end.
type clock struct {
	start   time.Time
	elapsed time.Duration
}

func (c *clock) nano() int64 {
	c.elapsed += time.Microsecond
	return int64(c.elapsed)
}

func (c *clock) wall() (int64, int32) {
	c.elapsed += time.Microsecond
	now := c.start.Add(c.elapsed)
	return now.Unix(), int32(now.Nanosecond())
}

func (c *clock) sleep(ns int64) { c.elapsed += time.Duration(max(ns, 0)) }

// input is the request.
type input struct {
	x    *execution
	rest []byte
}

// Read gives the next bytes of the request and io.EOF behind the last.
func (i *input) Read(b []byte) (int, error) {
	n := copy(b, i.rest)
	i.rest = i.rest[n:]
	i.x.charge(n)
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// output keeps what fits its limit and drops the rest.
type output struct {
	x          *execution
	limit      int
	kept       []byte
	overflowed bool
}

// Write never fails: a guest cannot tell that nobody keeps what it writes.
func (o *output) Write(b []byte) (int, error) {
	o.x.charge(len(b))
	room := o.limit - len(o.kept)
	if len(b) > room {
		o.overflowed = true
	}
	o.kept = append(o.kept, b[:min(len(b), room)]...)
	return len(b), nil
}

// random is the request's own stream of random bytes.
type random struct {
	x      *execution
	stream *rand.ChaCha8
}

// Read never fails.
func (r *random) Read(b []byte) (int, error) {
	r.x.charge(len(b))
	return r.stream.Read(b)
}
