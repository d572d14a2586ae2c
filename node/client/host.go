package client

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	dialTimeout  = 3 * time.Second
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 15 * time.Second
	// helloEvery is how often a host is reminded of lanes whose state it has not shown, e.g. because its view of the chain lags.
	helloEvery = 250 * time.Millisecond
	// moveTimeout is how long a host gets no further request so that its connection can be changed under none, and moveEvery how long until
	// that is tried again.
	moveTimeout = 500 * time.Millisecond
	moveEvery   = 10 * time.Second
	// lossTimeout is for how long a host that was there counts as about to be there again.
	lossTimeout = 2 * time.Second
)

var errBackoff = errors.New("the host failed a moment ago")

// host is a machine that lanes lead to. All lanes to it share one connection.
type host struct {
	orbID string
	key   ed25519.PublicKey
	// last marks the caller's own host, which only serves what nobody else does.
	last bool

	inflight atomic.Int64
	// latency is a moving average in nanoseconds and load what the host said last, in per mille.
	latency atomic.Int64
	load    atomic.Uint32
	// loadAt is when it said that, in Unix nanoseconds.
	loadAt atomic.Int64
	// moving hosts get no requests: their connection is about to be replaced.
	moving atomic.Bool

	mu       sync.Mutex
	addrs    []string
	conn     *peer.Conn
	dialing  chan struct{}
	failures int
	retryAt  time.Time
	// resting is until when the host is left alone whatever its connections do.
	resting time.Time
	// lostAt is when the last connection ended.
	lostAt  time.Time
	dropped error
	lanes   map[string]*lane
}

func newHost(orbID string, last bool) (*host, error) {
	key, err := orbid.Key(orbID)
	if err != nil {
		return nil, err
	}
	return &host{orbID: orbID, key: key, last: last, lanes: make(map[string]*lane)}, nil
}

// cost orders hosts.
func (h *host) cost(now time.Time) int64 {
	return balance.Cost(time.Duration(h.latency.Load()), h.inflight.Load(), h.said(now))
}

func (h *host) measured(took time.Duration) {
	old := h.latency.Load()
	if old == 0 {
		h.latency.Store(int64(took))
		return
	}
	h.latency.Store(old + (int64(took)-old)/8) // concurrent updates may lose one: an average does not mind
}

// connection returns the live connection, or nil.
func (h *host) connection() *peer.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conn
}

// suspect tells whether requests wait for a host that says nothing.
func (h *host) suspect() bool {
	conn := h.connection()
	return conn != nil && conn.Silence() > suspectAfter
}

// returning tells whether a connection is being made or was there until a moment ago.
func (h *host) returning(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped == nil && now.After(h.resting) && (h.dialing != nil || now.Sub(h.lostAt) < lossTimeout)
}

// due tells whether connecting may be tried now.
func (h *host) due(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conn == nil && h.dialing == nil && h.dropped == nil && now.After(h.retryAt) && now.After(h.resting)
}

// drop ends all dealings with a host that was caught.
func (h *host) drop(err error) {
	h.mu.Lock()
	conn := h.conn
	h.dropped = err
	h.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

// connect makes sure that there is a connection; many may ask at once.
func (c *Client) connect(ctx context.Context, h *host) error {
	for {
		h.mu.Lock()
		switch {
		case h.dropped != nil:
			defer h.mu.Unlock()
			return h.dropped
		case h.conn != nil:
			h.mu.Unlock()
			return nil
		case h.dialing != nil:
			dialing := h.dialing
			h.mu.Unlock()
			select {
			case <-dialing:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		case time.Now().Before(h.retryAt), time.Now().Before(h.resting):
			h.mu.Unlock()
			return errBackoff
		}
		done := make(chan struct{})
		h.dialing = done
		addrs := h.addrs
		h.mu.Unlock()

		err := c.dial(ctx, h, addrs)
		h.mu.Lock()
		h.dialing = nil
		if err != nil {
			h.failures++
			h.retryAt = time.Now().Add(min(firstBackoff<<min(h.failures, 10), lastBackoff))
		}
		h.mu.Unlock()
		close(done)
		return err
	}
}

func (c *Client) dial(ctx context.Context, h *host, addrs []string) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	link := &link{client: c, host: h, known: make(chan struct{})}
	conn, err := c.cfg.Dialer.Dial(ctx, h.orbID, addrs, link.control)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", h.orbID, err)
	}
	link.conn = conn
	close(link.known)
	h.mu.Lock()
	h.conn, h.failures = conn, 0
	h.mu.Unlock()
	c.background(func(ctx context.Context) { c.attend(ctx, h, conn) })
	if c.cfg.Challenger != nil && !h.last {
		c.background(func(ctx context.Context) { c.challenge(ctx, h, conn) })
	}
	return nil
}

