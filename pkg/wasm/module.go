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

// module is what the decoder has understood of a module. Index spaces count what is imported first.
type module struct {
	data     []byte
	sections []section

	types     []functionType
	imports   []importEntry
	functions []uint32 // type of each function
	tables    []limits
	memories  []limits
	globals   []global
	exports   map[string]export
	start     *startFunction
	elements  []elementSegment
	bodies    []body
	segments  []segment
	// imported functions and globals are the first of their index spaces.
	importedFunctions, importedGlobals uint32
	dataCount                          *uint32
	// mergeable is false when something refers to data segments by their index, or when one is not active at a constant offset.
	mergeable bool
}

type section struct {
	id byte
	// start is where the id stands; body and end bound the contents.
	start, body, end int
}

type functionType struct{ params, results []byte }

type importEntry struct {
	at         int
	from, name string
	kind       byte
}

type export struct {
	at    int
	kind  byte
	index uint32
}

type limits struct {
	at       int
	min, max uint32
	hasMax   bool
}

type global struct {
	kind    byte
	mutable bool
}

type startFunction struct {
	at    int
	index uint32
}

// body is the code of one function: its local declarations, then its instructions from code to end.
type body struct {
	locals    []localGroup
	code, end int
	// What the function does: call others, loop, charge by a length, branch out of itself other than at its end.
	calls, loops, bulk, leaves bool
}

type localGroup struct {
	count uint32
	kind  byte
}

// segment is a data segment of memory 0.
type segment struct {
	at      int
	passive bool
	offset  uint32
	bytes   []byte
}

// elementSegment says where an element segment goes; offset is 0 unless it is a constant number.
type elementSegment struct {
	at                   int
	active               bool
	table, offset, count uint32
}

// typeOf returns the type of a function that decode has found to exist.
func (m *module) typeOf(index uint32) functionType { return m.types[m.functions[index]] }
