package wasm

import "slices"

// decode reads a module and refuses what the function contract leaves out. It checks the form of every instruction; whether the
// types of operands fit is left to the engine that compiles the module.
func decode(data []byte) (*module, error) {
	if len(data) > maxModuleBytes {
		return nil, &Error{Offset: maxModuleBytes, Reason: "the module is larger than 64 MiB"}
	}
	if len(data) < len(header) || string(data[:4]) != header[:4] {
		return nil, &Error{Reason: "this is not a WebAssembly module"}
	}
	if string(data[:len(header)]) != header {
		return nil, &Error{Offset: 4, Reason: "this is not a core module of version 1; components are not part of the contract"}
	}
	m := &module{data: data, exports: make(map[string]export), mergeable: true}
	r := newReader(data)
	r.pos = len(header)
	last := 0
	for !r.done() {
		s := section{start: r.pos}
		s.id = r.byte()
		if int(s.id) >= len(order) {
			r.fail(s.start, "unknown section %d", s.id)
			break
		}
		part := r.sub(r.u32())
		s.body, s.end = part.pos, part.end
		if s.id != sectionCustom {
			if order[s.id] <= last {
				r.fail(s.start, "section %d stands twice or in the wrong place", s.id)
				break
			}
			last = order[s.id]
		}
		m.sections = append(m.sections, s)
		m.section(s, part)
		r.adopt(part)
	}
	if r.err == nil && len(m.bodies) != len(m.functions) {
		r.fail(len(data), "%d functions are declared, %d have code", len(m.functions), len(m.bodies))
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

func (m *module) section(s section, r *reader) {
	switch s.id {
	case sectionType:
		m.readTypes(r)
	case sectionImport:
		m.readImports(r)
	case sectionFunction:
		for range r.count() {
			m.functions = append(m.functions, r.u32())
		}
	case sectionTable:
		for range r.count() {
			m.readTable(r)
		}
	case sectionMemory:
		m.readMemory(r)
	case sectionGlobal:
		m.globals = r.count()
		for range m.globals {
			r.bytes(2)
			r.constant()
		}
	case sectionExport:
		m.readExports(r)
	case sectionStart:
		r.fail(s.start, "a start section is not part of the contract: use _start")
	case sectionElement:
		for range r.count() {
			r.element(nil)
		}
	case sectionDataCount:
		r.u32()
	case sectionCode:
		m.readCode(r)
	case sectionData:
		m.readData(r)
	default:
		r.pos = r.end
	}
}

func (m *module) readTypes(r *reader) {
	for range r.count() {
		start := r.pos
		if form := r.byte(); form != 0x60 && r.err == nil {
			r.fail(start, "type form 0x%02x: only function types are part of the contract", form)
			return
		}
		params := r.bytes(r.u32())
		results := r.bytes(r.u32())
		m.types = append(m.types, functionType{params, results})
	}
}

func (m *module) readImports(r *reader) {
	for range r.count() {
		start := r.pos
		from, name := r.name(), r.name()
		kind := r.byte()
		if r.err != nil {
			return
		}
		switch {
		case from != wasiModule:
			r.fail(start, "imports %q from %q; only WASI preview 1 (%s) is there", name, from, wasiModule)
		case kind != kindFunction:
			r.fail(start, "imports %q, which is not a function", name)
		case !slices.Contains(wasiFunctions, name):
			r.fail(start, "imports %q, which WASI preview 1 does not have", name)
		}
		m.imports = append(m.imports, r.u32())
	}
}

func (m *module) readTable(r *reader) {
	start := r.pos
	r.byte()
	if l := r.limits(); l.min > maxTableElements {
		r.fail(start, "a table of %d elements; at most %d are allowed", l.min, maxTableElements)
	}
}

func (m *module) readMemory(r *reader) {
	for i := range r.count() {
		start := r.pos
		l := r.limits()
		if i > 0 {
			r.fail(start, "more than one memory")
			return
		}
		if l.min > maxMemoryPages {
			r.fail(start, "a memory of %d pages", l.min)
		}
		m.memory = &l
	}
}

func (r *reader) limits() limits {
	start := r.pos
	flags := r.byte()
	if flags > 1 && r.err == nil {
		r.fail(start, "shared or 64-bit memories are not part of the contract")
	}
	l := limits{min: r.u32(), hasMax: flags == 1}
	if l.hasMax {
		l.max = r.u32()
	}
	return l
}

func (m *module) readExports(r *reader) {
	for range r.count() {
		start := r.pos
		name := r.name()
		e := export{kind: r.byte(), index: r.u32()}
		if _, exists := m.exports[name]; exists && r.err == nil {
			r.fail(start, "exports %q twice", name)
		}
		m.exports[name] = e
	}
}

// constant passes over a constant expression and returns the value when it is a lone i32.const.
func (r *reader) constant() (value uint32, lone bool) {
	start := r.pos
	for n := 0; ; n++ {
		in := r.next()
		if r.err != nil {
			return 0, false
		}
		switch in.op {
		case opEnd:
			return value, lone && n == 1
		case opI32Const:
			lone = n == 0
			value = i32Immediate(r.data[in.start+1 : in.end])
		case opI64Const, 0x43, 0x44, opGlobalGet, opRefFunc, 0xd0, opPrefixSIMD:
		default:
			r.fail(start, "an initial value is not constant")
			return 0, false
		}
	}
}

func i32Immediate(leb []byte) uint32 {
	var value int64
	for i, b := range leb {
		value |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 && b&0x40 != 0 {
			value |= -1 << (7 * (i + 1))
		}
	}
	return uint32(value)
}

// element passes over an element segment. Given a visitor it is told each function index and where it stands.
func (r *reader) element(visit func(start, end int, index uint32)) {
	start := r.pos
	flags := r.u32()
	if flags > 7 {
		r.fail(start, "unknown element segment %d", flags)
		return
	}
	passive, explicit, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
	if !passive {
		if explicit {
			r.u32()
		}
		r.expression(visit)
	}
	if passive || explicit {
		r.byte()
	}
	for range r.count() {
		if expressions {
			r.expression(visit)
			continue
		}
		at := r.pos
		index := r.u32()
		if visit != nil {
			visit(at, r.pos, index)
		}
	}
}

// expression is a constant expression that may name functions.
func (r *reader) expression(visit func(start, end int, index uint32)) {
	if visit == nil {
		r.constant()
		return
	}
	for r.err == nil {
		in := r.next()
		if in.op == opRefFunc {
			visit(in.start+1, in.end, in.index)
		}
		if in.op == opEnd {
			return
		}
	}
}

func (m *module) readCode(r *reader) {
	for range r.count() {
		part := r.sub(r.u32())
		b := body{end: part.end}
		total := uint64(0)
		for range part.count() {
			start := part.pos
			g := localGroup{count: part.u32(), kind: part.byte()}
			if total += uint64(g.count); total > maxLocals {
				part.fail(start, "more than %d local variables in a function", maxLocals)
			}
			b.locals = append(b.locals, g)
		}
		b.code = part.pos
		m.readInstructions(part)
		r.adopt(part)
		if r.err != nil {
			return
		}
		m.bodies = append(m.bodies, b)
	}
}

// readInstructions checks each instruction's form and that blocks are closed.
func (m *module) readInstructions(r *reader) {
	depth := 1
	for depth > 0 && r.err == nil {
		in := r.next()
		switch {
		case in.op == opBlock || in.op == opLoop || in.op == opIf:
			depth++
		case in.op == opEnd:
			depth--
		case in.op == opPrefixMisc && (in.misc == miscMemoryInit || in.misc == miscDataDrop):
			m.mergeable = false
		}
	}
}

func (m *module) readData(r *reader) {
	for range r.count() {
		start := r.pos
		mode := r.u32()
		s := segment{}
		switch mode {
		case 0:
			var lone bool
			s.offset, lone = r.constant()
			m.mergeable = m.mergeable && lone
		case 1:
			m.mergeable = false
		default:
			r.fail(start, "data segment of an unknown kind or of another memory")
		}
		s.bytes = r.bytes(r.u32())
		m.segments = append(m.segments, s)
	}
}
