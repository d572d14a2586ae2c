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
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opI32Eq        = 0x46
	opI64LtS       = 0x53
	opI64Mul       = 0x7e
	opI64Sub       = 0x7d
	opI64ShrU      = 0x88
	opI64ExtendU   = 0xad
	opRefFunc      = 0xd2
	opPrefixMisc   = 0xfc
	opPrefixSIMD   = 0xfd

	miscMemoryInit = 8
	miscDataDrop   = 9
	miscMemoryCopy = 10
	miscMemoryFill = 11
	miscTableInit  = 12
	miscTableCopy  = 14
	miscTableGrow  = 15
	miscTableFill  = 17

	emptyBlock = 0x40
	typeI32    = 0x7f
	typeI64    = 0x7e
)

// instruction is one decoded instruction with what the rewriter needs to know of it.
type instruction struct {
	start, end int
	op         byte
	// misc is the number behind prefix 0xfc or 0xfd.
	misc uint32
	// index is a function for call and ref.func, a label for br and br_if.
	index uint32
	// labels are br_table's, the default last.
	labels []uint32
}

// next decodes one instruction. Everything outside the pinned feature set (WebAssembly core 2.0 with fixed-width SIMD) is refused.
func (r *reader) next() instruction {
	in := instruction{start: r.pos}
	in.op = r.byte()
	switch op := in.op; {
	case op == opBlock || op == opLoop || op == opIf:
		r.blockType()
	case op == opBr || op == opBrIf || op == opCall || op == opRefFunc:
		in.index = r.u32()
	case op == opBrTable:
		n := r.count()
		in.labels = make([]uint32, 0, n+1)
		for range n {
			in.labels = append(in.labels, r.u32())
		}
		in.labels = append(in.labels, r.u32())
	case op == opCallIndirect:
		r.u32()
		r.u32()
	case op == 0x1c: // select with types
		for range r.count() {
			r.byte()
		}
	case op >= opLocalGet && op <= 0x26: // locals, globals, table.get, table.set
		r.u32()
	case op >= 0x28 && op <= 0x3e: // loads and stores
		r.memoryArgument()
	case op == 0x3f || op == opMemoryGrow:
		if r.byte() != 0 {
			r.fail(in.start, "more than one memory")
		}
	case op == opI32Const:
		r.skipSigned(32)
	case op == opI64Const:
		r.skipSigned(64)
	case op == 0x43:
		r.bytes(4)
	case op == 0x44:
		r.bytes(8)
	case op == 0xd0: // ref.null
		r.byte()
	case op == opPrefixMisc:
		in.misc = r.u32()
		r.miscImmediates(in)
	case op == opPrefixSIMD:
		in.misc = r.u32()
		r.simdImmediates(in)
	case op <= 0x01 || op == opElse || op == opEnd || op == opReturn || op == 0x1a || op == 0x1b,
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

func (r *reader) blockType() {
	// A value type or "nothing" is one byte with bit 6 set and bit 7 clear; anything else is a type's index.
	if r.pos < r.end && r.data[r.pos]&0xc0 == 0x40 {
		r.pos++
		return
	}
	r.skipSigned(33)
}

func (r *reader) memoryArgument() {
	start := r.pos
	if align := r.u32(); align > 31 {
		r.fail(start, "alignment 2^%d, or more than one memory", align)
	}
	r.u32()
}

func (r *reader) miscImmediates(in instruction) {
	switch {
	case in.misc <= 7: // saturating truncations
	case in.misc == miscMemoryInit:
		r.u32()
		r.byte()
	case in.misc == miscDataDrop || in.misc == 13: // elem.drop
		r.u32()
	case in.misc == miscMemoryCopy:
		r.byte()
		r.byte()
	case in.misc == miscMemoryFill:
		r.byte()
	case in.misc == miscTableInit || in.misc == miscTableCopy:
		r.u32()
		r.u32()
	case in.misc >= miscTableGrow && in.misc <= miscTableFill:
		r.u32()
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
