package wasm

// decode reads a core module and refuses what is outside the pinned feature set, WebAssembly core 2.0. It checks the form of every
// instruction and that every index names something of the module's own: the rewriter adds functions, types, globals and locals, and what
// points past the end of the original must not come to point at them. Whether the types of operands fit is left to the engine that
// compiles the module.
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
	last, declared := 0, 0
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
		if s.id == sectionFunction {
			declared = len(m.functions) - int(m.importedFunctions)
		}
		r.adopt(part)
	}
	if r.err == nil && len(m.bodies) != declared {
		r.fail(len(data), "%d functions are declared, %d have code", declared, len(m.bodies))
	}
	if r.err == nil && m.dataCount != nil && int(*m.dataCount) != len(m.segments) {
		r.fail(len(data), "%d data segments are announced, %d are there", *m.dataCount, len(m.segments))
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

func (m *module) section(s section, r *reader) {
	switch s.id {
	case sectionCustom:
		r.name()
		r.pos = r.end
	case sectionType:
		m.readTypes(r)
	case sectionImport:
		m.readImports(r)
	case sectionFunction:
		for range r.count() {
			m.functions = append(m.functions, r.index("type", len(m.types)))
		}
	case sectionTable:
		for range r.count() {
			m.tables = append(m.tables, r.table())
		}
	case sectionMemory:
		for range r.count() {
			m.memories = append(m.memories, m.readMemory(r))
		}
	case sectionGlobal:
		for range r.count() {
			g := r.global()
			m.constant(r, nil)
			m.globals = append(m.globals, g)
		}
	case sectionExport:
		m.readExports(r)
	case sectionStart:
		m.start = &startFunction{at: s.start, index: r.index("function", len(m.functions))}
	case sectionElement:
		for range r.count() {
			m.elements = append(m.elements, m.element(r, nil))
		}
	case sectionDataCount:
		n := r.u32()
		m.dataCount = &n
	case sectionCode:
		m.readCode(r)
	case sectionData:
		m.readData(r)
	}
}

func (m *module) readTypes(r *reader) {
	for range r.count() {
		start := r.pos
		if form := r.byte(); form != 0x60 && r.err == nil {
			r.fail(start, "type form 0x%02x: only function types are part of the contract", form)
			return
		}
		m.types = append(m.types, functionType{r.valueTypes(), r.valueTypes()})
	}
}

// valueTypes reads a vector of value types.
func (r *reader) valueTypes() []byte {
	start := r.pos
	list := r.bytes(r.u32())
	if len(list) > maxTypes {
		r.fail(start, "a function with more than %d parameters or results", maxTypes)
	}
	for i, kind := range list {
		if !isValueType(kind) {
			r.fail(start+i, "unknown value type 0x%02x", kind)
			break
		}
	}
	return list
}

func (r *reader) valueType() byte {
	start := r.pos
	kind := r.byte()
	if r.err == nil && !isValueType(kind) {
		r.fail(start, "unknown value type 0x%02x", kind)
	}
	return kind
}

func isValueType(kind byte) bool {
	return kind >= typeV128 && kind <= typeI32 || kind == typeFuncref || kind == typeExternref
}

func (m *module) readImports(r *reader) {
	for range r.count() {
		i := importEntry{at: r.pos}
		i.from, i.name = r.name(), r.name()
		i.kind = r.byte()
		switch i.kind {
		case kindFunction:
			m.functions = append(m.functions, r.index("type", len(m.types)))
			m.importedFunctions++
		case kindTable:
			m.tables = append(m.tables, r.table())
		case kindMemory:
			m.memories = append(m.memories, m.readMemory(r))
		case kindGlobal:
			m.globals = append(m.globals, r.global())
			m.importedGlobals++
		default:
			r.fail(i.at, "imports %q, which is of unknown kind", i.name)
		}
		m.imports = append(m.imports, i)
	}
}

func (r *reader) table() limits {
	start := r.pos
	if kind := r.byte(); kind != typeFuncref && kind != typeExternref {
		r.fail(start, "a table of something that is no reference")
	}
	l := r.limits()
	l.at = start
	return l
}

func (m *module) readMemory(r *reader) limits {
	l := r.limits()
	if len(m.memories) > 0 {
		r.fail(l.at, "more than one memory")
	}
	if r.err == nil && (l.min > maxMemoryPages || l.hasMax && l.max > maxMemoryPages) {
		r.fail(l.at, "a memory of more than %d pages", maxMemoryPages)
	}
	return l
}

func (r *reader) limits() limits {
	l := limits{at: r.pos}
	flags := r.byte()
	if flags > 1 {
		r.fail(l.at, "shared or 64-bit memories are not part of the contract")
	}
	l.min, l.hasMax = r.u32(), flags == 1
	if l.hasMax {
		l.max = r.u32()
	}
	if r.err == nil && l.hasMax && l.max < l.min {
		r.fail(l.at, "it may hold %d at most, but starts with %d", l.max, l.min)
	}
	return l
}

func (r *reader) global() global {
	g := global{kind: r.valueType()}
	start := r.pos
	flag := r.byte()
	if flag > 1 {
		r.fail(start, "unknown mutability %d", flag)
	}
	g.mutable = flag == 1
	return g
}

func (m *module) readExports(r *reader) {
	for range r.count() {
		e := export{at: r.pos}
		name := r.name()
		e.kind = r.byte()
		switch e.kind {
		case kindFunction:
			e.index = r.index("function", len(m.functions))
		case kindTable:
			e.index = r.index("table", len(m.tables))
		case kindMemory:
			e.index = r.index("memory", len(m.memories))
		case kindGlobal:
			e.index = r.index("global", len(m.globals))
		default:
			r.fail(e.at, "exports %q, which is of unknown kind", name)
		}
		if _, exists := m.exports[name]; exists && r.err == nil {
			r.fail(e.at, "exports %q twice", name)
		}
		m.exports[name] = e
	}
}

// index reads a number that has to name one of count things.
func (r *reader) index(of string, count int) uint32 {
	start := r.pos
	i := r.u32()
	if r.err == nil && uint64(i) >= uint64(count) {
		r.fail(start, "there is no %s %d", of, i)
	}
	return i
}

// constant passes over a constant expression and returns the value when it is a lone i32.const. Given a visitor it is told each function
// index and where it stands.
func (m *module) constant(r *reader, visit func(start, end int, index uint32)) (value uint32, lone bool) {
	start := r.pos
	for n := 0; r.err == nil; n++ {
		in := r.next()
		switch in.op {
		case opEnd:
			return value, lone && n == 1
		case opI32Const:
			lone = n == 0
			value = i32Immediate(r.data[in.start+1 : in.end])
		case opGlobalGet:
			if in.index >= m.importedGlobals {
				r.fail(start, "an initial value takes that of a global which is not imported")
			}
		case opRefFunc:
			if int(in.index) >= len(m.functions) {
				r.fail(start, "there is no function %d", in.index)
			}
			if visit != nil {
				visit(in.start+1, in.end, in.index)
			}
		case opPrefixSIMD:
			if in.misc != simdConst {
				r.fail(start, "an initial value is not constant")
			}
		case opI64Const, opF32Const, opF64Const, opRefNull:
		default:
			r.fail(start, "an initial value is not constant")
		}
	}
	return 0, false
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

// element reads an element segment; the visitor is as for constant.
func (m *module) element(r *reader, visit func(start, end int, index uint32)) elementSegment {
	e := elementSegment{at: r.pos}
	flags := r.u32()
	if flags > 7 {
		r.fail(e.at, "unknown element segment %d", flags)
		return e
	}
	passive, explicit, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
	if e.active = !passive; e.active {
		if explicit {
			e.table = r.u32()
		}
		if r.err == nil && int(e.table) >= len(m.tables) {
			r.fail(e.at, "there is no table %d", e.table)
		}
		e.offset, _ = m.constant(r, visit)
	}
	if passive || explicit {
		r.byte()
	}
	e.count = r.count()
	for range e.count {
		if expressions {
			m.constant(r, visit)
			continue
		}
		at := r.pos
		index := r.index("function", len(m.functions))
		if visit != nil {
			visit(at, r.pos, index)
		}
	}
	return e
}

func (m *module) readData(r *reader) {
	for range r.count() {
		start := r.pos
		mode := r.u32()
		s := segment{at: start, passive: mode == 1}
		switch mode {
		case 0, 2:
			if mode == 2 {
				r.index("memory", len(m.memories))
			}
			if r.err == nil && len(m.memories) == 0 {
				r.fail(start, "data without a memory")
			}
			var lone bool
			s.offset, lone = m.constant(r, nil)
			m.mergeable = m.mergeable && lone
		case 1:
			m.mergeable = false
		default:
			r.fail(start, "data segment of unknown kind %d", mode)
		}
		s.bytes = r.bytes(r.u32())
		m.segments = append(m.segments, s)
	}
}
