package wasm

import "crypto/sha256"

// hollowSection is the custom section in which a hollow module says of what.
const hollowSection = "hollow"

// Hollow returns the module with bodies that only trap: everything around its code, such as types, data and exports, is as it was. Modules that
// differ have hollow modules that differ. The module must be well-formed.
func Hollow(module []byte) ([]byte, error) {
	hash := sha256.Sum256(module)
	name := append(appendName(nil, hollowSection), hash[:]...)
	out := append([]byte{}, header...)
	out = appendU32(append(out, sectionCustom), uint32(len(name)))
	out = append(out, name...)
	r := newReader(module)
	r.bytes(uint32(len(header)))
	for !r.done() {
		id, content := r.byte(), r.bytes(r.u32())
		if id == sectionCustom {
			continue
		}
		if id == sectionCode {
			bodies := newReader(content)
			n := bodies.u32()
			content = appendU32(nil, n)
			for range n {
				bodies.bytes(bodies.u32())
				content = append(content, 3, 0, opUnreachable, opEnd) // its size, no locals
			}
			if bodies.err != nil {
				return nil, bodies.err
			}
		}
		out = appendU32(append(out, id), uint32(len(content)))
		out = append(out, content...)
	}
	if r.err != nil {
		return nil, r.err
	}
	return out, nil
}
