package wasm

// Section ids, in the numbering of the binary format.
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
)

// order is the place of each section in a module; ids are historical.
var order = [...]int{
	sectionType: 1, sectionImport: 2, sectionFunction: 3, sectionTable: 4, sectionMemory: 5, sectionGlobal: 6, sectionExport: 7,
	sectionStart: 8, sectionElement: 9, sectionDataCount: 10, sectionCode: 11, sectionData: 12,
}

const (
	kindFunction = 0
	kindTable    = 1
	kindMemory   = 2
	kindGlobal   = 3
)

// header is the magic number and version 1 of a core module.
const header = "\x00asm\x01\x00\x00\x00"

// module is what the decoder has understood of a module.
type module struct {
	data     []byte
	sections []section

	types     []functionType
	imports   []uint32 // type of each imported function
	functions []uint32 // type of each function of the module's own
	globals   uint32
	exports   map[string]export
	memory    *limits
	bodies    []body
	segments  []segment
	// mergeable is false when something refers to data segments by their index, or when one is not active at a constant offset.
	mergeable bool
}

type section struct {
	id byte
	// start is where the id stands; body and end bound the contents.
	start, body, end int
}

type functionType struct{ params, results []byte }

type export struct {
	kind  byte
	index uint32
}

type limits struct {
	min, max uint32
	hasMax   bool
}

// body is the code of one function: its local declarations, then its instructions from code to end.
type body struct {
	locals    []localGroup
	code, end int
}

type localGroup struct {
	count uint32
	kind  byte
}

// segment is an active data segment at a constant offset of memory 0.
type segment struct {
	offset uint32
	bytes  []byte
}

// typeOf returns the type of a function by its index, imports first.
func (m *module) typeOf(index uint32) (functionType, bool) {
	var t uint32
	switch {
	case int(index) < len(m.imports):
		t = m.imports[index]
	case int(index)-len(m.imports) < len(m.functions):
		t = m.functions[int(index)-len(m.imports)]
	default:
		return functionType{}, false
	}
	if int(t) >= len(m.types) {
		return functionType{}, false
	}
	return m.types[t], true
}
