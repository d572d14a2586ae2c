package runtime

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// On Linux a program's memory after start-up lies in a file of memory, the image, and each instance maps it privately. A page that the guest
// writes becomes the instance's own. PAGEMAP_SCAN (Linux 6.7) finds those pages, and only they are copied back. They stay the instance's
// own: the pages that one request writes are those that the next will, and copying is cheaper than faulting.

const (
	osPage = 4096
	// coldPages is how many own pages make an instance give them all back from time to time, so that one large request does not burden
	// all later ones; givePeriod is how many requests lie between.
	coldPages  = 256
	givePeriod = 64
)

// scanArg is struct pm_scan_arg of linux/fs.h, pageRegion struct page_region.
type scanArg struct {
	size, flags, start, end, walkEnd, vec, vecLen, maxPages     uint64
	categoryInverted, categoryMask, categoryAnyOf, returnedMask uint64
}

type pageRegion struct{ start, end, categories uint64 }

const (
	pagemapScan = 0xc0606610
	pageFile    = 1 << 2
	pagePresent = 1 << 3
	pageSwapped = 1 << 4
)

// pagemap is /proc/self/pagemap, opened once.
var pagemap = sync.OnceValues(func() (*os.File, error) {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, err
	}
	probe, err := unix.Mmap(-1, 0, osPage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	defer unix.Munmap(probe) //nolint:errcheck // nothing can be done
	probe[0] = 1
	found := 0
	start := uintptr(unsafe.Pointer(&probe[0]))
	err = scan(f, start, start+osPage, make([]pageRegion, 1), func(uintptr, uintptr) { found++ })
	if err == nil && found != 1 {
		err = fmt.Errorf("PAGEMAP_SCAN found %d pages of one", found)
	}
	return f, err
})

// scan calls own for each stretch of pages that do not belong to a mapped file.
func scan(pagemap *os.File, start, end uintptr, regions []pageRegion, own func(start, end uintptr)) error {
	for start < end {
		arg := scanArg{
			size: uint64(unsafe.Sizeof(scanArg{})), start: uint64(start), end: uint64(end),
			vec: uint64(uintptr(unsafe.Pointer(&regions[0]))), vecLen: uint64(len(regions)),
			categoryInverted: pageFile, categoryMask: pageFile, categoryAnyOf: pagePresent | pageSwapped, returnedMask: pagePresent,
		}
		n, _, errno := unix.RawSyscall(unix.SYS_IOCTL, pagemap.Fd(), pagemapScan, uintptr(unsafe.Pointer(&arg)))
		if errno != 0 {
			return fmt.Errorf("scanning pages: %w", errno)
		}
		for _, r := range regions[:n] {
			own(uintptr(r.start), uintptr(r.end))
		}
		start = uintptr(arg.walkEnd)
	}
	return nil
}

// image is a program's memory right after start-up, for as long as there is an instance that maps it.
type image struct {
	fd   int
	view []byte // the whole of it, for reading
	// absent marks pages of zeros, which take no memory until somebody looks at them.
	absent []bool
	users  int
}

var zeroPage [osPage]byte

