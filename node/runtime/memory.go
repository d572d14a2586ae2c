package runtime

import (
	"bytes"
	"slices"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// linearMemory knows how to put an instance's memory back to what it was when save was called.
type linearMemory interface {
	// allocator is what the instance is made with; nil for wazero's own.
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

// copied is the portable memory: it is restored whole from a copy.
type copied struct {
	code  *code
	image []byte
}

func (*copied) allocator() experimental.MemoryAllocator { return nil }

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

func (m *copied) restore(memory api.Memory) bool { return memory.Write(0, m.image) }

func (m *copied) bytes() int64 { return int64(len(m.image)) }

func (*copied) failed() error { return nil }

func (*copied) free() {}
