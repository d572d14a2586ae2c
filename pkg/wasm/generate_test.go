package wasm

import (
	"encoding/binary"
	"math"

	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

// generator makes valid modules that end, from arbitrary bytes: expressions and statements of every kind that the rewriter treats in a way
// of its own. Functions call earlier ones only, and loops count down.
type generator struct {
	entropy []byte
	// floats allows float arithmetic, whose NaNs an original may give with any bits.
	floats bool
	module wasmtest.Module
	// callees are the functions that may be called; all take and give an i32 and an i64.
	callees int
	// depth is how many blocks are open, room how many more instructions the module may have.
	depth, room int
}

// Locals of a generated function: parameters 0 (i32) and 1 (i64), then two of each type, then loop counters.
const (
	firstCounter = 10
	counters     = 4
)

var (
	generatedParams = []byte{wasmtest.I32, wasmtest.I64}
	generatedLocals = []byte{
		wasmtest.I32, wasmtest.I32, wasmtest.I64, wasmtest.I64, wasmtest.F32, wasmtest.F32, wasmtest.F64, wasmtest.F64,
		wasmtest.I32, wasmtest.I32, wasmtest.I32, wasmtest.I32,
	}
	localsOf = map[byte][]byte{wasmtest.I32: {0, 2, 3}, wasmtest.I64: {1, 4, 5}, wasmtest.F32: {6, 7}, wasmtest.F64: {8, 9}}
)

// generate returns a module that exports "run".
func generate(entropy []byte, floats bool) []byte {
	g := &generator{entropy: entropy, floats: floats, room: 3000}
	g.module = wasmtest.Module{
		Memory: &[2]uint32{1, 3}, Tables: [][2]uint32{{4, 8}}, DataCount: true,
		Data: []wasmtest.Data{{Offset: 16, Bytes: []byte("some data")}, {Offset: 30, Bytes: []byte{1, 2, 3}}},
		Globals: [][]byte{
			wasmtest.Code(wasmtest.I32, 1, wasmtest.I32Const(5), 0x0b),
			wasmtest.Code(wasmtest.F64, 1, 0x44, fixed(math.Float64bits(1.5), 8), 0x0b),
		},
	}
	functions := 1 + g.choose(4)
	for i := range functions {
		g.callees = i
		f := wasmtest.Function{Params: generatedParams, Results: generatedParams, Locals: generatedLocals}
		f.Code = wasmtest.Code(g.block(3), g.expression(wasmtest.I32, 3), g.expression(wasmtest.I64, 3))
		if i == functions-1 {
			f.Export = "run"
		}
		g.module.Functions = append(g.module.Functions, f)
		g.module.Elements = append(g.module.Elements, uint32(i))
	}
	return g.module.Bytes()
}

func fixed(bits uint64, size int) []byte {
	return binary.LittleEndian.AppendUint64(nil, bits)[:size]
}

// choose takes the next byte; the rest of a module whose entropy has run out is the simplest.
func (g *generator) choose(n int) int {
	if len(g.entropy) == 0 {
		return 0
	}
	b := int(g.entropy[0])
	g.entropy = g.entropy[1:]
	return b % n
}

func (g *generator) block(level int) []byte {
	var code []byte
	for range g.choose(5) {
		code = append(code, g.statement(level)...)
	}
	return code
}

func (g *generator) kind() byte {
	if g.floats {
		return []byte{wasmtest.I32, wasmtest.I64, wasmtest.F32, wasmtest.F64}[g.choose(4)]
	}
	return []byte{wasmtest.I32, wasmtest.I64}[g.choose(2)]
}

func (g *generator) address(level int) []byte {
	return wasmtest.Code(g.expression(wasmtest.I32, level-1), wasmtest.I32Const(0x1ffff), 0x71) // over the end of the first page at times
}

func (g *generator) statement(level int) []byte {
	g.room--
	if g.room < 0 || level <= 0 {
		return []byte{0x01}
	}
	nested := func(code func() []byte) []byte {
		g.depth++
		defer func() { g.depth-- }()
		return code()
	}
	condition := func() []byte { return g.expression(wasmtest.I32, level-1) }
	switch g.choose(16) {
	case 0, 1, 2:
		kind := g.kind()
		locals := localsOf[kind]
		return wasmtest.Code(g.expression(kind, level), 0x21, locals[g.choose(len(locals))])
	case 3:
		kind := g.kind()
		store := map[byte]byte{wasmtest.I32: 0x36, wasmtest.I64: 0x37, wasmtest.F32: 0x38, wasmtest.F64: 0x39}[kind]
		return wasmtest.Code(g.address(level), g.expression(kind, level-1), store, 0, g.choose(100))
	case 4:
		return wasmtest.Code(condition(), 0x04, 0x40, nested(func() []byte { return g.block(level - 1) }), 0x05,
			nested(func() []byte { return g.block(level - 1) }), 0x0b)
	case 5:
		return wasmtest.Code(0x02, 0x40, nested(func() []byte {
			return wasmtest.Code(g.block(level-1), condition(), 0x0d, 0, g.block(level-1))
		}), 0x0b)
	case 6:
		counter := firstCounter + g.depth
		if g.depth >= counters {
			return []byte{0x01}
		}
		return wasmtest.Code(wasmtest.I32Const(int32(1+g.choose(5))), 0x21, counter, 0x03, 0x40, nested(func() []byte {
			return wasmtest.Code(g.block(level-1), 0x20, counter, wasmtest.I32Const(1), 0x6b, 0x22, counter, 0x0d, 0)
		}), 0x0b)
	case 7:
		return wasmtest.Code(0x02, 0x40, 0x02, 0x40, condition(), 0x0e, 2, 0, 1, 0, 0x0b, nested(func() []byte { return g.block(level - 1) }), 0x0b)
	case 8:
		if g.callees == 0 {
			return []byte{0x01}
		}
		return wasmtest.Code(condition(), g.expression(wasmtest.I64, level-1), 0x10, g.choose(g.callees), 0x21, 4, 0x21, 2)
	case 9:
		if g.callees == 0 {
			return []byte{0x01}
		}
		return wasmtest.Code(condition(), g.expression(wasmtest.I64, level-1), wasmtest.I32Const(int32(g.choose(g.callees+1)%max(g.callees, 1))),
			0x11, 0, 0, 0x21, 5, 0x21, 3)
	case 10:
		return wasmtest.Code(g.address(level), condition(), wasmtest.I32Const(int32(g.choose(256)*20)), 0xfc, 0x0b, 0)
	case 11:
		return wasmtest.Code(g.address(level), g.address(level), wasmtest.I32Const(int32(g.choose(256)*20)), 0xfc, 0x0a, 0, 0)
	case 12:
		return wasmtest.Code(wasmtest.I32Const(int32(g.choose(3))), 0x40, 0, 0x21, 3)
	case 13:
		leave := []byte{0x0f}
		if g.choose(2) == 0 {
			leave = []byte{0x0c, byte(g.depth + 1)}
		}
		return wasmtest.Code(condition(), 0x04, 0x40, condition(), g.expression(wasmtest.I64, level-1), leave, 0x0b)
	case 14:
		return wasmtest.Code(condition(), 0x24, 0)
	default:
		return wasmtest.Code(g.expression(wasmtest.I64, level-1), 0x1a)
	}
}

// expression gives one value of a type.
func (g *generator) expression(kind byte, level int) []byte {
	g.room--
	locals := localsOf[kind]
	if g.room < 0 || level <= 0 {
		return wasmtest.Code(0x20, locals[0])
	}
	two := func(op int) []byte {
		return wasmtest.Code(g.expression(kind, level-1), g.expression(kind, level-1), op)
	}
	other := func(from byte, op int) []byte { return wasmtest.Code(g.expression(from, level-1), op) }
	switch g.choose(10) {
	case 0:
		return wasmtest.Code(0x20, locals[g.choose(len(locals))])
	case 1:
		return wasmtest.Code(g.expression(kind, level-1), 0x22, locals[g.choose(len(locals))])
	case 2:
		return wasmtest.Code(g.expression(kind, level-1), g.expression(kind, level-1), g.expression(wasmtest.I32, level-1), 0x1b)
	case 3:
		load := map[byte]byte{wasmtest.I32: 0x28, wasmtest.I64: 0x29, wasmtest.F32: 0x2a, wasmtest.F64: 0x2b}[kind]
		return wasmtest.Code(g.address(level), load, 0, g.choose(100))
	case 4:
		return wasmtest.Code(g.expression(wasmtest.I32, level-1), 0x04, kind, g.expression(kind, level-1), 0x05, g.expression(kind, level-1), 0x0b)
	}
	switch kind {
	case wasmtest.I32:
		switch n := g.choose(24); {
		case n < 15:
			return two(0x6a + n)
		case n == 15:
			return wasmtest.I32Const(int32(int8(g.choose(256))) * 1000)
		case n == 16:
			return other(wasmtest.I64, 0xa7)
		case n == 17:
			return wasmtest.Code(g.expression(wasmtest.I64, level-1), g.expression(wasmtest.I64, level-1), 0x51+g.choose(10))
		case n == 18:
			return []byte{0x23, 0}
		case n < 21 || !g.floats:
			return wasmtest.Code(0x3f, 0)
		case n == 21:
			return other(wasmtest.F32, 0xbc)
		case n == 22:
			return wasmtest.Code(other(wasmtest.F64, 0xfc), 2+g.choose(2))
		default:
			return wasmtest.Code(g.expression(wasmtest.F64, level-1), g.expression(wasmtest.F64, level-1), 0x61+g.choose(6))
		}
	case wasmtest.I64:
		switch n := g.choose(19); {
		case n < 15:
			return two(0x7c + n)
		case n == 15:
			return wasmtest.I64Const(int64(int8(g.choose(256))) << g.choose(56))
		case n == 16 && g.floats:
			return other(wasmtest.F64, 0xbd)
		default:
			return other(wasmtest.I32, 0xac+g.choose(2))
		}
	case wasmtest.F32:
		switch n := g.choose(18); {
		case n < 7:
			return two(0x92 + n)
		case n < 14:
			return other(wasmtest.F32, 0x8b+n-7)
		case n == 14:
			return other(wasmtest.I32, 0xbe)
		case n == 15:
			return other(wasmtest.F64, 0xb6)
		default:
			return wasmtest.Code(0x43, fixed(uint64(math.Float32bits(float32(g.choose(256))-100)), 4))
		}
	default:
		switch n := g.choose(19); {
		case n < 7:
			return two(0xa0 + n)
		case n < 14:
			return other(wasmtest.F64, 0x99+n-7)
		case n == 14:
			return other(wasmtest.I64, 0xbf)
		case n == 15:
			return other(wasmtest.F32, 0xbb)
		case n == 16:
			return []byte{0x23, 1}
		default:
			return wasmtest.Code(0x44, fixed(math.Float64bits(float64(g.choose(256))/7-10), 8))
		}
	}
}
