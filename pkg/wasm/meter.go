package wasm

import (
	"cmp"
	"fmt"
	"slices"
)

// Version names the cost table and the rewriting. A result means the same only under the same version.
const Version = 5

// What the rewriter adds for whoever runs the module.
const (
	// HostModule has the added imports, functions without parameters and results. RefillFunction is called when FuelExport is below zero:
	// it adds fuel to the global, or ends the execution. DoneFunction is called by StartExport when CommandEntry has returned.
	HostModule     = "orb"
	RefillFunction = "refill"
	DoneFunction   = "done"
	// StartExport is the entry point of a command: CommandEntry, then DoneFunction, in which the command's call can be kept for later.
	StartExport = reservedPrefix + "start"
	// ReadAgain is what fd_read gives to be called again, with the same parameters, before the guest sees anything of it.
	ReadAgain = 1 << 20
	// FuelExport is a mutable i64: the fuel left of what was granted. It starts at 0 and is true whenever the guest is not running and
	// whenever it calls the host.
	FuelExport = reservedPrefix + "fuel"
	// DepthExport is a mutable i32: the room left for nested calls. It is below zero after calls nested too deep, which ends as a trap.
	DepthExport = reservedPrefix + "depth"
	// RefusedExport is a mutable i32 that becomes RefusedMemory or RefusedTable when the guest was refused more of them.
	RefusedExport = reservedPrefix + "refused"
	// ChangedExport is a mutable i32 that is not 0 once the instance has changed in a way that setting memory and globals does not undo:
	// its tables or its passive segments have. It starts at 1 when the module has mutable globals that GlobalExport leaves out.
	ChangedExport = reservedPrefix + "changed"
)

// Values of RefusedExport.
const (
	RefusedMemory = 1
	RefusedTable  = 2
)

// GlobalExport is the name under which the nth mutable global of the module's own with a numeric type is exported, from 0.
func GlobalExport(n int) string { return fmt.Sprintf("%sglobal:%d", reservedPrefix, n) }

// Meter returns the module rewritten so that its execution is metered, deterministic and within its limits. The module must pass Check.
//
// Every stretch of straight code is charged when it is entered, to a local variable that is written back to FuelExport before calls and
// returns and that is looked at on entry of a function and at the head of a loop: between two looks a guest runs forward only. Calls are
// counted by the room that their frames take. NaNs that arithmetic makes are made canonical before anything can look at their bits. Memory
// grows to memoryLimit bytes at most.
func Meter(data []byte, memoryLimit uint64) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := m.checkContract(); err != nil {
		return nil, err
	}
	pages := uint32(min(memoryLimit/PageSize, maxMemoryPages))
	if m.memories[0].min > pages {
		return nil, refusal(m.memories[0].at, "its memory at start is above its memory limit of %d bytes", memoryLimit)
	}
	return newRewriter(m, pages).module(), nil
}

// rewriter writes a module anew. What it adds stands behind what is there, so that only the indices of functions move, for the
// added imports.
type rewriter struct {
	m *module
	// pages is the most that the memory may have.
	pages uint32
	// wrapper is the type of the block around the bodies of functions with several results, by the functions' type.
	wrapper map[uint32]uint32
	added   []functionType
}

func newRewriter(m *module, pages uint32) *rewriter {
	w := &rewriter{m: m, pages: pages, wrapper: make(map[uint32]uint32)}
	w.added = []functionType{
		{},
		{params: []byte{typeI64}, results: []byte{typeI64}},
		{params: []byte{typeI32, typeI32, typeI32}},
		{params: []byte{typeI32, typeI32, typeI32, typeI32}, results: []byte{typeI32}},
	}
	for _, t := range m.functions[m.importedFunctions:] {
		if _, known := w.wrapper[t]; !known && len(m.types[t].results) > 1 {
			w.wrapper[t] = uint32(len(m.types) + len(w.added))
			w.added = append(w.added, functionType{results: m.types[t].results})
		}
	}
	return w
}

// imports is how many functions the rewriter imports.
const imports = 2

func (w *rewriter) refillImport() uint32 { return w.m.importedFunctions }
func (w *rewriter) doneImport() uint32   { return w.m.importedFunctions + 1 }

// The added functions follow the module's own, in this order.
func (w *rewriter) refillFunction() uint32 { return uint32(len(w.m.functions)) + imports }
func (w *rewriter) startFunction() uint32  { return uint32(len(w.m.functions)) + imports + 1 }
func (w *rewriter) readFunction() uint32   { return uint32(len(w.m.functions)) + imports + 2 }
func (w *rewriter) copyFunction() uint32   { return uint32(len(w.m.functions)) + imports + 3 }
func (w *rewriter) fillFunction() uint32   { return uint32(len(w.m.functions)) + imports + 4 }

