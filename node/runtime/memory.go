package runtime

import (
	"bytes"
	"slices"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// linearMemory knows how to put an instance's memory back to what it was when save was called.
type linearMemory interface {
	// allocator is what the instance is made with.
	allocator() experimental.MemoryAllocator
	// save tells whether restore can be called.
	save(memory api.Memory) bool
	// restore tells whether the memory is as it was saved.
	restore(memory api.Memory) bool
	// bytes is what the memory takes of this machine's, beyond the image that all instances of a program share.
	bytes() int64
	// failed is why the machine had no memory when the guest asked for more.
	failed() error
	// free gives back what an instance that was never made has left; closing an instance frees its memory.
	free()
}

// shrink makes the memory as large as its allocator says: wazero has no call for less, but takes what the allocator answers when it asks for
// more. It fails where the guest has all that it may have.
func shrink(memory api.Memory, size int) bool {
	if int(memory.Size()) == size {
		return true
	}
	_, ok := memory.Grow(1)
	return ok && int(memory.Size()) == size
}

// copied is the portable memory: it is restored whole from a copy.
type copied struct {
	code      *code
	buffer    []byte
	image     []byte
	restoring bool
}

func (m *copied) allocator() experimental.MemoryAllocator { return m }

func (m *copied) Allocate(_, _ uint64) experimental.LinearMemory { return m }

// Reallocate keeps what is there and adds zeros; while the memory is restored, it answers with what was saved.
func (m *copied) Reallocate(size uint64) []byte {
	if m.restoring {
		size = uint64(len(m.image))
	}
	before := len(m.buffer)
	if uint64(cap(m.buffer)) < size {
		m.buffer = append(make([]byte, 0, size), m.buffer...)
	}
	m.buffer = m.buffer[:size]
	clear(m.buffer[min(before, len(m.buffer)):])
	return m.buffer
}

func (m *copied) Free() { m.buffer = nil }

func (m *copied) save(memory api.Memory) bool {
	now, ok := memory.Read(0, memory.Size())
	if !ok {
		return false
	}
	m.code.mu.Lock()
	defer m.code.mu.Unlock()
	if m.code.image == nil {
		m.code.image = slices.Clone(now)
	}
	// start-up is deterministic, so that all instances are alike; one that were not would have to be made anew each time
	m.image = m.code.image
	return bytes.Equal(m.image, now)
}

func (m *copied) restore(memory api.Memory) bool {
	m.restoring = true
	defer func() { m.restoring = false }()
	return shrink(memory, len(m.image)) && memory.Write(0, m.image)
}

func (m *copied) bytes() int64 { return int64(cap(m.buffer)) }

func (*copied) failed() error { return nil }

func (*copied) free() {}
