package runtime_test

import (
	"bytes"
	"context"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

// endless is a loop that never ends.
func endless(body ...any) []byte {
	return wasmtest.Code(0x03, 0x40, wasmtest.Code(body...), 0x0c, 0, 0x0b)
}

// hostile changes a guest that reads its request and then does what the code says.
func hostile(change func(*wasmtest.Module), code ...any) []byte {
	m := wasmtest.Module{
		Imports: wasi(), Memory: &[2]uint32{1, 65536},
		Functions: []wasmtest.Function{{Export: "_start", Code: wasmtest.Code(readRequest(), wasmtest.Code(code...))}},
	}
	if change != nil {
		change(&m)
	}
	return m.Bytes()
}

// hostileModules are what a stranger may deploy, with how their requests end.
func hostileModules() map[string]struct {
	module []byte
	fault  receipt.Fault
} {
	sized := func(name int, size int32) []byte { // one call that names a large buffer
		return wasmtest.Code(i32(vectorAt), i32(0), 0x36, 2, 0, i32(vectorAt+4), i32(size), 0x36, 2, 0, call(fdWrite, int32(name), vectorAt, 1, countAt))
	}
	grow := wasmtest.Code(i32(1000), 0x40, 0, 0x1a)
	table := func(m *wasmtest.Module) { m.Tables = [][2]uint32{{1, 1 << 31}} }
	labels := wasmtest.Code(i32(1), 0x0e, wasmtest.U32(32_000), make([]byte, 32_001))
	second := func(f wasmtest.Function) func(*wasmtest.Module) {
		return func(m *wasmtest.Module) { m.Functions = append(m.Functions, f) }
	}
	locals := make([]byte, 20_000)
	for n := range locals {
		locals[n] = wasmtest.I64
	}
	return map[string]struct {
		module []byte
		fault  receipt.Fault
	}{
		"endless loop":         {hostile(nil, endless()), receipt.FaultFuel},
		"endless at start":     {handmade(false, endless()), receipt.FaultFuel},
		"endless host calls":   {hostile(nil, endless(call(fdClose, 9))), receipt.FaultFuel},
		"endless sleep":        {hostile(nil, endless(call(poll, 100, 200, 1, countAt))), receipt.FaultFuel},
		"recursion":            {hostile(nil, 0x10, own), receipt.FaultDepth},
		"mutual recursion":     {hostile(second(wasmtest.Function{Code: wasmtest.Code(0x10, own)}), 0x10, own+1), receipt.FaultDepth},
		"recursion of locals":  {hostile(second(wasmtest.Function{Locals: locals, Code: wasmtest.Code(0x10, own+1)}), 0x10, own+1), receipt.FaultDepth},
		"indirect recursion":   {hostile(func(m *wasmtest.Module) { m.Tables, m.Elements = [][2]uint32{{1, 1}}, []uint32{own} }, i32(0), 0x11, own, 0), receipt.FaultDepth},
		"memory bomb":          {hostile(nil, endless(grow, i32(0), i32(1), 0x3f, 0, i32(16), 0x74, 0xfc, 11, 0)), receipt.FaultFuel},
		"memory bomb, traps":   {hostile(nil, grow, grow, 0x00), receipt.FaultMemory},
		"table bomb":           {hostile(table, 0xd0, 0x70, i32(1<<30), 0xfc, 15, 0, 0x1a, 0x00), receipt.FaultTable},
		"table bomb, slowly":   {hostile(table, endless(0xd0, 0x70, i32(1000), 0xfc, 15, 0, 0x1a)), receipt.FaultFuel},
		"giant br_table":       {hostile(nil, 0x02, 0x40, endless(0x02, 0x40, labels, 0x0b), 0x0b), receipt.FaultFuel},
		"output flood":         {hostile(nil, grow, sized(1, 1<<16), endless(sized(1, 1<<16))), receipt.FaultFuel},
		"large output":         {hostile(nil, i32(100), 0x40, 0, 0x1a, sized(1, wasm.MaxResponseBytes+1)), receipt.FaultSize},
		"log flood":            {hostile(nil, endless(sized(2, 1<<16))), receipt.FaultFuel},
		"random flood":         {hostile(nil, endless(call(randomGet, 0, 1<<16))), receipt.FaultFuel},
		"division by zero":     {hostile(nil, i32(1), i32(0), 0x6d, 0x1a), receipt.FaultTrap},
		"out of bounds":        {hostile(nil, i32(-4), 0x28, 2, 0, 0x1a), receipt.FaultTrap},
		"bad pointers to WASI": {hostile(nil, call(fdRead, 0, -8, 100, -8), call(fdWrite, 1, -8, 1<<30, 0), call(randomGet, -1, -1), 0x00), receipt.FaultFuel},
	}
}

// residentBytes is what this process takes of the machine's memory, 0 where that is not known.
func residentBytes() int64 {
	goruntime.GC()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// TestHostileModules: each is ended by the right fault, soon, again and again; what is served beside and after it is served as ever, and
// the process is as large as before.
func TestHostileModules(t *testing.T) {
	engine, err := runtime.New(context.Background(), runtime.Config{WarmBytes: 4 * mib})
	require.NoError(t, err)
	defer engine.Close(context.Background())
	good, err := engine.Load(context.Background(), handmade(true, readRequest(), respond(i32(bufferAt), 0x29, 3, 0)), generous)
	require.NoError(t, err)
	serve := func() {
		o, err := good.Run(context.Background(), filter, []byte("12345678"))
		require.NoError(t, err)
		require.Equal(t, "12345678", string(o.Response))
	}
	serve()
	before := residentBytes()
	for name, c := range hostileModules() {
		began := time.Now()
		p, err := engine.Load(context.Background(), c.module, runtime.Limits{Fuel: 20_000_000, Memory: 64 * mib})
		require.NoError(t, err, name)
		for range 3 {
			o, err := p.Run(context.Background(), filter, []byte("x"))
			require.NoError(t, err, name)
			require.Equal(t, c.fault, o.Fault, "%s: %s", name, o.Message)
			require.LessOrEqual(t, len(o.Log), wasm.MaxLogBytes)
			serve()
		}
		require.NoError(t, p.Close(context.Background()))
		require.Less(t, time.Since(began), 20*time.Second, name)
	}
	serve()
	require.Less(t, residentBytes()-before, int64(32*mib), "the process has grown")
}

// TestHostileBinaries: what could make compiling it dear is refused, or compiled within bounds.
func TestHostileBinaries(t *testing.T) {
	engine, err := runtime.New(context.Background(), runtime.Config{})
	require.NoError(t, err)
	defer engine.Close(context.Background())
	many := func(n int, part ...any) []byte { return bytes.Repeat(wasmtest.Code(part...), n) }
	deep := wasmtest.Code(many(5_000, 0x02, 0x40), many(5_000, 0x0b))
	wide := make([]byte, 50_001)
	for n := range wide {
		wide[n] = wasmtest.I32
	}
	for name, c := range map[string]struct {
		module []byte
		refuse string
	}{
		"huge locals":       {hostile(func(m *wasmtest.Module) { m.Functions[0].Locals = wide }), "local variables"},
		"huge br_table":     {hostile(nil, i32(0), 0x0e, wasmtest.U32(1<<20), make([]byte, 1<<20+1)), "targets of br_table"},
		"huge function":     {hostile(nil, many(3<<20, 0x01, 0x01)), "bytes; at most"},
		"data-segment bomb": {hostile(func(m *wasmtest.Module) { m.Data = make([]wasmtest.Data, 100_000) }), ""},
		"data beyond":       {hostile(func(m *wasmtest.Module) { m.Data = []wasmtest.Data{{Offset: -1, Bytes: []byte("x")}} }), "reaches out of the memory"},
		"deep blocks":       {hostile(nil, deep), ""},
		"long function":     {hostile(nil, many(50_000, i32(1), 0x1a)), ""},
		"import confusion":  {hostile(func(m *wasmtest.Module) { m.Imports[0].Module = wasm.HostModule }), "only WASI preview 1"},
		"start section":     {hostile(func(m *wasmtest.Module) { m.Start = new(uint32) }), "start section"},
		"invalid types":     {hostile(nil, 0x6a), "compiling"},
		"fuel as a global":  {hostile(nil, wasmtest.I64Const(1), 0x24, 0), "there is no global 0"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			p, err := engine.Load(context.Background(), c.module, generous)
			if c.refuse != "" {
				require.ErrorIs(t, err, runtime.ErrInvalidModule)
				require.ErrorContains(t, err, c.refuse)
				return
			}
			require.NoError(t, err)
			_, err = p.Run(context.Background(), filter, nil)
			require.NoError(t, err)
			require.NoError(t, p.Close(context.Background()))
			require.Less(t, time.Since(began), 20*time.Second)
		})
	}
}

// TestBudgets: code and instances stay within their bounds, programs that were dropped from memory come back, and first requests at the same
// time compile once.
func TestBudgets(t *testing.T) {
	cache := t.TempDir()
	for _, config := range []runtime.Config{{CodeBytes: 1, WarmBytes: 1, CacheDir: cache}, {CodeBytes: 1, WarmBytes: 1}} {
		engine, err := runtime.New(context.Background(), config)
		require.NoError(t, err)
		var programs []*runtime.Program
		for n := range 5 {
			p, err := engine.Load(context.Background(), handmade(n%2 == 0, readRequest(), respond(wasmtest.I64Const(int64(n)))), generous)
			require.NoError(t, err)
			programs = append(programs, p)
		}
		done := make(chan error)
		for n := range 40 {
			go func() {
				o, err := programs[n%5].Run(context.Background(), filter, []byte("x"))
				if err == nil && (len(o.Response) != 8 || o.Response[0] != byte(n%5)) {
					err = os.ErrInvalid
				}
				done <- err
			}()
		}
		for range 40 {
			require.NoError(t, <-done)
		}
		for _, p := range programs {
			require.NoError(t, p.Close(context.Background()))
			_, err := p.Run(context.Background(), filter, nil)
			require.ErrorIs(t, err, runtime.ErrNode)
		}
		require.NoError(t, engine.Close(context.Background()))
	}
}
