package wasm

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

// TestBulk: long copies and fills go in parts and give what they gave in one, whichever way they overlap; out of bounds they trap before
// they write.
func TestBulk(t *testing.T) {
	const pages, far = 20, 600_000
	run := func(instruction []byte) []byte {
		m := wasmtest.Module{
			Memory: &[2]uint32{pages, pages}, Data: []wasmtest.Data{{Offset: 100, Bytes: []byte("mark")}, {Offset: far, Bytes: []byte("another")}},
			Functions: []wasmtest.Function{{Export: "run", Params: []byte{wasmtest.I32, wasmtest.I32, wasmtest.I32},
				Code: wasmtest.Code(0x20, 0, 0x20, 1, 0x20, 2, instruction)}},
		}
		return m.Bytes()
	}
	memoryCopy, memoryFill := run([]byte{0xfc, 0x0a, 0, 0}), run([]byte{0xfc, 0x0b, 0})
	for name, c := range map[string]struct {
		module               []byte
		target, source, size uint64
	}{
		"forward":               {memoryCopy, 0, 50, 3*bulkChunk + 5},
		"backward":              {memoryCopy, 50, 0, 3*bulkChunk + 5},
		"same place":            {memoryCopy, 50, 50, 2 * bulkChunk},
		"apart":                 {memoryCopy, far, 10, bulkChunk + 1},
		"one part":              {memoryCopy, 0, 50, bulkChunk},
		"to the end":            {memoryCopy, pages*PageSize - 2*bulkChunk, 0, 2 * bulkChunk},
		"target beyond":         {memoryCopy, pages*PageSize - 2*bulkChunk + 1, 0, 2 * bulkChunk},
		"source beyond":         {memoryCopy, 0, pages*PageSize - 2*bulkChunk + 1, 2 * bulkChunk},
		"length beyond":         {memoryCopy, 1, 1, math.MaxUint32},
		"nothing beyond":        {memoryCopy, pages*PageSize + 1, 0, 0},
		"fill":                  {memoryFill, 7, 0xabcd, 2*bulkChunk + 3},
		"fill beyond":           {memoryFill, far, 1, pages*PageSize - far + 1},
		"fill length beyond":    {memoryFill, 1, 1, math.MaxUint32},
		"fill to the end":       {memoryFill, far, 1, pages*PageSize - far},
		"fill nothing":          {memoryFill, 0, 1, 0},
		"fill nothing, outside": {memoryFill, math.MaxUint32, 1, 0},
	} {
		t.Run(name, func(t *testing.T) { checkMetered(t, c.module, true, c.target, c.source, c.size) })
	}
}

// TestNaN: whatever arithmetic makes a NaN of, with any NaN in it, what can be seen of it is canonical; moving one moves its bits.
func TestNaN(t *testing.T) {
	const odd = 0xfff8000000000123
	get := []byte{0x20, 0}
	reinterpret := byte(0xbd)
	for name, c := range map[string]struct {
		code []byte
		want uint64
	}{
		"moved":              {wasmtest.Code(get, reinterpret), odd},
		"through memory":     {wasmtest.Code(wasmtest.I32Const(0), get, 0x39, 0, 0, wasmtest.I32Const(0), 0x29, 0, 0), odd},
		"selected":           {wasmtest.Code(get, get, wasmtest.I32Const(1), 0x1b, reinterpret), odd},
		"added":              {wasmtest.Code(get, get, 0xa0, reinterpret), canonicalF64},
		"divided":            {wasmtest.Code(0x44, fixed(0, 8), 0x44, fixed(0, 8), 0xa3, reinterpret), canonicalF64},
		"root":               {wasmtest.Code(0x44, fixed(math.Float64bits(-1), 8), 0x9f, reinterpret), canonicalF64},
		"stored":             {wasmtest.Code(wasmtest.I32Const(0), get, get, 0xa2, 0x39, 0, 0, wasmtest.I32Const(0), 0x29, 0, 0), canonicalF64},
		"kept":               {wasmtest.Code(get, get, 0xa0, 0x22, 0, 0x1a, get, reinterpret), canonicalF64},
		"sign copied":        {wasmtest.Code(0x44, fixed(math.Float64bits(3), 8), get, get, 0xa1, 0xa6, reinterpret), math.Float64bits(3)},
		"demoted, promoted":  {wasmtest.Code(get, 0xb6, 0xbb, reinterpret), canonicalF64},
		"negated as it came": {wasmtest.Code(get, 0x9a, reinterpret), odd &^ (1 << 63)},
		"minimum":            {wasmtest.Code(get, 0x44, fixed(0, 8), 0xa4, reinterpret), canonicalF64},
		"two at once":        {wasmtest.Code(get, get, 0xa0, get, get, 0xa1, 0xa0, reinterpret), canonicalF64},
		"vector":             {wasmtest.Code(get, 0xfd, 20, get, 0xfd, 20, 0xfd, 0xf0, 1, 0xfd, 29, 1), canonicalF64},
	} {
		t.Run(name, func(t *testing.T) {
			m := wasmtest.Module{Memory: &[2]uint32{1, 1}, Functions: []wasmtest.Function{
				{Export: "run", Params: []byte{wasmtest.F64}, Results: []byte{wasmtest.I64}, Code: c.code},
			}}
			metered, err := rewritten(m.Bytes())
			require.NoError(t, err)
			for _, engine := range engines {
				got := newHarness(t, engine.config()).run(metered, odd)
				require.Empty(t, got.trap)
				require.Equal(t, []uint64{c.want}, got.results, engine.name)
			}
		})
	}
}

