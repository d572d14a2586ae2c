package wasm

import "slices"

// Version names the cost table and the rewriting. A result means the same only under the same version.
const Version = 1

// What the rewriter adds for whoever runs the module.
const (
	// HostModule and RefillFunction name the added import: a function without parameters and results that is called when FuelExport is
	// below zero. It adds fuel to the global, or ends the execution.
	HostModule     = "orb"
	RefillFunction = "refill"
	// FuelExport is a mutable i64: the fuel left of what was granted. It starts at 0 and is true whenever the guest is not running and
	// whenever it calls the host.
	FuelExport = "orb:fuel"
	// RefusedExport is a mutable i32 that becomes 1 when memory.grow was refused.
	RefusedExport = "orb:refused"
)

const (
	// bulkShift makes 32 bytes, or table elements, of a bulk operation cost one fuel.
	bulkShift = 5
	// growCost is the fuel of one page of memory.grow, as much as filling it.
	growCost = PageSize >> bulkShift
)

// cost returns the fuel of one execution of an instruction. What only structures the code is free.
func cost(op byte) int64 {
	switch op {
	case opBlock, opLoop, opElse, opEnd, 0x01:
		return 0
	}
	return 1
}

// Meter returns the module rewritten so that its execution is metered and its memory stays within memoryLimit bytes. Every stretch of
// straight code is charged when it is entered, to a local variable that is written back to FuelExport before calls and returns and that is
// looked at on entry of a function and at the head of a loop: between two looks a guest runs forward only. The module must pass Check.
func Meter(data []byte, memoryLimit uint64) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := m.checkContract(); err != nil {
		return nil, err
	}
	pages := uint32(min(memoryLimit/PageSize, maxMemoryPages))
	if m.memory.min > pages {
		return nil, &Error{Offset: len(data), Reason: "the module's memory at start is above its memory limit"}
	}
	w := &rewriter{m: m, pages: pages}
	return w.module()
}

type rewriter struct {
	m     *module
	pages uint32
}

// refill is the index of the added import; functions of the module's own move up by one to make room for it.
func (w *rewriter) refill() uint32 { return uint32(len(w.m.imports)) }

func (w *rewriter) moved(index uint32) uint32 {
	if index >= w.refill() {
		return index + 1
	}
	return index
}

func (w *rewriter) fuelGlobal() uint32 { return w.m.globals }

func (w *rewriter) refusedGlobal() uint32 { return w.m.globals + 1 }

// module writes all sections. Those that the rewriter adds to are written even when the module has none.
func (w *rewriter) module() ([]byte, error) {
	out := append(make([]byte, 0, len(w.m.data)*3/2), header...)
	bySection := make(map[byte]section)
	for _, s := range w.m.sections {
		if s.id != sectionCustom {
			bySection[s.id] = s
		}
	}
	for place := 1; place <= order[sectionData]; place++ {
		id := sectionAt(place)
		s, present := bySection[id]
		var content []byte
		switch id {
		case sectionType:
			content = w.extended(uint32(len(w.m.types)), 1, w.tail(s), []byte{0x60, 0, 0})
		case sectionImport:
			content = w.extended(uint32(len(w.m.imports)), 1, w.tail(s), w.refillImport())
		case sectionMemory:
			content = append([]byte{1, 1}, appendU32(appendU32(nil, w.m.memory.min), w.maxPages())...)
		case sectionGlobal:
			content = w.extended(w.m.globals, 2, w.tail(s), []byte{typeI64, 1, opI64Const, 0, opEnd, typeI32, 1, opI32Const, 0, opEnd})
		case sectionExport:
			content = w.exports(s)
		case sectionElement:
			content = w.elements(s)
		case sectionCode:
			content = w.code()
		case sectionData:
			content = w.data(s)
		default:
			content = w.m.data[s.body:s.end]
		}
		if !present && len(content) == 0 {
			continue
		}
		out = append(out, id)
		out = appendU32(out, uint32(len(content)))
		out = append(out, content...)
	}
	return out, nil
}

func sectionAt(place int) byte {
	for id, p := range order {
		if p == place {
			return byte(id)
		}
	}
	return sectionCustom
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

func (w *rewriter) extended(count, more uint32, elements, added []byte) []byte {
	content := appendU32(nil, count+more)
	content = append(content, elements...)
	return append(content, added...)
}

func (w *rewriter) refillImport() []byte {
	b := appendName(nil, HostModule)
	b = appendName(b, RefillFunction)
	return appendU32(append(b, kindFunction), uint32(len(w.m.types)))
}

func appendName(b []byte, name string) []byte {
	return append(appendU32(b, uint32(len(name))), name...)
}

func (w *rewriter) maxPages() uint32 {
	if w.m.memory.hasMax {
		return min(w.m.memory.max, w.pages)
	}
	return w.pages
}

func (w *rewriter) exports(s section) []byte {
	r := &reader{data: w.m.data, pos: s.body, end: s.end}
	count := r.u32()
	content := appendU32(nil, count+2)
	for range count {
		content = appendName(content, r.name())
		kind, index := r.byte(), r.u32()
		if kind == kindFunction {
			index = w.moved(index)
		}
		content = appendU32(append(content, kind), index)
	}
	content = appendU32(append(appendName(content, FuelExport), kindGlobal), w.fuelGlobal())
	return appendU32(append(appendName(content, RefusedExport), kindGlobal), w.refusedGlobal())
}

func (w *rewriter) elements(s section) []byte {
	if s.end == 0 {
		return nil
	}
	var content []byte
	r := &reader{data: w.m.data, pos: s.body, end: s.end}
	copied := s.body
	for range r.u32() {
		r.element(func(start, end int, index uint32) {
			content = append(content, w.m.data[copied:start]...)
			content = appendU32(content, w.moved(index))
			copied = end
		})
	}
	// the count of segments was copied with what stands before the first index
	return append(content, w.m.data[copied:s.end]...)
}

func (w *rewriter) code() []byte {
	content := appendU32(nil, uint32(len(w.m.bodies)))
	for i := range w.m.bodies {
		code := w.function(i)
		content = appendU32(content, uint32(len(code)))
		content = append(content, code...)
	}
	return content
}

// mergeGap is how many zeros are worth writing to save a segment: applying one costs more than copying these.
const mergeGap = 64

// data joins active segments that follow each other closely. A Go program has tens of thousands of them, and applying each costs most
// of the time that starting an instance takes.
func (w *rewriter) data(s section) []byte {
	if s.end == 0 || !w.m.mergeable {
		return w.m.data[s.body:s.end]
	}
	var merged []segment
	for _, next := range w.m.segments {
		if last := len(merged) - 1; last >= 0 {
			end := uint64(merged[last].offset) + uint64(len(merged[last].bytes))
			if gap := int64(next.offset) - int64(end); gap >= 0 && gap <= mergeGap {
				merged[last].bytes = append(append(merged[last].bytes, make([]byte, gap)...), next.bytes...)
				continue
			}
			if uint64(next.offset) < end {
				return w.m.data[s.body:s.end] // overlapping: the order of writes matters
			}
		}
		merged = append(merged, segment{offset: next.offset, bytes: slices.Clone(next.bytes)})
	}
	content := appendU32(nil, uint32(len(merged)))
	for _, m := range merged {
		content = append(content, 0, opI32Const)
		content = appendS64(content, int64(int32(m.offset)))
		content = append(content, opEnd)
		content = appendU32(content, uint32(len(m.bytes)))
		content = append(content, m.bytes...)
	}
	return content
}
