package wasm

const (
	// maxDepth is the room for frames of nested calls, in slots of a value each.
	maxDepth = 1 << 19
	// smallFrame is how many slots a function that calls no other may take uncounted.
	smallFrame = 256
	// shortCost is how much fuel a function without calls and loops may burn without looking at what is left.
	shortCost = 100
	// lookEvery is how much fuel may be burned in straight code between two looks.
	lookEvery = 20_000
)

// functionRewriter rewrites the body of one function in a single pass: instructions are copied, and a charge is put in front of every
// stretch of straight code once its end, and so its cost, is known.
type functionRewriter struct {
	w   *rewriter
	out []byte
	// locals counts what the function has, parameters included, and what is added; kinds are those added.
	locals uint32
	kinds  []byte
	// slots are the added locals by what they hold, 0 where there is none: scratch space for each type, and the rest of a bulk operation.
	scratches map[byte]uint32
	// fuel is the local that caches the fuel; direct says that there is none and that stretches are charged to the global.
	fuel   uint32
	direct bool
	// depth counts the blocks that are open inside the function, unlooked the fuel since the last look in the order of the code.
	depth    uint32
	unlooked int64

	// stretch holds the instructions since the last boundary and what they cost; looks says that fuel is looked at behind the charge.
	stretch    []byte
	cost       int64
	looks      bool
	operands   []operand
	insertions []insertion
}

// frame is how many slots a call of the function takes: its variables, and some for values in between, of which longer code has more.
func frame(t functionType, b body) int64 {
	slots := int64(8 + len(t.params) + len(t.results) + (b.end-b.code)/16)
	for _, g := range b.locals {
		weight := int64(1)
		if g.kind == typeV128 {
			weight = 2
		}
		slots += weight * int64(g.count)
	}
	return min(slots, maxDepth+1)
}

// short tells whether the function has neither calls nor loops and burns little.
func (m *module) short(b body) bool {
	if b.calls || b.loops || b.bulk {
		return false
	}
	total := int64(0)
	r := &reader{data: m.data, pos: b.code, end: b.end}
	for r.pos < b.end {
		if total += cost(r.next()); total > shortCost {
			return false
		}
	}
	return true
}

// function rewrites the body of the module's ith own function.
func (w *rewriter) function(i int) []byte {
	b := w.m.bodies[i]
	typeIndex := w.m.functions[int(w.m.importedFunctions)+i]
	t := w.m.types[typeIndex]
	f := &functionRewriter{w: w, locals: uint32(len(t.params)), scratches: make(map[byte]uint32), direct: w.m.short(b)}
	for _, g := range b.locals {
		f.locals += g.count
	}
	size := frame(t, b)
	counted := b.calls || size > smallFrame
	if !f.direct {
		f.fuel = f.local(typeI64)
		f.out = f.appendLoad(f.out)
	}
	if counted {
		f.enter(size)
	}
	wrapped := (counted || !f.direct) && b.leaves
	if wrapped {
		f.out = append(f.out, opBlock)
		f.out = append(f.out, w.resultType(typeIndex)...)
	}
	f.open(!f.direct)
	r := &reader{data: w.m.data, pos: b.code, end: b.end}
	for r.pos < b.end {
		in := r.next()
		if r.pos == b.end {
			break // the function's own end
		}
		f.instruction(in, wrapped)
	}
	f.boundary(false)
	if wrapped {
		f.out = append(f.out, opEnd)
	}
	if !f.direct {
		f.out = f.appendStore(f.out)
	}
	if counted {
		f.addDepth(opI32Add, size)
	}
	f.out = append(f.out, opEnd)

	groups := appendU32(nil, uint32(len(b.locals)+len(f.kinds)))
	for _, g := range b.locals {
		groups = append(appendU32(groups, g.count), g.kind)
	}
	for _, kind := range f.kinds {
		groups = append(groups, 1, kind)
	}
	return append(groups, f.out...)
}

// resultType is the type of a block that gives what a function of the type gives.
func (w *rewriter) resultType(typeIndex uint32) []byte {
	switch results := w.m.types[typeIndex].results; len(results) {
	case 0:
		return []byte{emptyBlock}
	case 1:
		return results
	default:
		return appendS64(nil, int64(w.wrapper[typeIndex]))
	}
}

// local adds a local variable.
func (f *functionRewriter) local(kind byte) uint32 {
	f.kinds = append(f.kinds, kind)
	f.locals++
	return f.locals - 1
}

// scratch returns a local variable of a type that keeps its value only for the moment.
func (f *functionRewriter) scratch(kind byte) uint32 {
	index, ok := f.scratches[kind]
	if !ok {
		index = f.local(kind)
		f.scratches[kind] = index
	}
	return index
}

// enter takes the room of the function's frame and traps when there is none.
func (f *functionRewriter) enter(size int64) {
	f.addDepth(opI32Sub, size)
	f.out = appendU32(append(f.out, opGlobalGet), f.w.depthGlobal())
	f.out = append(f.out, opI32Const, 0, opI32LtS, opIf, emptyBlock, opUnreachable, opEnd)
}

