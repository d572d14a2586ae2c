package runtime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// WASI preview 1 as a function sees it: the request on 0, the response on 1, the log on 2, a clock and a random stream that come from the
// request, one argument, no environment, and nothing else. The host keeps no state that a guest could change, so none can pass from one
// request to the next: closing a descriptor, for one, changes nothing.

// Error numbers of WASI preview 1.
const (
	success = 0
	badf    = 8
	fault   = 21
	inval   = 28
	nosys   = 52
	notsock = 57
	notsup  = 58
	spipe   = 70
)

const wasiModule = "wasi_snapshot_preview1"

// argument is what a program finds as its name.
const argument = "function\x00"

// call is one call of a function of WASI: its parameters, and the instance that made it.
type call struct {
	i *instance
	m api.Memory
	p []uint64
}

func (c call) u32(n int) uint32 { return uint32(c.p[n]) }

// writeU32 and the like put a number into the guest's memory and give fault when that is out of bounds.
func (c call) writeU32(at, value uint32) uint64 {
	if !c.m.WriteUint32Le(at, value) {
		return fault
	}
	return success
}

func (c call) writeU64(at uint32, value uint64) uint64 {
	if !c.m.WriteUint64Le(at, value) {
		return fault
	}
	return success
}

func (c call) write(at uint32, value []byte) uint64 {
	if !c.m.Write(at, value) {
		return fault
	}
	return success
}

// answers are the functions that do something; what is left out gives the number that fits it.
var answers = map[string]func(c call) uint64{
	"args_sizes_get":    func(c call) uint64 { return max(c.writeU32(c.u32(0), 1), c.writeU32(c.u32(1), uint32(len(argument)))) },
	"args_get":          func(c call) uint64 { return max(c.writeU32(c.u32(0), c.u32(1)), c.write(c.u32(1), []byte(argument))) },
	"environ_sizes_get": func(c call) uint64 { return max(c.writeU32(c.u32(0), 0), c.writeU32(c.u32(1), 0)) },
	"environ_get":       func(call) uint64 { return success },
	"clock_res_get": func(c call) uint64 {
		if c.u32(0) > 3 {
			return inval
		}
		return c.writeU64(c.u32(1), uint64(time.Microsecond))
	},
	"clock_time_get": func(c call) uint64 {
		switch {
		case c.u32(0) == 0:
			return c.writeU64(c.u32(2), c.i.x.clock.real())
		case c.u32(0) <= 3:
			return c.writeU64(c.u32(2), c.i.x.clock.monotonic())
		}
		return inval
	},
	"random_get": func(c call) uint64 {
		c.i.x.charge(int(c.u32(1)))
		b, ok := c.m.Read(c.u32(0), c.u32(1))
		if !ok {
			return fault
		}
		c.i.x.fill(b)
		return success
	},
	"fd_write":            fdWrite,
	"poll_oneoff":         pollOneoff,
	"sched_yield":         func(call) uint64 { return success },
	"fd_close":            standard(success),
	"fd_sync":             standard(success),
	"fd_datasync":         standard(success),
	"fd_fdstat_set_flags": standard(success),
	"fd_seek":             standard(spipe),
	"fd_tell":             standard(spipe),
	"fd_pread":            standard(spipe),
	"fd_pwrite":           standard(spipe),
	"fd_advise":           standard(spipe),
	"fd_renumber":         standard(notsup),
	"sock_accept":         standard(notsock),
	"sock_recv":           standard(notsock),
	"sock_send":           standard(notsock),
	"sock_shutdown":       standard(notsock),
	"fd_fdstat_get": func(c call) uint64 {
		// a stream of unknown type: neither a terminal nor a file; it may be read when it is 0 and written otherwise
		stat := make([]byte, 24)
		switch fd := c.u32(0); {
		case fd == 0:
			stat[8] = 1 << 1
		case fd <= 2:
			stat[8] = 1 << 6
		default:
			return badf
		}
		return c.write(c.u32(1), stat)
	},
	"fd_filestat_get": func(c call) uint64 {
		if c.u32(0) > 2 {
			return badf
		}
		return c.write(c.u32(1), make([]byte, 64))
	},
	"proc_raise": func(call) uint64 { return nosys },
}

// standard gives an answer for the standard streams and refuses other descriptors.
func standard(errno uint64) func(call) uint64 {
	return func(c call) uint64 {
		if c.u32(0) > 2 {
			return badf
		}
		return errno
	}
}

// maxVectors is how many buffers one call may name, as in POSIX.
const maxVectors = 1024

// vectors calls do for each buffer that fd_read or fd_write names, until it says stop.
func (c call) vectors(at, count uint32, do func(b []byte) (more bool)) uint64 {
	if count > maxVectors {
		return inval
	}
	list, ok := c.m.Read(at, count*8)
	if !ok {
		return fault
	}
	for ; len(list) > 0; list = list[8:] {
		b, ok := c.m.Read(binary.LittleEndian.Uint32(list), binary.LittleEndian.Uint32(list[4:]))
		if !ok {
			return fault
		}
		if !do(b) {
			break
		}
	}
	return success
}