func newImage(memory []byte) (*image, error) {
	fd, err := unix.MemfdCreate("orb-image", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	m := &image{fd: fd, absent: make([]bool, len(memory)/osPage)}
	if err := m.write(memory); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *image) write(memory []byte) (err error) {
	if err := unix.Ftruncate(m.fd, int64(len(memory))); err != nil {
		return err
	}
	for n := range m.absent {
		page := memory[n*osPage : (n+1)*osPage]
		if m.absent[n] = bytes.Equal(page, zeroPage[:]); m.absent[n] {
			continue
		}
		if _, err := unix.Pwrite(m.fd, page, int64(n*osPage)); err != nil {
			return err
		}
	}
	m.view, err = unix.Mmap(m.fd, 0, len(memory), unix.PROT_READ, unix.MAP_SHARED)
	return err
}

// equal compares without looking at absent pages.
func (m *image) equal(memory []byte) bool {
	if len(memory) != len(m.view) {
		return false
	}
	for n, absent := range m.absent {
		page := m.view[n*osPage : (n+1)*osPage]
		if absent {
			page = zeroPage[:]
		}
		if !bytes.Equal(page, memory[n*osPage:(n+1)*osPage]) {
			return false
		}
	}
	return true
}

// restore copies pages from one offset to another. What lies beyond the image was zeros.
func (m *image) restore(memory []byte, from, to int) {
	for ; from < to; from += osPage {
		if n := from / osPage; n >= len(m.absent) || m.absent[n] {
			clear(memory[from : from+osPage])
		} else {
			copy(memory[from:from+osPage], m.view[from:])
		}
	}
}

func (m *image) close() {
	if m.view != nil {
		_ = unix.Munmap(m.view) // it is mapped
	}
	_ = unix.Close(m.fd) // it is open
}

// mapped is a memory that is restored by copying back the pages that were written. Its address space is reserved once for all that it may
// grow to.
type mapped struct {
	code     *code
	pagemap  *os.File
	base     unsafe.Pointer
	reserved uintptr
	image    *image
	regions  [64]pageRegion
	own      int64 // bytes of pages of its own after the last restore
	restores int
	// restoring makes the allocator answer with as much as the image has.
	restoring bool
	err       error
}

// newMapped returns nil where the kernel cannot do it.
func newMapped(c *code) linearMemory {
	f, err := pagemap()
	if err != nil {
		return nil
	}
	return &mapped{code: c, pagemap: f}
}

func (m *mapped) allocator() experimental.MemoryAllocator { return m }

// Allocate reserves address space.
func (m *mapped) Allocate(_, most uint64) experimental.LinearMemory {
	m.reserved = uintptr(max(most, osPage))
	base, err := unix.MmapPtr(-1, 0, nil, m.reserved, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		panic(fmt.Errorf("reserving %d bytes of address space: %w", most, err))
	}
	m.base = base
	return m
}

// Reallocate makes the first size bytes usable, or while the memory is restored as many as the image has.
func (m *mapped) Reallocate(size uint64) []byte {
	if m.restoring {
		return unsafe.Slice((*byte)(m.base), len(m.image.view))
	}
	b := unsafe.Slice((*byte)(m.base), size)
	if size > 0 {
		if err := unix.Mprotect(b, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			m.err = err
			return nil
		}
	}
	return b
}

// Free gives everything back.
func (m *mapped) Free() {
	if m.base != nil {
		_ = unix.MunmapPtr(m.base, m.reserved) // it is mapped
		m.base = nil
	}
	if m.image != nil {
		m.code.mu.Lock()
		if m.image.users--; m.image.users == 0 {
			m.image.close()
			m.code.mapped = nil
		}
		m.code.mu.Unlock()
		m.image = nil
	}
}

func (m *mapped) save(memory api.Memory) bool {
	now, ok := memory.Read(0, memory.Size())
	if !ok || len(now) == 0 {
		return ok
	}
	m.code.mu.Lock()
	defer m.code.mu.Unlock()
	if m.code.mapped == nil {
		var err error
		if m.code.mapped, err = newImage(now); err != nil {
			return false
		}
	}
	m.image = m.code.mapped
	m.image.users++
	// start-up is deterministic, so that all instances are alike; one that were not would have to be made anew each time
	if m.image.users > 1 && !m.image.equal(now) {
		return false
	}
	_, err := unix.MmapPtr(m.image.fd, 0, m.base, uintptr(len(now)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err == nil
}

// restore puts back the pages that the guest has written, and clears those that it has added before it takes them away.
func (m *mapped) restore(memory api.Memory) bool {
	if m.image == nil {
		return memory.Size() == 0
	}
	now := unsafe.Slice((*byte)(m.base), memory.Size())
	m.own = 0
	err := scan(m.pagemap, uintptr(m.base), uintptr(m.base)+uintptr(len(now)), m.regions[:], func(start, end uintptr) {
		from, to := start-uintptr(m.base), end-uintptr(m.base)
		m.image.restore(now, int(from), int(to))
		m.own += int64(to - from)
	})
	if err != nil {
		return false
	}
	if m.restores++; m.own > coldPages*osPage && m.restores%givePeriod == 0 {
		if err := unix.Madvise(now, unix.MADV_DONTNEED); err != nil {
			return false
		}
		m.own = 0
	}
	m.restoring = true
	defer func() { m.restoring = false }()
	return shrink(memory, len(m.image.view))
}

func (m *mapped) bytes() int64 { return m.own }

func (m *mapped) failed() error { return m.err }

func (m *mapped) free() { m.Free() }