func (f *functionRewriter) addDepth(op byte, size int64) {
	f.out = appendU32(append(f.out, opGlobalGet), f.w.depthGlobal())
	f.out = append(appendS64(append(f.out, opI32Const), size), op, opGlobalSet)
	f.out = appendU32(f.out, f.w.depthGlobal())
}

// appendLoad takes the fuel from its global; appendStore puts it back.
func (f *functionRewriter) appendLoad(b []byte) []byte {
	if f.direct {
		return b
	}
	b = appendU32(append(b, opGlobalGet), f.w.fuelGlobal())
	return appendU32(append(b, opLocalSet), f.fuel)
}

func (f *functionRewriter) appendStore(b []byte) []byte {
	if f.direct {
		return b
	}
	b = appendU32(append(b, opLocalGet), f.fuel)
	return appendU32(append(b, opGlobalSet), f.w.fuelGlobal())
}

// appendLook asks for more fuel when it is below zero.
func (f *functionRewriter) appendLook(b []byte) []byte {
	b = append(appendU32(append(b, opLocalGet), f.fuel), opI64Const, 0, opI64LtS, opIf, emptyBlock)
	b = appendU32(append(b, opLocalGet), f.fuel)
	b = appendU32(append(b, opCall), f.w.refillFunction())
	b = appendU32(append(b, opLocalSet), f.fuel)
	return append(b, opEnd)
}

// open begins a stretch.
func (f *functionRewriter) open(looks bool) {
	f.stretch, f.cost, f.looks = f.stretch[:0], 0, looks
	f.operands, f.insertions = f.operands[:0], f.insertions[:0]
}

// boundary writes the stretch behind its charge and begins the next.
func (f *functionRewriter) boundary(looks bool) {
	f.observeAll()
	if f.cost > 0 {
		get, set, index := byte(opLocalGet), byte(opLocalSet), f.fuel
		if f.direct {
			get, set, index = opGlobalGet, opGlobalSet, f.w.fuelGlobal()
		}
		f.out = append(appendU32(append(f.out, get), index), opI64Const)
		f.out = append(appendS64(f.out, f.cost), opI64Sub, set)
		f.out = appendU32(f.out, index)
	}
	if f.looks {
		f.out = f.appendLook(f.out)
		f.unlooked = 0
	}
	f.unlooked += f.cost
	sortInsertions(f.insertions)
	copied := 0
	for _, i := range f.insertions {
		f.out = append(f.out, f.stretch[copied:i.at]...)
		f.out = f.appendCanonical(f.out, i.kind)
		copied = i.at
	}
	f.out = append(f.out, f.stretch[copied:]...)
	f.open(looks || !f.direct && f.unlooked > lookEvery)
}

func (f *functionRewriter) add(b ...byte) { f.stretch = append(f.stretch, b...) }

func (f *functionRewriter) addU32(op byte, index uint32) {
	f.stretch = appendU32(append(f.stretch, op), index)
}

func (f *functionRewriter) instruction(in instruction, wrapped bool) {
	f.cost += cost(in)
	raw := f.w.m.data[in.start:in.end]
	switch in.op {
	case opBlock:
		f.depth++
		f.add(raw...)
		f.observeAll()
	case opLoop:
		f.depth++
		f.add(raw...)
		f.boundary(true)
	case opIf:
		f.depth++
		f.add(raw...)
		f.boundary(false)
	case opEnd:
		f.depth--
		f.add(raw...)
		f.boundary(false)
	case opElse, opBr, opBrIf, opBrTable:
		f.add(raw...)
		f.boundary(false)
	case opReturn:
		if wrapped {
			f.addU32(opBr, f.depth)
		} else {
			f.add(raw...)
		}
		f.boundary(false)
	case opUnreachable:
		f.stretch = f.appendStore(f.stretch)
		f.add(raw...)
		f.boundary(false)
	case opCall:
		t := f.w.m.typeOf(in.index)
		f.stretch = f.appendStore(f.stretch)
		f.addU32(opCall, f.w.moved(in.index))
		f.called(len(t.params), len(t.results))
	case opCallIndirect:
		t := f.w.m.types[in.index]
		f.stretch = f.appendStore(f.stretch)
		f.add(raw...)
		f.called(len(t.params)+1, len(t.results))
	case opRefFunc:
		f.addU32(opRefFunc, f.w.moved(in.index))
		f.push(1)
	case opTableSet:
		f.noteChange()
		f.add(raw...)
		f.pop(2, true)
	case opMemoryGrow:
		f.grow(raw, RefusedMemory, growCost)
	case opPrefixMisc:
		f.misc(in, raw)
	default:
		f.add(raw...)
		f.follow(in)
	}
	if f.cost > lookEvery && !f.direct {
		f.boundary(true)
	}
}

// called follows a call: the callee may have burned shortCost without a look.
func (f *functionRewriter) called(params, results int) {
	f.stretch = f.appendLoad(f.stretch)
	f.pop(params, true)
	f.push(results)
	if f.unlooked += shortCost; f.unlooked > lookEvery {
		f.boundary(true)
	}
}

// noteChange sets ChangedExport.
func (f *functionRewriter) noteChange() {
	f.add(opI32Const, 1)
	f.addU32(opGlobalSet, f.w.changedGlobal())
}
