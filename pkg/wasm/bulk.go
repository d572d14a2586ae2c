package wasm

import "slices"

// bulkChunk is how many bytes are copied or filled between two looks at the fuel.
const bulkChunk = 1 << 18

// misc rewrites the instructions behind prefix 0xfc. Bulk operations are charged by their length before they run.
func (f *functionRewriter) misc(in instruction, raw []byte) {
	switch in.misc {
	case miscMemoryCopy:
		f.chunked(raw, f.w.copyFunction())
	case miscMemoryFill:
		f.chunked(raw, f.w.fillFunction())
	case miscMemoryInit:
		f.charge(1)
		f.add(raw...)
		f.pop(3, true)
	case miscTableInit, miscTableCopy, miscTableFill:
		f.noteChange()
		f.charge(1)
		f.add(raw...)
		f.pop(3, true)
	case miscTableGrow:
		f.noteChange()
		f.pop(1, true)
		f.grow(raw, RefusedTable, 1)
	case miscDataDrop, miscElemDrop:
		f.noteChange()
		f.add(raw...)
	case miscTableSize:
		f.add(raw...)
		f.push(1)
	default:
		f.add(raw...)
		f.follow(in)
	}
}

// addCharge burns the i32 in a local variable, shifted right or multiplied, and looks at what is left.
func (f *functionRewriter) addCharge(count uint32, scale ...byte) {
	f.addU32(opLocalGet, f.fuel)
	f.addU32(opLocalGet, count)
	f.add(opI64ExtendU)
	f.add(scale...)
	f.add(opI64Sub)
	f.addU32(opLocalSet, f.fuel)
	f.stretch = f.appendLook(f.stretch)
}

// charge burns by the length on top of the stack, which stays there.
func (f *functionRewriter) charge(perUnit int64) {
	count := f.scratch(typeI32)
	f.addU32(opLocalTee, count)
	if perUnit == 1 {
		f.addCharge(count, opI64Const, bulkShift, opI64ShrU)
		return
	}
	f.addCharge(count, append(appendS64([]byte{opI64Const}, perUnit), opI64Mul)...)
}

// grow charges for what a memory or table is to grow by, and notes when it may not.
func (f *functionRewriter) grow(raw []byte, refused byte, perUnit int64) {
	f.charge(perUnit)
	f.add(raw...)
	count := f.scratch(typeI32)
	f.addU32(opLocalTee, count)
	f.add(opI32Const, 0x7f, opI32Eq, opIf, emptyBlock, opI32Const, refused)
	f.addU32(opGlobalSet, f.w.refusedGlobal())
	f.add(opEnd)
	f.addU32(opLocalGet, count)
	f.pop(1, true)
	f.push(1)
}

// Scratch variables for the operands of a copy or fill, beside those of the types.
const (
	slotSource = 1
	slotTarget = 2
)

// chunked does a small copy or fill on the spot and leaves a long one to an added function.
func (f *functionRewriter) chunked(raw []byte, helper uint32) {
	count := f.scratch(typeI32)
	slot := func(key byte) uint32 {
		index, ok := f.scratches[key]
		if !ok {
			index = f.local(typeI32)
			f.scratches[key] = index
		}
		return index
	}
	source, target := slot(slotSource), slot(slotTarget)
	f.addU32(opLocalSet, count)
	f.addU32(opLocalSet, source)
	f.addU32(opLocalSet, target)
	operands := func() {
		f.addU32(opLocalGet, target)
		f.addU32(opLocalGet, source)
		f.addU32(opLocalGet, count)
	}
	f.addU32(opLocalGet, count)
	f.stretch = appendS64(append(f.stretch, opI32Const), bulkChunk)
	f.add(opI32GtU, opIf, emptyBlock)
	f.stretch = f.appendStore(f.stretch)
	operands()
	f.addU32(opCall, helper)
	f.stretch = f.appendLoad(f.stretch)
	f.add(opElse)
	f.addCharge(count, opI64Const, bulkShift, opI64ShrU)
	operands()
	f.add(raw...)
	f.add(opEnd)
	f.pop(3, true)
}

// assembler writes the code of the added functions.
type assembler struct{ b []byte }

func (a *assembler) op(b ...byte) *assembler { a.b = append(a.b, b...); return a }

func (a *assembler) at(op byte, index uint32) *assembler {
	a.b = appendU32(append(a.b, op), index)
	return a
}

func (a *assembler) i32(value int64) *assembler {
	a.b = appendS64(append(a.b, opI32Const), value)
	return a
}

// refillCode takes what is left, asks the host for more and returns what is left then.
func (w *rewriter) refillCode() []byte {
	a := &assembler{}
	a.op(0).at(opLocalGet, 0).at(opGlobalSet, w.fuelGlobal()).at(opCall, w.refillImport()).at(opGlobalGet, w.fuelGlobal())
	return a.op(opEnd).b
}

