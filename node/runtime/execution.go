package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// slice is how much fuel a guest gets at once, a fraction of a millisecond's worth. A guest that runs without ever coming back to Go
	// keeps Go's garbage collector, and with it the whole process, waiting.
	slice = 100_000
	// callFuel is the price of a call of the host, and a unit of fuel pays for bytesPerFuel bytes that pass through it.
	callFuel     = 200
	bytesPerFuel = 8

	seedLabel  = "orb/seed/v1"
	startLabel = "orb/start/v1"
)

var (
	errOutOfFuel   = errors.New("out of fuel")
	errInterrupted = errors.New("interrupted")
	errClosed      = errors.New("the instance is closed")
)

// patience is for how long an outcome is waited for. It takes no timer: guests come by often enough to be asked.
type patience struct {
	ctx   context.Context
	until time.Time
}

func patienceOf(ctx context.Context) patience {
	return patience{ctx: ctx, until: time.Now().Add(WallTime)}
}

// err says why there is none left, or nil.
func (p patience) err() error {
	if p.ctx.Err() != nil {
		return context.Cause(p.ctx)
	}
	if time.Now().After(p.until) {
		return ErrTimeout
	}
	return nil
}

// execution is the state of one request outside the guest, and of the start-up before the first.
type execution struct {
	patience
	limit uint64
	// granted is the fuel given to the guest so far, charged what host calls cost.
	granted, charged uint64

	request []byte
	stdin   []byte
	stdout  output
	stderr  output
	clock   clock
	label   string
	random  *rand.ChaCha8
	// seed is what the random stream is made of, with label.
	seed []byte
}

// newStart is the execution before the program has read anything of a request: everything in it is the program's own.
func newStart(p patience, limit uint64, hash [32]byte) *execution {
	return &execution{
		patience: p, limit: limit, label: startLabel, seed: hash[:], clock: clock{start: epoch},
		stdout: output{limit: wasm.MaxResponseBytes}, stderr: output{limit: wasm.MaxLogBytes},
	}
}

// newRequest goes on from start-up: what that has burned and written counts as the request's, as if the program had just been started
// for it.
func newRequest(p patience, limit uint64, contract functionstypes.Contract, request []byte) *execution {
	return &execution{
		patience: p, limit: limit, request: request, stdin: request, label: seedLabel, seed: request,
		clock:  clock{start: requestTime(contract, request)},
		stdout: output{limit: wasm.MaxResponseBytes}, stderr: output{limit: wasm.MaxLogBytes},
	}
}

// follow takes over what start-up has left.
func (x *execution) follow(s *started) {
	x.charged = s.fuel
	x.stdout.kept, x.stdout.overflowed = bytes.Clone(s.stdout.kept), s.stdout.overflowed
	x.stderr.kept = bytes.Clone(s.stderr.kept)
	x.clock.elapsed = s.elapsed
}

// burned returns what has been burned when left is what the guest still has of what it was granted; left may be negative.
func (x *execution) burned(left int64) uint64 {
	return uint64(int64(x.granted)-left) + x.charged
}

// grant adds fuel to what the guest has left and returns what it has then. It ends the guest when the limit is reached or nobody waits
// for the answer any more.
func (x *execution) grant(left int64) int64 {
	if x.err() != nil {
		panic(errInterrupted)
	}
	burned := x.burned(left)
	if burned > x.limit {
		panic(errOutOfFuel)
	}
	// What is granted beyond the limit is only noticed, never used: the next look finds it burned.
	grant := min(slice, x.limit-burned) - uint64(min(left, 0))
	x.granted += grant
	return left + int64(grant)
}

// charge bills a call of the host that passes bytes. It ends the guest when such charges alone are over the limit.
func (x *execution) charge(bytes int) {
	x.charged += callFuel + (uint64(bytes)+bytesPerFuel-1)/bytesPerFuel
	if x.charged > x.limit {
		panic(errOutOfFuel)
	}
}

// read gives the next bytes of the request.
func (x *execution) read(b []byte) int {
	n := copy(b, x.stdin)
	x.stdin = x.stdin[n:]
	return n
}

// fill writes random bytes.
func (x *execution) fill(b []byte) {
	if x.random == nil {
		h := sha256.New()
		io.WriteString(h, x.label) //nolint:errcheck // a hash never fails
		h.Write(x.seed)
		x.random = rand.NewChaCha8([32]byte(h.Sum(nil)))
	}
	x.random.Read(b) //nolint:errcheck // it never fails
}

// output keeps what fits its limit and drops the rest; the guest cannot tell.
type output struct {
	limit      int
	kept       []byte
	overflowed bool
}

func (o *output) write(b []byte) {
	room := o.limit - len(o.kept)
	if len(b) > room {
		o.overflowed = true
		b = b[:room]
	}
	o.kept = append(o.kept, b...)
}

// epoch is the time when a request states none.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// requestTime is the clock of a request: its Date header under the http contract.
func requestTime(contract functionstypes.Contract, request []byte) time.Time {
	if contract != functionstypes.CONTRACT_HTTP {
		return epoch
	}
	for len(request) > 0 {
		var line []byte
		line, request, _ = bytes.Cut(request, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && len(name) == 4 && bytes.EqualFold(name, []byte("Date")) {
			if t, err := http.ParseTime(string(bytes.TrimSpace(value))); err == nil {
				return t
			}
			return epoch
		}
	}
	return epoch
}

// clock stands still but for a microsecond at every look and for what the guest sleeps, so that loops that wait for it end.
type clock struct {
	start   time.Time
	elapsed time.Duration
}

func (c *clock) monotonic() uint64 {
	c.elapsed += time.Microsecond
	return uint64(c.elapsed)
}

func (c *clock) real() uint64 {
	c.elapsed += time.Microsecond
	return uint64(c.start.Add(c.elapsed).UnixNano())
}

// refill is called by the guest when it has used up what it was granted.
func refill(ctx context.Context, _ api.Module, _ []uint64) {
	i := instanceOf(ctx)
	i.fuel.Set(uint64(i.x.grant(int64(i.fuel.Get()))))
}