func (w *rewriter) fuelGlobal() uint32    { return uint32(len(w.m.globals)) }
func (w *rewriter) depthGlobal() uint32   { return uint32(len(w.m.globals)) + 1 }
func (w *rewriter) refusedGlobal() uint32 { return uint32(len(w.m.globals)) + 2 }
func (w *rewriter) changedGlobal() uint32 { return uint32(len(w.m.globals)) + 3 }

// moved is where a function of the module is found in the rewritten one; a call of fd_read goes through readCode.
func (w *rewriter) moved(index uint32) uint32 {
	switch {
	case index >= w.refillImport():
		return index + imports
	case w.m.imports[index].name == readFunction && w.m.imports[index].from == wasiModule:
		return w.readFunction()
	}
	return index
}

// module writes all sections. Those that the rewriter adds to are written even when the module has none.
func (w *rewriter) module() []byte {
	out := append(make([]byte, 0, len(w.m.data)*3/2), header...)
	bySection := make(map[byte]section)
	for _, s := range w.m.sections {
		if s.id != sectionCustom {
			bySection[s.id] = s
		}
	}
	for place := 1; place <= order[sectionData]; place++ {
		id := byte(slices.Index(order[:], place))
		content := w.content(id, bySection[id])
		if len(content) == 0 {
			continue
		}
		out = append(out, id)
		out = appendU32(out, uint32(len(content)))
		out = append(out, content...)
	}
	return out
}

func (w *rewriter) content(id byte, s section) []byte {
	m := w.m
	switch id {
	case sectionType:
		var added []byte
		for _, t := range w.added {
			added = append(appendU32(append(added, 0x60), uint32(len(t.params))), t.params...)
			added = append(appendU32(added, uint32(len(t.results))), t.results...)
		}
		return w.extended(len(m.types), len(w.added), w.tail(s), added)
	case sectionImport:
		var added []byte
		for _, name := range []string{RefillFunction, DoneFunction} {
			added = appendName(appendName(added, HostModule), name)
			added = appendU32(append(added, kindFunction), uint32(len(m.types)))
		}
		return w.extended(len(m.imports), imports, w.tail(s), added)
	case sectionFunction:
		var added []byte
		for _, h := range w.helpers() {
			added = appendU32(added, uint32(len(m.types))+h.addedType)
		}
		return w.extended(len(m.bodies), len(w.helpers()), w.tail(s), added)
	case sectionTable:
		return w.tables(s)
	case sectionMemory:
		return w.memory(s)
	case sectionGlobal:
		return w.globals(s)
	case sectionExport:
		return w.exports(s)
	case sectionStart:
		if m.start != nil {
			return appendU32(nil, w.moved(m.start.index))
		}
	case sectionElement:
		return w.elements(s)
	case sectionDataCount:
		if m.dataCount != nil {
			return appendU32(nil, uint32(len(w.segments())))
		}
	case sectionCode:
		return w.code()
	case sectionData:
		return w.data(s)
	}
	return m.data[s.body:s.end]
}

// helper is an added function: its type among those added, and its code.
type helper struct {
	addedType uint32
	code      []byte
}

// helpers returns the added functions. Without a memory there is nothing to copy or fill.
func (w *rewriter) helpers() []helper {
	added := []helper{{1, w.refillCode()}, {0, w.startCode()}, {3, w.readCode()}}
	if len(w.m.memories) > 0 {
		added = append(added, helper{2, w.copyCode()}, helper{2, w.fillCode()})
	}
	return added
}

// tail returns the elements of a section that is a vector, without their count.
func (w *rewriter) tail(s section) []byte {
	if s.end == 0 {
		return nil
	}
	r := &reader{data: w.m.data, pos: s.body, end: s.end}
	r.u32()
	return w.m.data[r.pos:s.end]
}

func (w *rewriter) extended(count, more int, elements, added []byte) []byte {
	content := appendU32(nil, uint32(count+more))
	content = append(content, elements...)
	return append(content, added...)
}

func appendName(b []byte, name string) []byte {
	return append(appendU32(b, uint32(len(name))), name...)
}

// tables caps what each table may grow to.
func (w *rewriter) tables(s section) []byte {
	if s.end == 0 {
		return nil
	}
	r := &reader{data: w.m.data, pos: s.body, end: s.end}
	count := r.u32()
	content := appendU32(nil, count)
	for range count {
		kind := w.m.data[r.pos]
		l := r.table()
		most := max(l.min, MaxTableElements/count)
		if l.hasMax {
			most = min(most, l.max)
		}
		content = appendU32(appendU32(append(content, kind, 1), l.min), most)
	}
	return content
}

func (w *rewriter) memory(s section) []byte {
	if s.end == 0 || len(w.m.memories) == 0 {
		return w.m.data[s.body:s.end]
	}
	l := w.m.memories[0]
	most := w.pages
	if l.hasMax {
		most = min(most, l.max)
	}
	return appendU32(appendU32([]byte{1, 1}, l.min), most)
}

