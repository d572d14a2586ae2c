package wasm

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

func wasiImport(name string, params, results []byte) wasmtest.Import {
	return wasmtest.Import{Module: wasiModule, Name: name, Params: params, Results: results}
}

// TestCheckRefuses: where and why.
func TestCheckRefuses(t *testing.T) {
	none := wasmtest.Module{}
	with := func(change func(*wasmtest.Module)) []byte {
		m := wasmtest.Command()
		change(&m)
		return m.Bytes()
	}
	body := func(code ...any) []byte { return wasmtest.Command(code...).Bytes() }
	start := uint32(0)
	for name, c := range map[string]struct {
		module []byte
		offset int
		reason string
	}{
		"nothing":              {nil, 0, "not a WebAssembly module"},
		"text":                 {[]byte("(module)"), 0, "not a WebAssembly module"},
		"component":            {[]byte("\x00asm\x0d\x00\x01\x00"), 4, "components are not part of the contract"},
		"no memory":            {none.Bytes(), 8, "there is no memory"},
		"cut off":              {body()[:20], 20, "bytes are announced"},
		"unknown section":      {wasmtest.Code([]byte(wasmtest.Header), 13, 0), 8, "unknown section 13"},
		"section twice":        {wasmtest.Code([]byte(wasmtest.Header), 1, 1, 0, 1, 1, 0), 11, "section 1 stands twice"},
		"count without bytes":  {wasmtest.Code([]byte(wasmtest.Header), 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), 10, "4294967295 elements are announced"},
		"number too long":      {wasmtest.Code([]byte(wasmtest.Header), 1, 6, 0xff, 0xff, 0xff, 0xff, 0x1f, 0), 10, "number does not fit 32 bits"},
		"no entry":             {with(func(m *wasmtest.Module) { m.Functions[0].Export = "main" }), 49, `neither "_start" nor "orb_handle"`},
		"entry with parameter": {with(func(m *wasmtest.Module) { m.Functions[0].Params = []byte{wasmtest.I32} }), 28, `"_start" takes or gives something`},
		"foreign import": {with(func(m *wasmtest.Module) {
			m.Imports = []wasmtest.Import{{Module: "env", Name: "gettimeofday"}}
			m.Functions[0].Export = "_start"
		}), 20, `imports "gettimeofday" from "env"`},
		"unknown WASI": {with(func(m *wasmtest.Module) { m.Imports = []wasmtest.Import{wasiImport("fd_teleport", nil, nil)} }), 20, "which WASI preview 1 does not have"},
		"wrong WASI type": {
			with(func(m *wasmtest.Module) { m.Imports = []wasmtest.Import{wasiImport("fd_close", nil, nil)} }), 20, "with a type that WASI preview 1 does not give it",
		},
		"start section":        {with(func(m *wasmtest.Module) { m.Start = &start }), 45, "a start section is not part of the contract"},
		"large table":          {with(func(m *wasmtest.Module) { m.Tables = [][2]uint32{{MaxTableElements, MaxTableElements}, {1, 1}} }), 29, "tables of 1048577 elements"},
		"data beyond":          {with(func(m *wasmtest.Module) { m.Data = []wasmtest.Data{{Offset: PageSize - 1, Bytes: []byte("ab")}} }), 54, "reaches out of the memory"},
		"elements beyond":      {with(func(m *wasmtest.Module) { m.Tables, m.Elements = [][2]uint32{{1, 1}}, []uint32{0, 0} }), 55, "reach out of table 0"},
		"reserved name":        {with(func(m *wasmtest.Module) { m.Exports = [][]byte{wasmtest.Code(wasmtest.Name(FuelExport), 2, 0)} }), 45, `names that begin with "orb:" are reserved`},
		"name twice":           {with(func(m *wasmtest.Module) { m.Exports = [][]byte{wasmtest.Code(wasmtest.Name("memory"), 2, 0)} }), 45, `exports "memory" twice`},
		"name not UTF-8":       {with(func(m *wasmtest.Module) { m.Exports = [][]byte{wasmtest.Code(wasmtest.Name("\xff"), 2, 0)} }), 45, "not UTF-8"},
		"threads":              {body(0xfe, 0x03, 0), 50, "threads are not part of the contract"},
		"tail calls":           {body(0x12, 0), 50, "tail calls are not part of the contract"},
		"exceptions":           {body(0x08, 0), 50, "exceptions are not part of the contract"},
		"garbage collection":   {body(0xfb, 0), 50, "garbage-collected types are not part of the contract"},
		"relaxed SIMD":         {body(0xfd, 0x80, 0x02), 50, "relaxed SIMD"},
		"unknown instruction":  {body(0xff), 50, "unknown instruction"},
		"second memory":        {body(0x3f, 1), 50, "more than one memory"},
		"missing end":          {body(0x02, 0x40), 53, "it ends in the middle of something"},
		"end too many":         {body(0x0b), 51, "1 bytes too many"},
		"unknown local":        {body(0x20, 0), 50, "there is no local 0"},
		"unknown global":       {body(0x23, 0), 50, "there is no global 0"},
		"unknown function":     {body(0x10, 1), 50, "there is no function 1"},
		"unknown type":         {body(0x02, 9, 0x0b), 50, "there is no type 9"},
		"unknown label":        {body(0x0c, 1), 50, "there is no label 1"},
		"unknown table":        {body(0x41, 0, 0x11, 0, 0), 52, "there is no table 0"},
		"unknown data segment": {body(0xfc, 0x09, 0), 50, "there is no data segment 0"},
		"constant global": {with(func(m *wasmtest.Module) {
			m.Globals = [][]byte{wasmtest.Code(wasmtest.I32, 0, wasmtest.I32Const(0), 0x0b)}
			m.Functions[0].Code = wasmtest.Code(wasmtest.I32Const(1), 0x24, 0)
		}), 60, "global 0 cannot be set"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Check(c.module)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Reason, c.reason)
			require.Equal(t, c.offset, refused.Offset, refused.Reason)
			_, err = Meter(c.module, 1<<20)
			require.Equal(t, refused, err)
		})
	}
}

