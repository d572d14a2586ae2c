// Package wasmtest builds WebAssembly modules for tests, byte by byte: hostile and broken ones that no compiler would write.
package wasmtest

// Value types.
const (
	I32  = 0x7f
	I64  = 0x7e
	F32  = 0x7d
	F64  = 0x7c
	V128 = 0x7b
)

// Function of a module: its type, its local variables (one of each kind listed) and its instructions without the closing end.
type Function struct {
	Params, Results, Locals []byte
	Code                    []byte
	// Export is its name outside; empty exports nothing.
	Export string
}

// Import of a function.
type Import struct {
	Module, Name    string
	Params, Results []byte
}

// Module in the order of its sections. The zero value is a module without anything.
type Module struct {
	Imports   []Import
	Functions []Function
	// Tables holds the number of elements of each table, at least and at most.
	Tables [][2]uint32
	// Memory is pages at least and at most; nil has none. It is exported as "memory".
	Memory *[2]uint32
	// Globals are whole entries: type, mutability, initial value, end.
	Globals [][]byte
	// Exports are whole entries beside those of functions and memory.
	Exports [][]byte
	// Start is a function's index; nil has none.
	Start *uint32
	// Elements are functions put into table 0 at 0.
	Elements []uint32
	// Passive are functions of a passive segment, the one after that of Elements.
	Passive []uint32
	// DataCount writes a section that announces how many data segments follow.
	DataCount bool
	// Data are active segments at their offsets.
	Data []Data
}

// Data is a segment.
type Data struct {
	Offset int32
	Bytes  []byte
	// Passive leaves the offset out.
	Passive bool
}

// U32 is an unsigned number in LEB128.
func U32(n uint32) []byte {
	var b []byte
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

// S64 is a signed number in LEB128.
func S64(n int64) []byte {
	var b []byte
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

// I32Const and I64Const are the instructions that give a number.
func I32Const(n int32) []byte { return append([]byte{0x41}, S64(int64(n))...) }

// I64Const gives a number of 64 bits.
func I64Const(n int64) []byte { return append([]byte{0x42}, S64(n)...) }

// Code joins pieces of code: bytes, slices of bytes, and ints that stand for one byte each.
func Code(parts ...any) []byte {
	var b []byte
	for _, part := range parts {
		switch p := part.(type) {
		case []byte:
			b = append(b, p...)
		case byte:
			b = append(b, p)
		case int:
			b = append(b, byte(p))
		default:
			panic("a piece of code is a byte, an int or a slice of bytes")
		}
	}
	return b
}

// Name is a name with its length.
func Name(s string) []byte { return append(U32(uint32(len(s))), s...) }

func vector(items [][]byte) []byte {
	b := U32(uint32(len(items)))
	for _, item := range items {
		b = append(b, item...)
	}
	return b
}

func functionIndices(functions []uint32) []byte {
	var indices [][]byte
	for _, index := range functions {
		indices = append(indices, U32(index))
	}
	return vector(indices)
}

func functionType(params, results []byte) []byte {
	return Code(0x60, U32(uint32(len(params))), params, U32(uint32(len(results))), results)
}

// Section is one section with its id and length.
func Section(id byte, content []byte) []byte {
	return Code(id, U32(uint32(len(content))), content)
}

// Header begins every module.
const Header = "\x00asm\x01\x00\x00\x00"

// Bytes of the module. Functions have types of their own, in the order of imports and functions, so the type of function n has index n.
func (m Module) Bytes() []byte {
	var types, imports, functions, tables, exports, bodies, data [][]byte
	for i, f := range m.Imports {
		types = append(types, functionType(f.Params, f.Results))
		imports = append(imports, Code(Name(f.Module), Name(f.Name), 0, U32(uint32(i))))
	}
	for _, f := range m.Functions {
		index := U32(uint32(len(types)))
		types = append(types, functionType(f.Params, f.Results))
		functions = append(functions, index)
		if f.Export != "" {
			exports = append(exports, Code(Name(f.Export), 0, index))
		}
		var locals [][]byte
		for _, kind := range f.Locals {
			locals = append(locals, []byte{1, kind})
		}
		body := Code(vector(locals), f.Code, 0x0b)
		bodies = append(bodies, Code(U32(uint32(len(body))), body))
	}
	for _, t := range m.Tables {
		tables = append(tables, Code(0x70, 1, U32(t[0]), U32(t[1])))
	}
	if m.Memory != nil {
		exports = append(exports, Code(Name("memory"), 2, 0))
	}
	exports = append(exports, m.Exports...)
	for _, d := range m.Data {
		if d.Passive {
			data = append(data, Code(1, U32(uint32(len(d.Bytes))), d.Bytes))
			continue
		}
		data = append(data, Code(0, I32Const(d.Offset), 0x0b, U32(uint32(len(d.Bytes))), d.Bytes))
	}
	out := []byte(Header)
	add := func(id byte, present bool, content []byte) {
		if present {
			out = append(out, Section(id, content)...)
		}
	}
	add(1, len(types) > 0, vector(types))
	add(2, len(imports) > 0, vector(imports))
	add(3, len(functions) > 0, vector(functions))
	add(4, len(tables) > 0, vector(tables))
	if m.Memory != nil {
		add(5, true, Code(1, 1, U32(m.Memory[0]), U32(m.Memory[1])))
	}
	add(6, len(m.Globals) > 0, vector(m.Globals))
	add(7, len(exports) > 0, vector(exports))
	if m.Start != nil {
		add(8, true, U32(*m.Start))
	}
	var segments [][]byte
	if len(m.Elements) > 0 {
		segments = append(segments, Code(0, I32Const(0), 0x0b, functionIndices(m.Elements)))
	}
	if len(m.Passive) > 0 {
		segments = append(segments, Code(1, 0, functionIndices(m.Passive)))
	}
	add(9, len(segments) > 0, vector(segments))
	add(12, m.DataCount, U32(uint32(len(m.Data))))
	add(10, len(bodies) > 0, vector(bodies))
	add(11, len(data) > 0, vector(data))
	return out
}

// Command is a module with one page of memory and one function, exported as _start.
func Command(code ...any) Module {
	return Module{Memory: &[2]uint32{1, 1}, Functions: []Function{{Export: "_start", Code: Code(code...)}}}
}
