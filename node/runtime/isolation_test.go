package runtime_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const orderRequest = `{"items":[{"name":"nail","price":0.02,"count":500},{"name":"hammer","price":19.9,"count":1},{"name":"saw","price":24.5,"count":2}]}`

// paths are the ways to put an instance back.
var paths = map[string]runtime.Config{"mapped": {}, "portable": {Portable: true}, "anew": {Interpreter: true}}

// TestReactor: a Go reactor and the same program as a command give the same, over and over.
func TestReactor(t *testing.T) {
	p := load(t, runtime.Config{}, built(t, orderReactor), generous)
	first := run(t, p, filter, orderRequest)
	require.JSONEq(t, `{"items":503,"sum":78.9,"most":"saw"}`, string(first.Response), first.Message)
	for range 5 {
		next := run(t, p, filter, orderRequest)
		next.Duration = first.Duration
		require.Equal(t, first, next)
	}
	bad := run(t, p, filter, "no JSON")
	require.Equal(t, receipt.FaultExit, bad.Fault)
	require.Contains(t, string(bad.Log), "invalid character")
	require.Equal(t, first.Response, run(t, p, filter, orderRequest).Response)
}

// WASI functions that the hand-made guests import, in this order.
const (
	fdRead = iota
	fdWrite
	fdClose
	procExit
	randomGet
	clockGet
	poll
	own // the first function of the guest's own
)

func wasi() []wasmtest.Import {
	i32, i64 := byte(wasmtest.I32), byte(wasmtest.I64)
	one := func(name string, params ...byte) wasmtest.Import {
		return wasmtest.Import{Module: "wasi_snapshot_preview1", Name: name, Params: params, Results: []byte{i32}}
	}
	all := []wasmtest.Import{
		one("fd_read", i32, i32, i32, i32), one("fd_write", i32, i32, i32, i32), one("fd_close", i32), one("proc_exit", i32),
		one("random_get", i32, i32), one("clock_time_get", i32, i64, i32), one("poll_oneoff", i32, i32, i32, i32),
	}
	all[procExit].Results = nil
	return all
}

// Addresses in a hand-made guest: a vector that names the buffer, the number of bytes, the buffer, and where secrets are put.
const (
	vectorAt = 0
	countAt  = 8
	bufferAt = 64
	secretAt = 4096
)

func i32(n int32) []byte { return wasmtest.I32Const(n) }

// call calls a function with constants and drops its result.
func call(function int, args ...int32) []byte {
	var code []byte
	for _, a := range args {
		code = append(code, i32(a)...)
	}
	return wasmtest.Code(code, 0x10, function, 0x1a)
}

// readRequest reads up to 8 bytes of the request into the buffer.
func readRequest() []byte {
	return wasmtest.Code(i32(vectorAt), i32(bufferAt), 0x36, 2, 0, i32(vectorAt+4), i32(8), 0x36, 2, 0, call(fdRead, 0, vectorAt, 1, countAt))
}

// respond writes the i64 that the code gives, as 8 bytes.
func respond(code ...any) []byte {
	return wasmtest.Code(i32(bufferAt), wasmtest.Code(code...), 0x37, 3, 0, i32(vectorAt), i32(bufferAt), 0x36, 2, 0,
		i32(vectorAt+4), i32(8), 0x36, 2, 0, call(fdWrite, 1, vectorAt, 1, countAt))
}

// handmade is a guest with one page of memory that may grow to four, a table, a global of each type and segments.
func handmade(reactor bool, code ...any) []byte {
	m := wasmtest.Module{
		Imports: wasi(), Memory: &[2]uint32{1, 4}, Tables: [][2]uint32{{2, 8}}, DataCount: true,
		Data: []wasmtest.Data{{Passive: true, Bytes: []byte("12345678")}},
		Globals: [][]byte{
			wasmtest.Code(wasmtest.I32, 1, i32(0), 0x0b), wasmtest.Code(wasmtest.I64, 1, wasmtest.I64Const(0), 0x0b),
			wasmtest.Code(wasmtest.F64, 1, 0x44, make([]byte, 8), 0x0b), wasmtest.Code(wasmtest.V128, 1, 0xfd, 12, make([]byte, 16), 0x0b),
			wasmtest.Code(0x70, 1, 0xd0, 0x70, 0x0b),
		},
		Functions: []wasmtest.Function{{Export: "_start", Code: wasmtest.Code(code...)}, {Code: nil}},
		Elements:  []uint32{own + 1},
		Passive:   []uint32{own + 1},
	}
	if reactor {
		m.Functions[0].Export = "orb_handle"
	}
	return m.Bytes()
}