// startCode runs a command and tells the host when it has come back.
func (w *rewriter) startCode() []byte {
	a := &assembler{}
	a.op(0)
	if e, ok := w.m.exports[CommandEntry]; ok {
		a.at(opCall, w.moved(e.index))
	}
	return a.at(opCall, w.doneImport()).op(opEnd).b
}

const readFunction = "fd_read"

// readCode calls fd_read until it gives something other than ReadAgain, so that a host that keeps a call of it can go back there.
func (w *rewriter) readCode() []byte {
	imported := slices.IndexFunc(w.m.imports, func(i importEntry) bool { return i.name == readFunction && i.from == wasiModule })
	a := &assembler{}
	a.op(1, 1, typeI32)
	if imported < 0 {
		return a.op(opI32Const, 0, opEnd).b
	}
	a.op(opLoop, emptyBlock)
	for p := range uint32(4) {
		a.at(opLocalGet, p)
	}
	a.at(opCall, uint32(imported)).at(opLocalTee, 4).i32(ReadAgain).op(opI32Eq).at(opBrIf, 0).op(opEnd)
	return a.at(opLocalGet, 4).op(opEnd).b
}

// Parameters and locals of copyCode and fillCode. step is 0 when chunks are taken from the end.
const (
	bulkTarget = 0
	bulkSource = 1
	bulkCount  = 2
	bulkPart   = 3
)

// burnPart charges for the chunk in bulkPart and asks for more fuel when it runs out.
func (w *rewriter) burnPart(a *assembler) {
	a.at(opGlobalGet, w.fuelGlobal()).at(opLocalGet, bulkPart).op(opI64ExtendU, opI64Const, bulkShift, opI64ShrU, opI64Sub)
	a.at(opGlobalSet, w.fuelGlobal())
	a.at(opGlobalGet, w.fuelGlobal()).op(opI64Const, 0, opI64LtS, opIf, emptyBlock).at(opCall, w.refillImport()).op(opEnd)
}

// takePart sets bulkPart to the length of the next chunk and takes it off bulkCount.
func takePart(a *assembler) {
	a.at(opLocalGet, bulkCount).i32(bulkChunk).at(opLocalGet, bulkCount).i32(bulkChunk).op(opI32LtU, opSelect).at(opLocalSet, bulkPart)
	a.at(opLocalGet, bulkCount).at(opLocalGet, bulkPart).op(opI32Sub).at(opLocalSet, bulkCount)
}

// trapBeyond runs the whole operation, which traps before it writes anything, when it reaches out of the memory.
func trapBeyond(a *assembler, start uint32, operation []byte) {
	a.at(opLocalGet, start).op(opI64ExtendU).at(opLocalGet, bulkCount).op(opI64ExtendU, opI64Add)
	a.op(opMemorySize, 0, opI64ExtendU, opI64Const, 16, opI64Shl, opI64GtU, opIf, emptyBlock)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkSource).at(opLocalGet, bulkCount).op(operation...).op(opEnd)
}

func (w *rewriter) copyCode() []byte {
	operation := []byte{opPrefixMisc, miscMemoryCopy, 0, 0}
	a := &assembler{}
	a.op(1, 1, typeI32)
	trapBeyond(a, bulkTarget, operation)
	trapBeyond(a, bulkSource, operation)
	a.op(opLoop, emptyBlock).at(opLocalGet, bulkCount).op(opIf, emptyBlock)
	takePart(a)
	w.burnPart(a)
	// towards higher addresses when the target lies lower; otherwise from the end, so that nothing is overwritten before it is read
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkSource).op(opI32LtU, opIf, emptyBlock)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkSource).at(opLocalGet, bulkPart).op(operation...)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkPart).op(opI32Add).at(opLocalSet, bulkTarget)
	a.at(opLocalGet, bulkSource).at(opLocalGet, bulkPart).op(opI32Add).at(opLocalSet, bulkSource)
	a.op(opElse)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkCount).op(opI32Add)
	a.at(opLocalGet, bulkSource).at(opLocalGet, bulkCount).op(opI32Add).at(opLocalGet, bulkPart).op(operation...)
	a.op(opEnd)
	return a.at(opBr, 1).op(opEnd, opEnd, opEnd).b
}

func (w *rewriter) fillCode() []byte {
	operation := []byte{opPrefixMisc, miscMemoryFill, 0}
	a := &assembler{}
	a.op(1, 1, typeI32)
	trapBeyond(a, bulkTarget, operation)
	a.op(opLoop, emptyBlock).at(opLocalGet, bulkCount).op(opIf, emptyBlock)
	takePart(a)
	w.burnPart(a)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkSource).at(opLocalGet, bulkPart).op(operation...)
	a.at(opLocalGet, bulkTarget).at(opLocalGet, bulkPart).op(opI32Add).at(opLocalSet, bulkTarget)
	return a.at(opBr, 1).op(opEnd, opEnd, opEnd).b
}
