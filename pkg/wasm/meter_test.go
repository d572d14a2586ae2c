package wasm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

// reference returns the module with a counter in front of every single instruction, straight from the cost table: slow, and as simple as
// counting can be. It shares nothing with the rewriting of function bodies but the sections around them.
func reference(t testing.TB, data []byte) []byte {
	m, err := decode(data)
	require.NoError(t, err)
	w := newRewriter(m, maxMemoryPages)
	code := appendU32(nil, uint32(len(m.bodies)+len(w.helpers())))
	for i, b := range m.bodies {
		length := uint32(len(m.typeOf(m.importedFunctions + uint32(i)).params))
		body := appendU32(nil, uint32(len(b.locals)+1))
		for _, g := range b.locals {
			length += g.count
			body = append(appendU32(body, g.count), g.kind)
		}
		body = append(body, 1, typeI32)
		burn := func(amount ...byte) {
			body = appendU32(append(body, opGlobalGet), w.fuelGlobal())
			body = appendU32(append(append(body, amount...), opI64Sub, opGlobalSet), w.fuelGlobal())
		}
		burnLength := func(scale ...byte) {
			body = appendU32(append(body, opLocalTee), length)
			amount := append(appendU32([]byte{opLocalGet}, length), opI64ExtendU)
			body = append(body, opDrop)
			burn(append(amount, scale...)...)
			body = appendU32(append(body, opLocalGet), length)
		}
		r := &reader{data: data, pos: b.code, end: b.end}
		for r.pos < b.end {
			in := r.next()
			if c := cost(in); c > 0 {
				burn(appendS64([]byte{opI64Const}, c)...)
			}
			raw := data[in.start:in.end]
			switch {
			case in.op == opCall || in.op == opRefFunc:
				raw = appendU32([]byte{in.op}, w.moved(in.index))
			case in.op == opMemoryGrow:
				burnLength(append(appendS64([]byte{opI64Const}, growCost), opI64Mul)...)
			case in.op == opPrefixMisc && (in.misc == miscMemoryCopy || in.misc == miscMemoryFill || in.misc == miscMemoryInit):
				burnLength(opI64Const, bulkShift, opI64ShrU)
			}
			body = append(body, raw...)
		}
		code = append(appendU32(code, uint32(len(body))), body...)
	}
	for _, h := range w.helpers() {
		code = append(appendU32(code, uint32(len(h.code))), h.code...)
	}
	metered := w.module()
	out, err := decode(metered)
	require.NoError(t, err)
	result := []byte(header)
	for _, s := range out.sections {
		content := metered[s.body:s.end]
		if s.id == sectionCode {
			content = code
		}
		result = append(result, wasmtest.Section(s.id, content)...)
	}
	return result
}

// ran is what can be seen of a run.
type ran struct {
	results []uint64
	trap    string
	memory  [32]byte
	fuel    uint64
	depth   int32
}

type harness struct {
	t       testing.TB
	runtime wazero.Runtime
	granted int64
	slice   int64
}

func newHarness(t testing.TB, config wazero.RuntimeConfig) *harness {
	h := &harness{t: t, slice: 1000}
	ctx := context.Background()
	h.runtime = wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { h.runtime.Close(ctx) })
	_, err := h.runtime.NewHostModuleBuilder(HostModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(h.refill), nil, nil).Export(RefillFunction).
		NewFunctionBuilder().WithFunc(func() {}).Export(DoneFunction).Instantiate(ctx)
	require.NoError(t, err)
	return h
}

func (h *harness) refill(_ context.Context, m api.Module, _ []uint64) {
	fuel := m.ExportedGlobal(FuelExport).(api.MutableGlobal)
	left := int64(fuel.Get())
	require.Negative(h.t, left)
	h.granted += h.slice - left
	fuel.Set(uint64(h.slice))
}

// run calls "run"; an original module has no fuel and burns none.
func (h *harness) run(module []byte, args ...uint64) ran {
	ctx := context.Background()
	m, err := h.runtime.InstantiateWithConfig(ctx, module, wazero.NewModuleConfig().WithName(""))
	require.NoError(h.t, err)
	defer m.Close(ctx)
	h.granted = 0
	results, err := m.ExportedFunction("run").Call(ctx, args...)
	r := ran{results: append([]uint64{}, results...)}
	if err != nil {
		first, _, _ := bytes.Cut([]byte(err.Error()), []byte("\n"))
		r.trap = string(first)
	}
	if memory := m.Memory(); memory != nil {
		all, _ := memory.Read(0, memory.Size())
		r.memory = sha256.Sum256(all)
	}
	if fuel := m.ExportedGlobal(FuelExport); fuel != nil {
		r.fuel = uint64(h.granted - int64(fuel.Get()))
		r.depth = int32(m.ExportedGlobal(DepthExport).Get())
	}
	return r
}

var engines = []struct {
	name   string
	config func() wazero.RuntimeConfig
}{{"compiler", wazero.NewRuntimeConfigCompiler}, {"interpreter", wazero.NewRuntimeConfigInterpreter}}

// checkMetered compares a module with what becomes of it: results, traps and memory of the original; the fuel of the slow reference; and
// all of it, NaNs included, on the compiler as on the interpreter.
func checkMetered(t *testing.T, module []byte, exactNaN bool, args ...uint64) {
	metered, err := rewritten(module)
	require.NoError(t, err)
	var first ran
	for i, engine := range engines {
		h := newHarness(t, engine.config())
		got := h.run(metered, args...)
		if i == 0 {
			first = got
		}
		require.Equal(t, first, got, "%s differs", engine.name)
		if exactNaN {
			original := h.run(module, args...)
			require.Equal(t, original.trap, got.trap, engine.name)
			require.Equal(t, original.results, got.results, engine.name)
			require.Equal(t, original.memory, got.memory, engine.name)
		}
		if got.trap == "" {
			require.EqualValues(t, maxDepth, got.depth, "the room for calls is given back")
			if exactNaN {
				require.Equal(t, h.run(reference(t, module), args...).fuel, got.fuel, engine.name)
			}
		}
	}
}

func entropy(seed uint64) []byte {
	out := make([]byte, 2000)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(out)
	return out
}

// TestMeterGenerated does for a fixed number of modules what FuzzMeter does for ever more.
func TestMeterGenerated(t *testing.T) {
	for seed := range uint64(150) {
		floats := seed%3 == 0
		checkMetered(t, generate(entropy(seed), floats), !floats, 7, 9)
	}
}

// FuzzMeter: a module that has been rewritten does what it did before and burns what the reference counts.
func FuzzMeter(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(entropy(seed)[:200], seed%2 == 0, uint32(seed), uint64(1)<<seed)
	}
	f.Fuzz(func(t *testing.T, entropy []byte, floats bool, a uint32, b uint64) {
		checkMetered(t, generate(entropy, floats), !floats, uint64(a), b)
	})
}