// TestNothingLeaks: whatever the first request leaves somewhere, the second finds it as it was at the start. Each guest looks for what was
// left, then leaves it: it responds with what it found.
func TestNothingLeaks(t *testing.T) {
	number := func(code ...any) []byte { return wasmtest.Code(wasmtest.Code(code...), 0xad) } // i32 to i64
	places := map[string]struct{ find, leave []byte }{
		"memory":         {wasmtest.Code(i32(secretAt), 0x29, 3, 0), wasmtest.Code(i32(secretAt), wasmtest.I64Const(77), 0x37, 3, 0)},
		"end of memory":  {wasmtest.Code(i32(65528), 0x29, 3, 0), wasmtest.Code(i32(65528), wasmtest.I64Const(77), 0x37, 3, 0)},
		"filled memory":  {wasmtest.Code(i32(secretAt), 0x29, 3, 0), wasmtest.Code(i32(secretAt), i32(1), i32(50_000), 0xfc, 11, 0)},
		"size of memory": {number(0x3f, 0), wasmtest.Code(i32(1), 0x40, 0, 0x1a)},
		"grown memory": {
			wasmtest.Code(i32(1), 0x40, 0, i32(16), 0x74, 0x29, 3, 0), wasmtest.Code(i32(1<<16), wasmtest.I64Const(77), 0x37, 3, 0),
		},
		"global i32":      {number(0x23, 0), wasmtest.Code(i32(77), 0x24, 0)},
		"global i64":      {wasmtest.Code(0x23, 1), wasmtest.Code(wasmtest.I64Const(77), 0x24, 1)},
		"global f64":      {wasmtest.Code(0x23, 2, 0xbd), wasmtest.Code(0x44, []byte("12345678"), 0x24, 2)},
		"global v128":     {wasmtest.Code(0x23, 3, 0xfd, 29, 1), wasmtest.Code(wasmtest.I64Const(77), 0xfd, 18, 0x24, 3)},
		"global funcref":  {number(0x23, 4, 0xd1), wasmtest.Code(0xd2, own+1, 0x24, 4)},
		"table":           {number(i32(1), 0x25, 0, 0xd1), wasmtest.Code(i32(1), 0xd2, own+1, 0x26, 0)},
		"filled table":    {number(i32(1), 0x25, 0, 0xd1), wasmtest.Code(i32(1), 0xd2, own+1, i32(1), 0xfc, 17, 0)},
		"copied table":    {number(i32(1), 0x25, 0, 0xd1), wasmtest.Code(i32(1), i32(0), i32(1), 0xfc, 14, 0, 0)},
		"size of table":   {number(0xfc, 16, 0), wasmtest.Code(0xd0, 0x70, i32(1), 0xfc, 15, 0, 0x1a)},
		"dropped segment": {wasmtest.Code(i32(secretAt), i32(0), i32(8), 0xfc, 8, 0, 0, i32(secretAt), 0x29, 3, 0), wasmtest.Code(0xfc, 9, 0)},
		// a segment that has been dropped ends at 0, so that even nothing cannot be taken from its other end
		"dropped elements":  {wasmtest.Code(i32(0), i32(1), i32(0), 0xfc, 12, 1, 0, wasmtest.I64Const(1)), wasmtest.Code(0xfc, 13, 1)},
		"initialised table": {number(i32(1), 0x25, 0, 0xd1), wasmtest.Code(i32(1), i32(0), i32(1), 0xfc, 12, 1, 0)},
		"descriptor":        {number(i32(1), 0x10, fdClose), call(fdClose, 1)},
		"standard input":    {number(readRequest(), i32(countAt), 0x28, 2, 0), readRequest()},
		"random stream":     {wasmtest.Code(call(randomGet, secretAt, 8), i32(secretAt), 0x29, 3, 0), call(randomGet, secretAt, 8)},
		"clock": {
			wasmtest.Code(i32(1), wasmtest.I64Const(0), i32(secretAt), 0x10, clockGet, 0x1a, i32(secretAt), 0x29, 3, 0),
			wasmtest.Code(i32(1), wasmtest.I64Const(0), i32(secretAt), 0x10, clockGet, 0x1a),
		},
	}
	for path, config := range paths {
		for name, c := range places {
			for _, reactor := range []bool{true, false} {
				shape := "command"
				if reactor {
					shape = "reactor"
				}
				t.Run(path+"/"+shape+"/"+name, func(t *testing.T) {
					p := load(t, config, handmade(reactor, readRequest(), respond(c.find), c.leave), generous)
					first := run(t, p, filter, "request of more than eight bytes")
					require.Equal(t, receipt.FaultNone, first.Fault, first.Message)
					for range 3 {
						next := run(t, p, filter, "request of more than eight bytes")
						next.Duration = first.Duration
						require.Equal(t, first, next)
					}
				})
			}
		}
	}
}

