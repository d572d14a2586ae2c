package wasm

// function rewrites the body of one function. It is a single pass: instructions are copied, and a charge is put in front of every
// stretch of straight code once its end, and so its cost, is known.
func (w *rewriter) function(i int) []byte {
	b := w.m.bodies[i]
	f := &functionRewriter{w: w}
	params := uint32(0)
	if t := w.m.functions[i]; int(t) < len(w.m.types) {
		params = uint32(len(w.m.types[t].params))
	}
	f.fuel = params
	f.out = appendU32(f.out, uint32(len(b.locals)+2))
	for _, g := range b.locals {
		f.fuel += g.count
		f.out = append(appendU32(f.out, g.count), g.kind)
	}
	f.out = append(f.out, 1, typeI64, 1, typeI32)
	f.count = f.fuel + 1

	f.load()
	f.open(true)
	r := &reader{data: w.m.data, pos: b.code, end: b.end}
	for r.pos < b.end {
		f.instruction(r.next())
	}
	f.close()
	return f.out
}

type functionRewriter struct {
	w   *rewriter
	out []byte
	// fuel and count are the added locals: the cached fuel, and the length of a bulk operation.
	fuel, count uint32
	// depth counts the blocks that are open inside the function.
	depth uint32
	// stretch holds the instructions since the last boundary and what they cost; looks says that fuel is looked at behind the charge.
	stretch []byte
	cost    int64
	looks   bool
}

// open begins a stretch.
func (f *functionRewriter) open(looks bool) {
	f.stretch, f.cost, f.looks = f.stretch[:0], 0, looks
}

// close writes the stretch behind its charge.
func (f *functionRewriter) close() {
	if f.cost > 0 {
		f.out = append(f.out, opLocalGet)
		f.out = append(appendU32(f.out, f.fuel), opI64Const)
		f.out = append(appendS64(f.out, f.cost), opI64Sub, opLocalSet)
		f.out = appendU32(f.out, f.fuel)
	}
	if f.looks {
		f.out = f.appendLook(f.out)
	}
	f.out = append(f.out, f.stretch...)
}

// boundary ends a stretch and begins the next.
func (f *functionRewriter) boundary(looks bool) {
	f.close()
	f.open(looks)
}

func (f *functionRewriter) add(b ...byte) { f.stretch = append(f.stretch, b...) }

func (f *functionRewriter) addU32(op byte, index uint32) {
	f.stretch = appendU32(append(f.stretch, op), index)
}

// load takes the fuel from its global; store puts it back.
func (f *functionRewriter) load() {
	f.out = appendU32(append(f.out, opGlobalGet), f.w.fuelGlobal())
	f.out = appendU32(append(f.out, opLocalSet), f.fuel)
}

func (f *functionRewriter) reload() {
	f.addU32(opGlobalGet, f.w.fuelGlobal())
	f.addU32(opLocalSet, f.fuel)
}

func (f *functionRewriter) store() {
	f.addU32(opLocalGet, f.fuel)
	f.addU32(opGlobalSet, f.w.fuelGlobal())
}

// appendLook calls for a refill when the fuel is below zero.
func (f *functionRewriter) appendLook(b []byte) []byte {
	b = append(appendU32(append(b, opLocalGet), f.fuel), opI64Const, 0, opI64LtS, opIf, emptyBlock)
	b = appendU32(append(b, opLocalGet), f.fuel)
	b = appendU32(append(b, opGlobalSet), f.w.fuelGlobal())
	b = appendU32(append(b, opCall), f.w.refill())
	b = appendU32(append(b, opGlobalGet), f.w.fuelGlobal())
	b = appendU32(append(b, opLocalSet), f.fuel)
	return append(b, opEnd)
}

func (f *functionRewriter) instruction(in instruction) {
	f.cost += cost(in.op)
	raw := f.w.m.data[in.start:in.end]
	switch in.op {
	case opBlock:
		f.depth++
		f.add(raw...)
	case opLoop:
		f.depth++
		f.add(raw...)
		f.boundary(true)
	case opIf:
		f.depth++
		f.add(raw...)
		f.boundary(false)
	case opElse:
		f.add(raw...)
		f.boundary(false)
	case opEnd:
		if f.depth == 0 {
			f.store()
			f.add(raw...)
			return
		}
		f.depth--
		f.add(raw...)
		f.boundary(false)
	case opBr, opBrIf, opBrTable:
		if f.leaves(in) {
			f.store()
		}
		f.add(raw...)
		f.boundary(false)
	case opReturn:
		f.store()
		f.add(raw...)
		f.boundary(false)
	case opUnreachable:
		f.store()
		f.add(raw...)
		f.boundary(false)
	case opCall:
		f.store()
		f.addU32(opCall, f.w.moved(in.index))
		f.reload()
	case opCallIndirect:
		f.store()
		f.add(raw...)
		f.reload()
	case opRefFunc:
		f.addU32(opRefFunc, f.w.moved(in.index))
	case opMemoryGrow:
		f.bulk(func() { f.add(opI64Const); f.stretch = appendS64(f.stretch, growCost); f.add(opI64Mul) })
		f.add(raw...)
		f.noteRefusal()
	case opPrefixMisc:
		switch in.misc {
		case miscMemoryInit, miscMemoryCopy, miscMemoryFill, miscTableInit, miscTableCopy, miscTableGrow, miscTableFill:
			f.bulk(func() { f.add(opI64Const, bulkShift, opI64ShrU) })
		}
		f.add(raw...)
	default:
		f.add(raw...)
	}
}

// leaves tells whether a branch may leave the function: the label outside all blocks is the function's own.
func (f *functionRewriter) leaves(in instruction) bool {
	if in.op != opBrTable {
		return in.index == f.depth
	}
	for _, label := range in.labels {
		if label == f.depth {
			return true
		}
	}
	return false
}

// bulk charges by the length on top of the stack, scaled, and looks at the fuel before the operation runs.
func (f *functionRewriter) bulk(scale func()) {
	f.addU32(opLocalSet, f.count)
	f.addU32(opLocalGet, f.fuel)
	f.addU32(opLocalGet, f.count)
	f.add(opI64ExtendU)
	scale()
	f.add(opI64Sub)
	f.addU32(opLocalSet, f.fuel)
	f.stretch = f.appendLook(f.stretch)
	f.addU32(opLocalGet, f.count)
}

// noteRefusal sets RefusedExport when memory.grow has just given -1, which stays on the stack.
func (f *functionRewriter) noteRefusal() {
	f.addU32(opLocalTee, f.count)
	f.add(opI32Const, 0x7f, opI32Eq, opIf, emptyBlock, opI32Const, 1)
	f.addU32(opGlobalSet, f.w.refusedGlobal())
	f.add(opEnd)
	f.addU32(opLocalGet, f.count)
}