// attend asks for the state of lanes as long as any is unknown, and cleans up when the connection ends.
func (c *Client) attend(ctx context.Context, h *host, conn *peer.Conn) {
	tick := time.NewTicker(helloEvery)
	defer tick.Stop()
	var moveAt time.Time
	moving := false
	for {
		c.hello(h, conn)
		select {
		case now := <-tick.C:
			if moveAt.Before(now) && ended(conn.Direct()) {
				moveAt = now.Add(moveEvery)
				if moving = h.drain(ctx); moving {
					conn.Close()
				}
			}
			continue
		case <-conn.Done():
		case <-ctx.Done():
			conn.Close()
		}
		break
	}
	// Lanes first: what the next connection brings must not be taken for this one's.
	for _, l := range h.snapshot() {
		l.disconnected(conn)
	}
	h.mu.Lock()
	if h.conn == conn {
		h.conn = nil
		h.lostAt = time.Now()
		h.retryAt = h.lostAt.Add(firstBackoff)
		if moving {
			h.retryAt = h.lostAt
		}
	}
	h.mu.Unlock()
	h.moving.Store(false)
	if moving {
		c.background(func(ctx context.Context) { _ = c.connect(ctx, h) }) // the next request tries again
	}
}

// drain keeps further requests from a host until none is under way and every response has its receipt. When that takes too long the host gets
// requests again, and the answer is no.
func (h *host) drain(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	h.moving.Store(true)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for slices.ContainsFunc(h.snapshot(), func(l *lane) bool { return !l.settled() }) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			h.moving.Store(false)
			return false
		}
	}
	return true
}

func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// snapshot returns the host's lanes. Whoever holds a lane's lock may take the host's, never the other way round.
func (h *host) snapshot() []*lane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.lanes))
}

// hello names the lanes whose state the host has not shown yet.
func (c *Client) hello(h *host, conn *peer.Conn) {
	var ids [][]byte
	for _, l := range h.snapshot() {
		if !l.knownOn(conn) {
			ids = append(ids, l.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	if err := conn.Send(&peer.Hello{LaneIDs: ids}); err != nil {
		conn.Close()
	}
}

// link is what control messages of one connection are handled with.
type link struct {
	client *Client
	host   *host
	conn   *peer.Conn
	// known is closed when conn is set: a host may speak before Dial has returned.
	known chan struct{}
}

func (k *link) control(message peer.Control) {
	<-k.known
	var laneID []byte
	switch m := message.(type) {
	case *receipt.ResultBatch:
		laneID = m.LaneId
	case *peer.LaneState:
		laneID = m.LaneID
	default:
		return // of a later protocol
	}
	k.host.mu.Lock()
	l := k.host.lanes[string(laneID)]
	k.host.mu.Unlock()
	if l == nil {
		return // closed, or never ours
	}
	var answer *receipt.Receipt
	var err error
	switch m := message.(type) {
	case *receipt.ResultBatch:
		answer, err = l.batch(k.conn, *m)
	case *peer.LaneState:
		answer, err = l.resume(k.conn, m)
	}
	k.client.answer(k.host, k.conn, l, answer, err)
}

// answer sends a receipt, or ends the dealings with a host that signed something false.
func (c *Client) answer(h *host, conn *peer.Conn, l *lane, r *receipt.Receipt, err error) {
	if err != nil {
		c.metrics.badBatches.Inc()
		c.cfg.Log.Error("host dropped", "host", h.orbID, "lane", fmt.Sprintf("%x", l.id), "error", err)
		h.drop(err)
		return
	}
	if r == nil {
		return
	}
	if err := conn.Send(r); err != nil {
		conn.Close() // the receipt is shown again after the next connect
		return
	}
	c.metrics.receipts.Inc()
}
