package wasm

import (
	"fmt"
	"unicode/utf8"
)

// Error is a refusal of a module: what is wrong and where, in bytes from the start of the module.
type Error struct {
	Offset int
	Reason string
}

// Error returns the reason with its position.
func (e *Error) Error() string { return fmt.Sprintf("wasm module, byte %d: %s", e.Offset, e.Reason) }

func refusal(offset int, format string, args ...any) *Error {
	return &Error{Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

// reader walks over a module's bytes. Its first error sticks: every read after it returns zeros, so that a decoder can read on and
// look once.
type reader struct {
	data []byte
	pos  int
	end  int
	err  *Error
}

func newReader(data []byte) *reader { return &reader{data: data, end: len(data)} }

func (r *reader) fail(offset int, format string, args ...any) {
	if r.err == nil {
		r.err = refusal(offset, format, args...)
	}
	r.pos = r.end
}

func (r *reader) done() bool { return r.err != nil || r.pos >= r.end }

func (r *reader) byte() byte {
	if r.pos >= r.end {
		r.fail(r.pos, "it ends in the middle of something")
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.end-r.pos) {
		r.fail(r.pos, "%d bytes are announced, %d are left", n, r.end-r.pos)
		return nil
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	start := r.pos
	var value uint32
	for shift := 0; ; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			r.fail(start, "number does not fit 32 bits")
			return 0
		}
		value |= uint32(b&0x7f) << shift
		if b&0x80 == 0 {
			return value
		}
	}
}

// skipSigned passes over a signed LEB128 number of at most bits bits. Whether unused bits of its last byte are right is left to the
// engine that compiles the module.
func (r *reader) skipSigned(bits int) {
	start := r.pos
	for n := 0; ; n++ {
		if n == (bits+6)/7 {
			r.fail(start, "number does not fit %d bits", bits)
			return
		}
		if r.byte()&0x80 == 0 {
			return
		}
	}
}

// count reads the length of a vector whose elements take at least one byte each, so that a length can never ask for more memory than
// the module has bytes.
func (r *reader) count() uint32 {
	start := r.pos
	n := r.u32()
	if uint64(n) > uint64(r.end-r.pos) {
		r.fail(start, "%d elements are announced in %d bytes", n, r.end-r.pos)
		return 0
	}
	return n
}

func (r *reader) name() string {
	start := r.pos
	name := r.bytes(r.u32())
	if !utf8.Valid(name) {
		r.fail(start, "a name that is not UTF-8")
	}
	return string(name)
}

// sub returns a reader of the next n bytes, which knows their place in the module.
func (r *reader) sub(n uint32) *reader {
	start := r.pos
	r.bytes(n)
	return &reader{data: r.data, pos: start, end: r.pos, err: r.err}
}

// adopt takes over the error of a reader of a part, and complains when the part was not read to its end.
func (r *reader) adopt(part *reader) {
	if part.err != nil && r.err == nil {
		r.err = part.err
		r.pos = r.end
		return
	}
	if part.pos != part.end {
		r.fail(part.pos, "%d bytes too many", part.end-part.pos)
	}
}

func appendU32(b []byte, value uint32) []byte {
	for value >= 0x80 {
		b = append(b, byte(value)|0x80)
		value >>= 7
	}
	return append(b, byte(value))
}

func appendS64(b []byte, value int64) []byte {
	for {
		low := byte(value & 0x7f)
		value >>= 7
		if value == 0 && low&0x40 == 0 || value == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}