// TestNothingLeaksAfterFault: nor does what was left by a request that failed.
func TestNothingLeaksAfterFault(t *testing.T) {
	leave := wasmtest.Code(i32(secretAt), wasmtest.I64Const(77), 0x37, 3, 0, i32(77), 0x24, 0)
	failing := map[string][]byte{
		"trap": {0x00}, "exit": wasmtest.Code(i32(3), 0x10, procExit), "fuel": {0x03, 0x40, 0x0c, 0, 0x0b}, "depth": {0x10, own},
	}
	for path, config := range paths {
		for name, fail := range failing {
			for _, reactor := range []bool{true, false} {
				// the first byte of the request tells whether to fail
				code := wasmtest.Code(readRequest(), i32(bufferAt), 0x2d, 0, 0, i32('!'), 0x46, 0x04, 0x40, leave, fail, 0x0b,
					respond(i32(secretAt), 0x29, 3, 0, 0x23, 0, 0xad, 0x7c))
				p := load(t, config, handmade(reactor, code), runtime.Limits{Fuel: 2_000_000, Memory: mib})
				before := run(t, p, filter, "fine")
				require.Equal(t, receipt.FaultNone, before.Fault, before.Message)
				failed := run(t, p, filter, "!")
				require.NotEqual(t, receipt.FaultNone, failed.Fault)
				after := run(t, p, filter, "fine")
				after.Duration = before.Duration
				require.Equal(t, before, after, "%s/%s", path, name)
			}
		}
	}
}

// TestStartUp: what a program does before it asks for a request is part of every request; a program that never asks gives the same each time.
func TestStartUp(t *testing.T) {
	for path, config := range paths {
		t.Run(path, func(t *testing.T) {
			count := wasmtest.Code(0x23, 1, wasmtest.I64Const(1), 0x7c, 0x24, 1) // one more in global 1
			p := load(t, config, handmade(false, count, respond(0x23, 1), readRequest(), count, respond(0x23, 1)), generous)
			for range 3 {
				o := run(t, p, filter, "x")
				require.Equal(t, "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00", string(o.Response))
			}
			p = load(t, config, handmade(false, respond(0x23, 1)), generous)
			first := run(t, p, filter, "x")
			require.Len(t, first.Response, 8)
			require.Positive(t, first.Fuel)
			second := run(t, p, filter, "y")
			second.Duration = first.Duration
			require.Equal(t, first, second)
			require.Equal(t, receipt.FaultResponse, run(t, p, functionstypes.CONTRACT_HTTP, "y").Fault)
			p = load(t, config, handmade(false, 0x03, 0x40, 0x0c, 0, 0x0b), runtime.Limits{Fuel: 1_000_000, Memory: mib})
			require.Equal(t, receipt.FaultFuel, run(t, p, filter, "x").Fault)
		})
	}
}

// TestFuelDoesNotDependOnWarmth: the first request of an instance burns what later ones do, whatever came between.
func TestFuelDoesNotDependOnWarmth(t *testing.T) {
	p := load(t, runtime.Config{}, guest(t), generous)
	cold := run(t, p, filter, "work")
	for _, request := range []string{"echo a", "alloc", "work", "exit", "work", "chance"} {
		o := run(t, p, filter, request)
		if request == "work" {
			require.Equal(t, cold.Fuel, o.Fuel)
			require.Equal(t, cold.Response, o.Response)
		}
	}
	_, err := p.Run(context.Background(), filter, []byte("work"))
	require.NoError(t, err)
}
