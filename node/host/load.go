package host

import (
	"math"
	"sync"
	"time"
)

// loadOver is the time over which a host's load is averaged.
const loadOver = time.Second

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
	return uint32(min(o.mean*1000, 1000))
}

// load in per mille of what the host takes: of its CPU slots over the last second, or of the requests that may be in flight now, whichever is more.
func (h *Host) load() uint32 {
	return max(h.busy.add(time.Now(), 0), uint32(min(h.inflight.Load()*1000/int64(h.cfg.MaxInFlight), 1000)))
}