func (w *rewriter) globals(s section) []byte {
	content := appendU32(nil, uint32(len(w.m.globals))-w.m.importedGlobals+4)
	changed := byte(0)
	if s.end > 0 {
		r := &reader{data: w.m.data, pos: s.body, end: s.end}
		count := r.u32()
		copied := r.pos
		for range count {
			if g := r.global(); g.mutable && !isNumber(g.kind) {
				changed = 1
			}
			w.m.constant(r, func(start, end int, index uint32) {
				content = append(content, w.m.data[copied:start]...)
				content = appendU32(content, w.moved(index))
				copied = end
			})
		}
		content = append(content, w.m.data[copied:s.end]...)
	}
	content = append(content, typeI64, 1, opI64Const, 0, opEnd)
	content = append(appendS64(append(content, typeI32, 1, opI32Const), maxDepth), opEnd)
	content = append(content, typeI32, 1, opI32Const, 0, opEnd)
	return append(content, typeI32, 1, opI32Const, changed, opEnd)
}

func isNumber(kind byte) bool { return kind >= typeF64 && kind <= typeI32 }

func (w *rewriter) exports(s section) []byte {
	var content []byte
	count := uint32(0)
	add := func(name string, kind byte, index uint32) {
		content = appendU32(append(appendName(content, name), kind), index)
		count++
	}
	if s.end > 0 {
		r := &reader{data: w.m.data, pos: s.body, end: s.end}
		for range r.u32() {
			name, kind, index := r.name(), r.byte(), r.u32()
			if kind == kindFunction {
				index = w.moved(index)
			}
			add(name, kind, index)
		}
	}
	n := 0
	for i, g := range w.m.globals {
		if uint32(i) >= w.m.importedGlobals && g.mutable && isNumber(g.kind) {
			add(GlobalExport(n), kindGlobal, uint32(i))
			n++
		}
	}
	if _, command := w.m.exports[CommandEntry]; command {
		add(StartExport, kindFunction, w.startFunction())
	}
	add(FuelExport, kindGlobal, w.fuelGlobal())
	add(DepthExport, kindGlobal, w.depthGlobal())
	add(RefusedExport, kindGlobal, w.refusedGlobal())
	add(ChangedExport, kindGlobal, w.changedGlobal())
	return append(appendU32(nil, count), content...)
}

func (w *rewriter) elements(s section) []byte {
	if s.end == 0 {
		return nil
	}
	var content []byte
	r := &reader{data: w.m.data, pos: s.body, end: s.end}
	copied := s.body
	for range r.u32() {
		w.m.element(r, func(start, end int, index uint32) {
			content = append(content, w.m.data[copied:start]...)
			content = appendU32(content, w.moved(index))
			copied = end
		})
	}
	// the count of segments was copied with what stands before the first index
	return append(content, w.m.data[copied:s.end]...)
}

func (w *rewriter) code() []byte {
	helpers := w.helpers()
	content := appendU32(nil, uint32(len(w.m.bodies)+len(helpers)))
	for i := range w.m.bodies {
		code := w.function(i)
		content = append(appendU32(content, uint32(len(code))), code...)
	}
	for _, h := range helpers {
		content = append(appendU32(content, uint32(len(h.code))), h.code...)
	}
	return content
}

// mergeGap is how many zeros are worth writing to save a segment: applying one costs more than copying these.
const mergeGap = 64

// segments joins active segments that lie close together. A Go program has tens of thousands of them, and applying each costs most
// of the time that starting an instance takes. Where one reaches into another nothing is joined: the order of writes matters.
func (w *rewriter) segments() []segment {
	if !w.m.mergeable {
		return w.m.segments
	}
	byOffset := slices.SortedStableFunc(slices.Values(w.m.segments), func(a, b segment) int { return cmp.Compare(a.offset, b.offset) })
	var merged []segment
	for _, next := range byOffset {
		if last := len(merged) - 1; last >= 0 {
			end := uint64(merged[last].offset) + uint64(len(merged[last].bytes))
			if uint64(next.offset) < end {
				return w.m.segments
			}
			if gap := uint64(next.offset) - end; gap <= mergeGap {
				merged[last].bytes = append(append(merged[last].bytes, make([]byte, gap)...), next.bytes...)
				continue
			}
		}
		merged = append(merged, segment{offset: next.offset, bytes: slices.Clip(next.bytes)})
	}
	return merged
}

func (w *rewriter) data(s section) []byte {
	segments := w.segments()
	if len(segments) == len(w.m.segments) {
		return w.m.data[s.body:s.end]
	}
	content := appendU32(nil, uint32(len(segments)))
	for _, m := range segments {
		content = append(content, 0, opI32Const)
		content = appendS64(content, int64(int32(m.offset)))
		content = append(content, opEnd)
		content = appendU32(content, uint32(len(m.bytes)))
		content = append(content, m.bytes...)
	}
	return content
}

// insertion is code to put into a stretch at a place in it.
type insertion struct {
	at   int
	kind byte
}

func sortInsertions(list []insertion) {
	slices.SortFunc(list, func(a, b insertion) int { return cmp.Compare(a.at, b.at) })
}
