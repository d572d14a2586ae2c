package wasm

// Arithmetic that gives a NaN may give any: processors differ in its sign and payload. Whatever can tell one NaN from another must get a
// canonical one. What cannot, further arithmetic and comparisons, may work on NaNs as they come. So a value that arithmetic has made is
// followed through its stretch on a model of the operand stack, and is made canonical where it was made once something looks at it or it
// leaves the stretch.

// operand is a value on the model of the stack. A pending one may be a NaN that is not canonical; at is the place behind what made it.
type operand struct {
	pending bool
	insertion
}

const (
	canonicalF32 = 0x7fc00000
	canonicalF64 = 0x7ff8000000000000
)

// pop takes n operands off the model. When somebody looks at them, pending ones are made canonical.
func (f *functionRewriter) pop(n int, looked bool) {
	for range n {
		last := len(f.operands) - 1
		if last < 0 {
			return // from before this stretch, where it was made canonical
		}
		if o := f.operands[last]; looked && o.pending {
			f.insertions = append(f.insertions, o.insertion)
		}
		f.operands = f.operands[:last]
	}
}

func (f *functionRewriter) push(n int) {
	for range n {
		f.operands = append(f.operands, operand{})
	}
}

// pushPending is called behind the instruction that makes the value.
func (f *functionRewriter) pushPending(kind byte) {
	f.operands = append(f.operands, operand{pending: true, insertion: insertion{at: len(f.stretch), kind: kind}})
}

// observeAll empties the model.
func (f *functionRewriter) observeAll() { f.pop(len(f.operands), true) }

// follow keeps the model of the stack for an instruction that has been copied and that ends no stretch.
func (f *functionRewriter) follow(in instruction) {
	kind := byte(typeF32)
	switch op := in.op; {
	case op == 0x01:
	case op == opDrop:
		f.pop(1, false)
	case op == opSelect || op == opSelectTyped:
		f.pop(3, true)
		f.push(1)
	case op == opLocalGet || op == opGlobalGet || op == opMemorySize || op >= opI32Const && op <= opF64Const || op == opRefNull || op == opRefFunc:
		f.push(1)
	case op == opLocalSet || op == opGlobalSet:
		f.pop(1, true)
	case op == opTableSet || op >= opI32Store && op < opMemorySize:
		f.pop(2, true)
	case op >= 0x5b && op <= 0x66: // comparisons of floats
		f.pop(2, false)
		f.push(1)
	case op == 0x8b || op == 0x8c || op == 0x99 || op == 0x9a: // abs and neg change the sign of whatever they get
		last := len(f.operands) - 1
		if last >= 0 && f.operands[last].pending {
			f.operands[last].at = len(f.stretch)
			return
		}
		f.pop(1, false)
		f.push(1)
	case op >= 0x8d && op <= 0x91 || op >= 0x9b && op <= 0x9f: // rounding, square root
		if op > 0x91 {
			kind = typeF64
		}
		f.pop(1, false)
		f.pushPending(kind)
	case op >= 0x92 && op <= 0x97 || op >= 0xa0 && op <= 0xa5: // add, sub, mul, div, min, max
		if op > 0x97 {
			kind = typeF64
		}
		f.pop(2, false)
		f.pushPending(kind)
	case op == 0x98 || op == 0xa6: // copysign
		f.pop(2, true)
		f.push(1)
	case op >= 0xa8 && op <= 0xab || op >= 0xae && op <= 0xb1: // truncations refuse NaNs
		f.pop(1, false)
		f.push(1)
	case op == 0xb6 || op == 0xbb: // demote, promote
		f.pop(1, false)
		if op == 0xbb {
			kind = typeF64
		}
		f.pushPending(kind)
	case op >= 0x46 && op <= 0x4f || op >= 0x51 && op <= 0x5a || op >= 0x6a && op <= 0x78 || op >= 0x7c && op <= 0x8a:
		f.pop(2, true) // comparisons and arithmetic of integers
		f.push(1)
	case op == opPrefixMisc && in.misc <= 7: // saturating truncations give 0 for any NaN
		f.pop(1, false)
		f.push(1)
	case op == opPrefixSIMD:
		f.observeAll()
		if kind := simdFloat(in.misc); kind != 0 {
			f.pushPending(kind)
			f.observeAll()
		}
	case op == opPrefixMisc || op == opCallIndirect || op == opCall:
		f.observeAll()
	default: // one in, one out: loads, conversions, tests
		f.pop(1, true)
		f.push(1)
	}
}

// What a vector holds, as the kind of an insertion.
const (
	kindF32x4 = 1
	kindF64x2 = 2
)

// simdFloat returns the shape of the result of float arithmetic on vectors, and 0 for other instructions.
func simdFloat(misc uint32) byte {
	switch {
	case misc == 94 || misc >= 103 && misc <= 106 || misc >= 227 && misc <= 233:
		return kindF32x4
	case misc == 95 || misc == 116 || misc == 117 || misc == 122 || misc == 148 || misc >= 239 && misc <= 245:
		return kindF64x2
	}
	return 0
}

// appendCanonical makes the value on top of the stack canonical if it is a NaN: the one value that differs from itself.
func (f *functionRewriter) appendCanonical(b []byte, kind byte) []byte {
	switch kind {
	case typeF32:
		t := f.scratch(typeF32)
		b = append(appendU32(append(b, opLocalTee), t), opF32Const)
		b = appendFixed(b, canonicalF32, 4)
		b = appendU32(append(appendU32(append(b, opLocalGet), t), opLocalGet), t)
		return append(b, 0x5b, opSelect)
	case typeF64:
		t := f.scratch(typeF64)
		b = append(appendU32(append(b, opLocalTee), t), opF64Const)
		b = appendFixed(b, canonicalF64, 8)
		b = appendU32(append(appendU32(append(b, opLocalGet), t), opLocalGet), t)
		return append(b, 0x61, opSelect)
	}
	t := f.scratch(typeV128)
	b = append(appendU32(append(b, opLocalTee), t), opPrefixSIMD, simdConst)
	equal := byte(65) // f32x4.eq
	if kind == kindF32x4 {
		for range 4 {
			b = appendFixed(b, canonicalF32, 4)
		}
	} else {
		equal = 71 // f64x2.eq
		b = appendFixed(appendFixed(b, canonicalF64, 8), canonicalF64, 8)
	}
	b = appendU32(append(appendU32(append(b, opLocalGet), t), opLocalGet), t)
	return append(b, opPrefixSIMD, equal, opPrefixSIMD, 82)
}

func appendFixed(b []byte, value uint64, size int) []byte {
	for range size {
		b = append(b, byte(value))
		value >>= 8
	}
	return b
}
