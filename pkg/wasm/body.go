package wasm

func (m *module) readCode(r *reader) {
	count := r.count()
	if r.err == nil && int(count) != len(m.functions)-int(m.importedFunctions) {
		r.fail(r.pos, "%d functions are declared, %d have code", len(m.functions)-int(m.importedFunctions), count)
	}
	for i := range count {
		start := r.pos
		size := r.u32()
		if size > maxBodyBytes {
			r.fail(start, "a function of %d bytes; at most %d are allowed", size, maxBodyBytes)
		}
		part := r.sub(size)
		b := body{end: part.end}
		total := uint64(0)
		for range part.count() {
			start := part.pos
			g := localGroup{count: part.u32(), kind: part.valueType()}
			if total += uint64(g.count); total > maxLocals {
				part.fail(start, "more than %d local variables in a function", maxLocals)
			}
			b.locals = append(b.locals, g)
		}
		b.code = part.pos
		if part.err == nil {
			c := &bodyChecker{m: m, b: &b, locals: uint32(total) + uint32(len(m.typeOf(m.importedFunctions+i).params))}
			c.instructions(part)
		}
		r.adopt(part)
		if r.err != nil {
			return
		}
		m.bodies = append(m.bodies, b)
	}
}

// bodyChecker checks each instruction's form, the indices in it, and that blocks are closed.
type bodyChecker struct {
	m      *module
	b      *body
	locals uint32
	// depth counts the open blocks, the function's own included; labels counts the targets of br_tables.
	depth, labels int
}

func (c *bodyChecker) instructions(r *reader) {
	c.depth = 1
	for c.depth > 0 && r.err == nil {
		in := r.next()
		if r.err != nil {
			return
		}
		c.check(r, in)
	}
}

func (c *bodyChecker) check(r *reader, in instruction) {
	m := c.m
	within := func(of string, index uint32, count int) {
		if uint64(index) >= uint64(count) {
			r.fail(in.start, "there is no %s %d", of, index)
		}
	}
	memory := func() {
		if len(m.memories) == 0 {
			r.fail(in.start, "there is no memory")
		}
	}
	switch op := in.op; {
	case op == opBlock || op == opLoop || op == opIf:
		c.depth++
		c.b.loops = c.b.loops || op == opLoop
		if in.hasIndex {
			within("type", in.index, len(m.types))
		}
		if c.depth > maxNesting {
			r.fail(in.start, "blocks nested deeper than %d", maxNesting)
		}
	case op == opEnd:
		c.depth--
	case op == opBr || op == opBrIf || op == opBrTable:
		within("label", in.index, c.depth)
		c.b.leaves = c.b.leaves || int(in.index) == c.depth-1
		if c.labels += int(in.labels); c.labels > maxLabels {
			r.fail(in.start, "more than %d targets of br_table in a function", maxLabels)
		}
	case op == opReturn:
		c.b.leaves = true
	case op == opCall || op == opRefFunc:
		within("function", in.index, len(m.functions))
		c.b.calls = c.b.calls || op == opCall
	case op == opCallIndirect:
		within("type", in.index, len(m.types))
		within("table", in.second, len(m.tables))
		c.b.calls = true
	case op >= opLocalGet && op <= opLocalTee:
		within("local", in.index, int(c.locals))
	case op == opGlobalGet || op == opGlobalSet:
		within("global", in.index, len(m.globals))
		if op == opGlobalSet && r.err == nil && !m.globals[in.index].mutable {
			r.fail(in.start, "global %d cannot be set", in.index)
		}
	case op == opTableGet || op == opTableSet:
		within("table", in.index, len(m.tables))
	case op >= opI32Load && op <= opMemoryGrow:
		memory()
		c.b.bulk = c.b.bulk || op == opMemoryGrow
	case op == opPrefixSIMD && (in.misc <= 11 || in.misc >= 84 && in.misc <= 93):
		memory()
	case op == opPrefixMisc:
		c.misc(in, within, memory)
	}
}

func (c *bodyChecker) misc(in instruction, within func(string, uint32, int), memory func()) {
	m := c.m
	c.b.bulk = c.b.bulk || in.misc > 7
	segments := 0
	if m.dataCount != nil {
		segments = int(*m.dataCount)
	}
	switch in.misc {
	case miscMemoryInit, miscDataDrop:
		m.mergeable = false
		within("data segment", in.index, segments)
		if in.misc == miscMemoryInit {
			memory()
		}
	case miscMemoryCopy, miscMemoryFill:
		memory()
	case miscTableInit:
		within("element segment", in.index, len(m.elements))
		within("table", in.second, len(m.tables))
	case miscElemDrop:
		within("element segment", in.index, len(m.elements))
	case miscTableCopy:
		within("table", in.index, len(m.tables))
		within("table", in.second, len(m.tables))
	case miscTableGrow, miscTableSize, miscTableFill:
		within("table", in.index, len(m.tables))
	}
}
