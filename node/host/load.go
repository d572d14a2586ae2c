package host

import (
	"math"
	"sync"
	"time"
)

const (
	// fullLoad is a host that takes no more, in per mille.
	fullLoad = 1000
	// loadOver is the time over which the use of CPU slots is averaged.
	loadOver = time.Second
)

// occupancy measures which part of a host's slots is taken, as a moving average. Requests in flight alone say little: where CPU time is short they are few
// until it is used up, and then more than the host takes.
type occupancy struct {
	slots int
	mu    sync.Mutex
	taken int
	at    time.Time
	mean  float64
}

// add enters that slots were taken, or given back, and returns the part taken of late, in per mille.
func (o *occupancy) add(now time.Time, slots int) uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if past := now.Sub(o.at); past > 0 {
		o.mean += (float64(o.taken)/float64(o.slots) - o.mean) * -math.Expm1(-float64(past)/float64(loadOver))
		o.at = now
	}
	o.taken += slots
	return uint32(min(o.mean*fullLoad, fullLoad))
}

// load in per mille of what the host takes: of its CPU slots over the last second, of the requests that may be in flight, those leaving apart, or of
// its budget, whichever is most.
func (h *Host) load(leaving int64) uint32 {
	inflight := (h.inflight.Load() - leaving) * fullLoad / int64(h.cfg.MaxInFlight)
	return min(max(h.busy.add(time.Now(), 0), uint32(max(inflight, 0)), h.budget()), fullLoad)
}

func (h *Host) budget() uint32 {
	if h.cfg.Budget == nil {
		return 0
	}
	return h.cfg.Budget()
}
