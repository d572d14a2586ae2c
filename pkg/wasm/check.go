// Package wasm prepares modules for execution: it checks them against the function contract, strips what only developers need, and
// rewrites them so that execution is metered. It never runs one. The same rewriting happens on a laptop, at an attester and on a host,
// so that fuel is the same number everywhere.
package wasm

import "strings"

const wasiModule = "wasi_snapshot_preview1"

// The entry points that a function may have; a module with both is a command.
const (
	// CommandEntry is called once per request in a program that has just been started.
	CommandEntry = "_start"
	// ReactorEntry is called once per request; InitEntry, where there is one, once before the first.
	ReactorEntry = "orb_handle"
	InitEntry    = "_initialize"
)

// reservedPrefix is what the names of exports that Meter adds begin with.
const reservedPrefix = "orb:"

// Info is what a module says of itself.
type Info struct {
	// Reactor tells that it is called at ReactorEntry rather than at CommandEntry.
	Reactor bool
	// Functions is how many functions it defines, Imports how many it takes from WASI.
	Functions, Imports int
	// MemoryPages is its memory at start, in pages of 64 KiB.
	MemoryPages uint32
}

// Check holds a module against the function contract: a core module with WASI preview 1 as its only import, one memory exported as
// "memory", an entry point that takes and gives nothing, and no feature whose results differ between machines. A refusal is an *Error. No
// bytes make it panic.
func Check(data []byte) (Info, error) {
	m, err := decode(data)
	if err != nil {
		return Info{}, err
	}
	if err := m.checkContract(); err != nil {
		return Info{}, err
	}
	_, command := m.exports[CommandEntry]
	return Info{
		Reactor: !command, Functions: len(m.bodies), Imports: len(m.imports), MemoryPages: m.memories[0].min,
	}, nil
}

func (m *module) checkContract() error {
	end := len(m.data)
	for i, imported := range m.imports {
		if reason := m.refuseImport(imported, i); reason != "" {
			return &Error{Offset: imported.at, Reason: reason}
		}
	}
	if m.start != nil {
		return &Error{Offset: m.start.at, Reason: "a start section is not part of the contract: use _start or _initialize"}
	}
	places := uint64(0)
	for _, t := range m.tables {
		if places += uint64(t.min); places > MaxTableElements {
			return refusal(t.at, "tables of %d elements; at most %d are allowed", places, MaxTableElements)
		}
	}
	if len(m.memories) == 0 {
		return &Error{Offset: end, Reason: "there is no memory"}
	}
	for _, d := range m.segments {
		if uint64(d.offset)+uint64(len(d.bytes)) > uint64(m.memories[0].min)*PageSize && !d.passive {
			return refusal(d.at, "data at %d reaches out of the memory", d.offset)
		}
	}
	for _, e := range m.elements {
		if uint64(e.offset)+uint64(e.count) > uint64(m.tables[e.table].min) && e.active {
			return refusal(e.at, "elements at %d reach out of table %d", e.offset, e.table)
		}
	}
	if e, ok := m.exports["memory"]; !ok || e.kind != kindMemory {
		return &Error{Offset: end, Reason: `the memory is not exported as "memory"`}
	}
	_, command := m.exports[CommandEntry]
	_, reactor := m.exports[ReactorEntry]
	if !command && !reactor {
		return &Error{Offset: end, Reason: `there is neither "_start" nor "orb_handle": build a command, in Go with GOOS=wasip1 GOARCH=wasm, or export orb_handle`}
	}
	for _, name := range []string{CommandEntry, ReactorEntry, InitEntry} {
		e, ok := m.exports[name]
		switch {
		case !ok:
		case e.kind != kindFunction:
			return refusal(e.at, "%q is not a function", name)
		default:
			if t := m.typeOf(e.index); len(t.params)+len(t.results) > 0 {
				return refusal(e.at, "%q takes or gives something", name)
			}
		}
	}
	for name, e := range m.exports {
		if strings.HasPrefix(name, reservedPrefix) {
			return refusal(e.at, "exports %q: names that begin with %q are reserved", name, reservedPrefix)
		}
	}
	return nil
}

func (m *module) refuseImport(i importEntry, index int) string {
	if i.from != wasiModule {
		return refusal(0, "imports %q from %q; only WASI preview 1 (%s) is there", i.name, i.from, wasiModule).Reason
	}
	if i.kind != kindFunction {
		return refusal(0, "imports %q, which is not a function", i.name).Reason
	}
	signature, ok := wasiFunctions[i.name]
	if !ok {
		return refusal(0, "imports %q, which WASI preview 1 does not have", i.name).Reason
	}
	// every import up to here is a function
	if t := m.typeOf(uint32(index)); spell(t.params) != signature.Params || spell(t.results) != signature.Results {
		return refusal(0, "imports %q with a type that WASI preview 1 does not give it", i.name).Reason
	}
	return ""
}

// spell writes value types as Signature does.
func spell(types []byte) string {
	var b strings.Builder
	for _, t := range types {
		switch t {
		case typeI32:
			b.WriteByte('i')
		case typeI64:
			b.WriteByte('I')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// Strip returns the module without custom sections: names, debug information and producers. What runs is unchanged.
func Strip(data []byte) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(data)), header...)
	for _, s := range m.sections {
		if s.id != sectionCustom {
			out = append(out, data[s.start:s.end]...)
		}
	}
	return out, nil
}
