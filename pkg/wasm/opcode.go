package wasm

// Opcodes that the rewriter treats in a way of their own.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opDrop         = 0x1a
	opSelect       = 0x1b
	opSelectTyped  = 0x1c
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableGet     = 0x25
	opTableSet     = 0x26
	opI32Load      = 0x28
	opI32Store     = 0x36
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eq        = 0x46
	opI32LtS       = 0x48
	opI32LtU       = 0x49
	opI32GtU       = 0x4b
	opI64LtS       = 0x53
	opI64GtU       = 0x56
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64Mul       = 0x7e
	opI64Shl       = 0x86
	opI64ShrU      = 0x88
	opI64ExtendU   = 0xad
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opPrefixMisc   = 0xfc
	opPrefixSIMD   = 0xfd

	miscMemoryInit = 8
	miscDataDrop   = 9
	miscMemoryCopy = 10
	miscMemoryFill = 11
	miscTableInit  = 12
	miscElemDrop   = 13
	miscTableCopy  = 14
	miscTableGrow  = 15
	miscTableSize  = 16
	miscTableFill  = 17

	simdConst = 12

	emptyBlock    = 0x40
	typeI32       = 0x7f
	typeI64       = 0x7e
	typeF32       = 0x7d
	typeF64       = 0x7c
	typeV128      = 0x7b
	typeFuncref   = 0x70
	typeExternref = 0x6f
)

// instruction is one decoded instruction with what the rewriter needs to know of it.
type instruction struct {
	start, end int
	op         byte
	// misc is the number behind prefix 0xfc or 0xfd.
	misc uint32
	// index is what the instruction names: a function, local, global, table, segment, the type of a block or of an indirect call, the label
	// of a branch (of br_table the outermost). second is the table of call_indirect and table.init and the source of table.copy.
	index, second uint32
	// hasIndex tells that a block has a type that index names.
	hasIndex bool
	// labels counts br_table's.
	labels uint32
}

// next decodes one instruction. Everything outside the pinned feature set (WebAssembly core 2.0 with fixed-width SIMD) is refused.
func (r *reader) next() instruction {
	in := instruction{start: r.pos}
	in.op = r.byte()
	switch op := in.op; {
	case op == opBlock || op == opLoop || op == opIf:
		in.index, in.hasIndex = r.blockType()
	case op == opBr || op == opBrIf || op == opCall || op == opRefFunc:
		in.index = r.u32()
	case op == opBrTable:
		in.labels = r.count() + 1
		for range in.labels {
			in.index = max(in.index, r.u32())
		}
	case op == opCallIndirect:
		in.index, in.second = r.u32(), r.u32()
	case op == opSelectTyped:
		for range r.count() {
			r.valueType()
		}
	case op >= opLocalGet && op <= opTableSet:
		in.index = r.u32()
	case op >= opI32Load && op < opMemorySize: // loads and stores
		r.memoryArgument()
	case op == opMemorySize || op == opMemoryGrow:
		if r.byte() != 0 {
			r.fail(in.start, "more than one memory")
		}
	case op == opI32Const:
		r.skipSigned(32)
	case op == opI64Const:
		r.skipSigned(64)
	case op == opF32Const:
		r.bytes(4)
	case op == opF64Const:
		r.bytes(8)
	case op == opRefNull:
		r.valueType()
	case op == opPrefixMisc:
		in.misc = r.u32()
		r.miscImmediates(&in)
	case op == opPrefixSIMD:
		in.misc = r.u32()
		r.simdImmediates(in)
	case op <= 0x01 || op == opElse || op == opEnd || op == opReturn || op == opDrop || op == opSelect,
		op >= 0x45 && op <= 0xc4, op == 0xd1:
		// no immediates
	default:
		r.fail(in.start, "%s", refusedOpcode(op))
	}
	in.end = r.pos
	return in
}

func refusedOpcode(op byte) string {
	switch {
	case op >= 0x06 && op <= 0x0a || op == 0x18 || op == 0x19 || op == 0x1f:
		return "exceptions are not part of the contract"
	case op == 0x12 || op == 0x13 || op == 0x14 || op == 0x15:
		return "tail calls are not part of the contract"
	case op == 0xfb:
		return "garbage-collected types are not part of the contract"
	case op == 0xfe:
		return "threads are not part of the contract: build for a single thread"
	}
	return "unknown instruction"
}

// blockType returns the index of a block's type when it is given by one.
func (r *reader) blockType() (index uint32, indexed bool) {
	// A value type or "nothing" is one byte with bit 6 set and bit 7 clear; anything else is a type's index.
	if r.pos < r.end && r.data[r.pos]&0xc0 == 0x40 {
		if r.data[r.pos] == emptyBlock {
			r.pos++
		} else {
			r.valueType()
		}
		return 0, false
	}
	start := r.pos
	r.skipSigned(33)
	if r.err != nil {
		return 0, false
	}
	return i32Immediate(r.data[start:r.pos]), true
}

func (r *reader) memoryArgument() {
	start := r.pos
	if align := r.u32(); align > 31 {
		r.fail(start, "alignment 2^%d, or more than one memory", align)
	}
	r.u32()
}

func (r *reader) miscImmediates(in *instruction) {
	memory := func() {
		if r.byte() != 0 {
			r.fail(in.start, "more than one memory")
		}
	}
	switch {
	case in.misc <= 7: // saturating truncations
	case in.misc == miscMemoryInit:
		in.index = r.u32()
		memory()
	case in.misc == miscDataDrop || in.misc == miscElemDrop:
		in.index = r.u32()
	case in.misc == miscMemoryCopy:
		memory()
		memory()
	case in.misc == miscMemoryFill:
		memory()
	case in.misc == miscTableInit || in.misc == miscTableCopy:
		in.index, in.second = r.u32(), r.u32()
	case in.misc >= miscTableGrow && in.misc <= miscTableFill:
		in.index = r.u32()
	default:
		r.fail(in.start, "unknown instruction 0xfc %d", in.misc)
	}
}

func (r *reader) simdImmediates(in instruction) {
	switch {
	case in.misc <= 11 || in.misc == 92 || in.misc == 93: // loads, store, load and extend with zeros
		r.memoryArgument()
	case in.misc == 12 || in.misc == 13: // constant, shuffle
		r.bytes(16)
	case in.misc >= 21 && in.misc <= 34: // lanes
		r.byte()
	case in.misc >= 84 && in.misc <= 91: // loads and stores of lanes
		r.memoryArgument()
		r.byte()
	case in.misc >= 0x100:
		r.fail(in.start, "relaxed SIMD differs between machines and is not part of the contract")
	}
}
