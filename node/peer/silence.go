package peer

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

const (
	// quiet is for how long a host that owes a response may send nothing before it is pinged, and pingTimeout how long it then has. A
	// machine that lost its power, or its network, sends nothing that would end a connection.
	quiet       = 2 * time.Second
	pingTimeout = 3 * time.Second
	quietTick   = 500 * time.Millisecond
)

// ErrSilent says that a host sent nothing for a while and did not answer a ping.
var ErrSilent = errors.New("the host has gone silent")

// hearing tells how long a connection has been waiting for anything.
type hearing struct {
	start   time.Time
	waiting atomic.Int64
	// last is when something was heard or the first of those that wait began to, as nanoseconds since start.
	last atomic.Int64
}

func (h *hearing) heard() { h.last.Store(int64(time.Since(h.start))) }

// begin and end count a request that waits.
func (h *hearing) begin() {
	if h.waiting.Add(1) == 1 {
		h.heard()
	}
}

func (h *hearing) end() { h.waiting.Add(-1) }

// Silence is for how long requests have waited with nothing at all heard from the host; 0 when none waits.
func (c *Conn) Silence() time.Duration {
	if c.hearing.waiting.Load() == 0 {
		return 0
	}
	return time.Since(c.hearing.start) - time.Duration(c.hearing.last.Load())
}

// listen ends a connection whose host is not there any more, and every other to it, so that the next attempt makes a new one. Of one through
// a relay it tells when there is a better way.
func (h *Host) listen(id libpeer.ID, c *Conn) {
	tick := time.NewTicker(quietTick)
	defer tick.Stop()
	relayed := c.relayed
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
		if relayed && h.reachedDirectly(id) {
			relayed = false
			close(c.direct)
		}
		if c.Silence() < quiet {
			continue
		}
		if h.answers(id) {
			c.hearing.heard() // it has much to do
			continue
		}
		if c.Silence() < quiet || c.backend.writing() {
			continue // a host that does not read keeps pings from it too; writes have a limit of their own
		}
		h.abuse.silent.Add(1)
		c.fail(ErrSilent)
		h.hangUp(id)
		return
	}
}

func (h *Host) answers(id libpeer.ID) bool {
	ctx, cancel := context.WithTimeout(h.ctx, pingTimeout)
	defer cancel()
	result, open := <-ping.Ping(ctx, h.libp2p, id)
	return open && result.Error == nil
}

// hangUp closes all connections to a peer that does not answer on them.
func (h *Host) hangUp(id libpeer.ID) { _ = h.libp2p.Network().ClosePeer(id) } // what fails to close is closed