// instance of a metered module on the compiler, with what it exports.
func instance(t *testing.T, m wasmtest.Module) (call func() error, exported func(string) int64) {
	t.Helper()
	ctx := context.Background()
	m.Functions[len(m.Functions)-1].Export = CommandEntry
	metered, err := Meter(m.Bytes(), 4*PageSize)
	require.NoError(t, err)
	h := newHarness(t, wazero.NewRuntimeConfigCompiler())
	guest, err := h.runtime.InstantiateWithConfig(ctx, metered, wazero.NewModuleConfig().WithStartFunctions())
	require.NoError(t, err)
	return func() error {
			_, err := guest.ExportedFunction(CommandEntry).Call(ctx)
			return err
		}, func(name string) int64 {
			g := guest.ExportedGlobal(name)
			if g == nil {
				return math.MinInt64
			}
			return int64(int32(g.Get()))
		}
}

// TestMarks: what the rewritten module tells of itself.
func TestMarks(t *testing.T) {
	memory := &[2]uint32{1, 100}
	table := [][2]uint32{{1, math.MaxUint32}}
	mutable := func(kind byte, initial ...byte) [][]byte { return [][]byte{wasmtest.Code(kind, 1, initial, 0x0b)} }
	vector := wasmtest.Code(0xfd, 12, make([]byte, 16))
	for name, c := range map[string]struct {
		module  wasmtest.Module
		code    []byte
		trap    string
		mark    string
		is      int64
		without string
	}{
		"nothing":           {code: nil, mark: ChangedExport},
		"memory grown":      {code: wasmtest.Code(wasmtest.I32Const(3), 0x40, 0, 0x1a), mark: RefusedExport},
		"memory refused":    {code: wasmtest.Code(wasmtest.I32Const(4), 0x40, 0, 0x1a), mark: RefusedExport, is: RefusedMemory},
		"table refused":     {code: wasmtest.Code(0xd0, 0x70, wasmtest.I32Const(MaxTableElements), 0xfc, 15, 0, 0x1a), mark: RefusedExport, is: RefusedTable},
		"table grown":       {code: wasmtest.Code(0xd0, 0x70, wasmtest.I32Const(1), 0xfc, 15, 0, 0x1a), mark: ChangedExport, is: 1},
		"table set":         {code: wasmtest.Code(wasmtest.I32Const(0), 0xd0, 0x70, 0x26, 0), mark: ChangedExport, is: 1},
		"segment dropped":   {code: []byte{0xfc, 9, 0}, mark: ChangedExport, is: 1},
		"deep":              {code: []byte{0x10, 0}, trap: "unreachable", mark: DepthExport, is: -8},
		"global of numbers": {module: wasmtest.Module{Globals: mutable(wasmtest.I32, 0x41, 9)}, mark: GlobalExport(0), is: 9, without: GlobalExport(1)},
		"global of vectors": {module: wasmtest.Module{Globals: mutable(wasmtest.V128, vector...)}, mark: ChangedExport, is: 1, without: GlobalExport(0)},
		"global reference":  {module: wasmtest.Module{Globals: mutable(0x70, 0xd2, 0)}, mark: ChangedExport, is: 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.module
			m.Memory, m.Tables, m.DataCount, m.Data = memory, table, true, []wasmtest.Data{{Passive: true, Bytes: []byte("x")}}
			m.Functions = []wasmtest.Function{{Code: c.code}}
			call, exported := instance(t, m)
			err := call()
			if c.trap == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.trap)
			}
			require.Equal(t, c.is, exported(c.mark))
			if c.without != "" {
				require.EqualValues(t, math.MinInt64, exported(c.without))
			}
		})
	}
}

// TestMeterMemoryLimit: a module that starts with more than its limit is refused.
func TestMeterMemoryLimit(t *testing.T) {
	m := wasmtest.Command()
	m.Memory = &[2]uint32{3, 5}
	_, err := Meter(m.Bytes(), 3*PageSize-1)
	require.ErrorContains(t, err, "above its memory limit")
	_, err = Meter(m.Bytes(), 3*PageSize)
	require.NoError(t, err)
}

// TestMeterKeepsData: joined segments give the memory that separate ones gave.
func TestMeterKeepsData(t *testing.T) {
	for name, data := range map[string][]wasmtest.Data{
		"close":     {{Offset: 10, Bytes: []byte("abc")}, {Offset: 20, Bytes: []byte("def")}, {Offset: 1000, Bytes: []byte("g")}},
		"touching":  {{Offset: 10, Bytes: []byte("abc")}, {Offset: 13, Bytes: []byte("def")}},
		"overlap":   {{Offset: 10, Bytes: []byte("abc")}, {Offset: 12, Bytes: []byte("def")}},
		"backwards": {{Offset: 20, Bytes: []byte("abc")}, {Offset: 10, Bytes: []byte("def")}},
		"mixed":     {{Offset: 40, Bytes: []byte("a")}, {Offset: 10, Bytes: []byte("bc")}, {Offset: 2000, Bytes: []byte("d")}, {Offset: 30, Bytes: []byte("e")}},
		"reaching":  {{Offset: 20, Bytes: []byte("abc")}, {Offset: 18, Bytes: []byte("defg")}},
		"passive":   {{Offset: 10, Bytes: []byte("abc")}, {Passive: true, Bytes: []byte("def")}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, announced := range []bool{false, true} {
				m := wasmtest.Module{Memory: &[2]uint32{1, 1}, Data: data, DataCount: announced, Functions: []wasmtest.Function{{Export: "run"}}}
				checkMetered(t, m.Bytes(), true)
			}
		})
	}
}