// TestCheckBounds: what is large is refused before anything is allocated for it.
func TestCheckBounds(t *testing.T) {
	locals := func(n uint32) []byte { return wasmtest.Code(1, wasmtest.U32(n), wasmtest.I32, 0x0b) }
	for name, c := range map[string]struct {
		body   []byte
		reason string
	}{
		"locals":  {locals(maxLocals + 1), "local variables"},
		"nesting": {wasmtest.Code(0, bytes.Repeat([]byte{0x02, 0x40}, maxNesting), bytes.Repeat([]byte{0x0b}, maxNesting+1)), "nested deeper"},
		"labels":  {wasmtest.Code(0, wasmtest.I32Const(0), 0x0e, wasmtest.U32(maxLabels), make([]byte, maxLabels+1), 0x0b), "targets of br_table"},
		"body":    {make([]byte, maxBodyBytes+1), "bytes; at most"},
	} {
		t.Run(name, func(t *testing.T) {
			code := wasmtest.Code(1, wasmtest.U32(uint32(len(c.body))), c.body)
			module := wasmtest.Code([]byte(wasmtest.Header), wasmtest.Section(1, []byte{1, 0x60, 0, 0}), wasmtest.Section(3, []byte{1, 0}),
				wasmtest.Section(5, []byte{1, 0, 1}), wasmtest.Section(10, code))
			_, err := Check(module)
			require.ErrorContains(t, err, c.reason)
		})
	}
	_, err := Check(append([]byte(wasmtest.Header), make([]byte, maxModuleBytes)...))
	require.ErrorContains(t, err, "larger than 64 MiB")
}

func TestCheckAccepts(t *testing.T) {
	m := wasmtest.Command()
	m.Imports = []wasmtest.Import{wasiImport("fd_close", []byte{wasmtest.I32}, []byte{wasmtest.I32})}
	info, err := Check(m.Bytes())
	require.NoError(t, err)
	require.Equal(t, Info{Functions: 1, Imports: 1, MemoryPages: 1}, info)

	m.Functions = append(m.Functions, wasmtest.Function{Export: ReactorEntry}, wasmtest.Function{Export: InitEntry})
	info, err = Check(m.Bytes())
	require.NoError(t, err)
	require.False(t, info.Reactor)
	m.Functions = m.Functions[1:]
	info, err = Check(m.Bytes())
	require.NoError(t, err)
	require.True(t, info.Reactor)
}

// TestStrip: custom sections go, wherever they stand; everything else stays as it is.
func TestStrip(t *testing.T) {
	custom := wasmtest.Section(0, wasmtest.Code(wasmtest.Name("name"), []byte("secret")))
	module := wasmtest.Command(0x01).Bytes()
	split := len(wasmtest.Header)
	padded := wasmtest.Code(module[:split], custom, module[split:], custom)
	stripped, err := Strip(padded)
	require.NoError(t, err)
	require.Equal(t, module, stripped)
	again, err := Strip(stripped)
	require.NoError(t, err)
	require.Equal(t, stripped, again)
	_, err = Strip(padded[:len(padded)-1])
	require.Error(t, err)
}

// FuzzCheck: no bytes make it panic, and what passes can be stripped, checked again and metered.
func FuzzCheck(f *testing.F) {
	full := wasmtest.Module{
		Imports: []wasmtest.Import{wasiImport("fd_close", []byte{wasmtest.I32}, []byte{wasmtest.I32})}, Memory: &[2]uint32{1, 2},
		Tables: [][2]uint32{{2, 4}}, Globals: [][]byte{wasmtest.Code(wasmtest.I64, 1, wasmtest.I64Const(7), 0x0b)},
		Elements: []uint32{1}, DataCount: true, Data: []wasmtest.Data{{Bytes: []byte("a")}, {Offset: 5, Bytes: []byte("b")}},
		Functions: []wasmtest.Function{{Export: "_start", Locals: []byte{wasmtest.F64}, Code: wasmtest.Code(
			0x03, 0x40, wasmtest.I32Const(1), 0x0d, 0, 0x0b, wasmtest.I32Const(0), 0x11, 1, 0, wasmtest.I32Const(1), 0x10, 0, 0x1a)}},
	}
	f.Add(full.Bytes())
	f.Add(wasmtest.Command(0x00).Bytes())
	f.Add([]byte(wasmtest.Header))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Check(data)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		stripped, err := Strip(data)
		require.NoError(t, err)
		again, err := Check(stripped)
		require.NoError(t, err)
		require.Equal(t, info, again)
		if metered, err := Meter(stripped, 4<<30); err == nil {
			_, err = decode(metered)
			require.NoError(t, err)
		}
	})
}