func fdWrite(c call) uint64 {
	var out *output
	switch c.u32(0) {
	case 1:
		out = &c.i.x.stdout
	case 2:
		out = &c.i.x.stderr
	default:
		return badf
	}
	n := 0
	errno := c.vectors(c.u32(1), c.u32(2), func(b []byte) bool {
		out.write(b)
		n += len(b)
		return true
	})
	c.i.x.charge(n)
	return max(errno, c.writeU32(c.u32(3), uint32(n)))
}

// fdRead is called with the execution of the request in place.
func fdRead(c call) uint64 {
	n := 0
	errno := c.vectors(c.u32(1), c.u32(2), func(b []byte) bool {
		got := c.i.x.read(b)
		n += got
		return got == len(b)
	})
	c.i.x.charge(n)
	return max(errno, c.writeU32(c.u32(3), uint32(n)))
}

// pollOneoff answers at once for the standard streams; when only clocks are asked for, the earliest passes.
func pollOneoff(c call) uint64 {
	const subscription, event, absolute = 48, 32, 1
	count := c.u32(2)
	if count == 0 || count > maxVectors {
		return inval
	}
	in, ok := c.m.Read(c.u32(0), count*subscription)
	if !ok {
		return fault
	}
	c.i.x.charge(int(count) * subscription)
	clock := &c.i.x.clock
	now := clock.elapsed
	deadline := func(s []byte) time.Duration {
		timeout := time.Duration(min(binary.LittleEndian.Uint64(s[24:]), 1<<62))
		switch {
		case s[40]&absolute == 0:
			return now + timeout
		case binary.LittleEndian.Uint32(s[16:]) == 0:
			return timeout - time.Duration(clock.start.UnixNano())
		}
		return timeout
	}
	streams, earliest := false, time.Duration(1<<63-1)
	for s := in; len(s) > 0; s = s[subscription:] {
		switch s[8] {
		case 0:
			earliest = min(earliest, deadline(s))
		case 1, 2:
			streams = true
		default:
			return inval
		}
	}
	if !streams {
		clock.elapsed = min(max(clock.elapsed, earliest), 1<<62)
	}
	var out []byte
	for s := in; len(s) > 0; s = s[subscription:] {
		e := make([]byte, event)
		copy(e, s[:8])
		e[10] = s[8]
		switch {
		case s[8] == 0 && (streams || deadline(s) > clock.elapsed):
			continue
		case s[8] == 0:
		case binary.LittleEndian.Uint32(s[16:]) > 2:
			e[8] = badf
		default:
			binary.LittleEndian.PutUint64(e[16:], uint64(len(c.i.x.stdin)))
		}
		out = append(out, e...)
	}
	return max(c.write(c.u32(1), out), c.writeU32(c.u32(3), uint32(len(out)/event)))
}

// instantiateHost makes the host's modules known to the runtime.
func instantiateHost(ctx context.Context, r wazero.Runtime) error {
	wasi := r.NewHostModuleBuilder(wasiModule)
	for name, signature := range wasm.WASI() {
		wasi = wasi.NewFunctionBuilder().WithGoModuleFunction(hostFunction(name), valueTypes(signature.Params), valueTypes(signature.Results)).Export(name)
	}
	_, errWASI := wasi.Instantiate(ctx)
	_, errOrb := r.NewHostModuleBuilder(wasm.HostModule).
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(refill), nil, nil).Export(wasm.RefillFunction).
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(done), nil, nil).Export(wasm.DoneFunction).
		Instantiate(ctx)
	if err := errors.Join(errWASI, errOrb); err != nil {
		return fmt.Errorf("preparing host functions: %w", err)
	}
	return nil
}

func hostFunction(name string) api.GoModuleFunc {
	switch name {
	case "proc_exit":
		return func(ctx context.Context, _ api.Module, p []uint64) {
			instanceOf(ctx).ended(sys.NewExitError(uint32(p[0])))
		}
	case "fd_read":
		return func(ctx context.Context, m api.Module, p []uint64) {
			i := instanceOf(ctx)
			if uint32(p[0]) != 0 {
				p[0] = badf
				return
			}
			i.firstRead(ctx)
			p[0] = fdRead(call{i, m.Memory(), p})
		}
	}
	answer, ok := answers[name]
	if !ok {
		answer = func(call) uint64 { return badf } // of files, of which there are none
	}
	return func(ctx context.Context, m api.Module, p []uint64) {
		i := instanceOf(ctx)
		i.x.charge(0)
		errno := answer(call{i, m.Memory(), p})
		p[0] = errno
	}
}

func valueTypes(letters string) []api.ValueType {
	var types []api.ValueType
	for _, letter := range letters {
		types = append(types, map[rune]api.ValueType{'i': api.ValueTypeI32, 'I': api.ValueTypeI64}[letter])
	}
	return types
}
