package client

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/receipt"
)

// testHost keeps the host's side of the receipt exchange and answers every request with its own bytes. Faults are switched on by
// setting a field.
type testHost struct {
	id      string
	key     ed25519.PrivateKey
	network *testNetwork
	credit  uint64

	mu    sync.Mutex
	lanes map[string]*testLane
	conn  *peer.Conn
	// served counts OK responses, refused those that were refused.
	served, refused int

	// down refuses connections, and refuse answers every request so.
	down   bool
	refuse peer.Status
	// load is what it says of itself.
	load uint32
	// cut ends the connection instead of sending the response with this number of all.
	cut int
	// lie changes the response hash in batches, and silent sends no batches.
	lie, silent bool
	delay       time.Duration
	fault       receipt.Fault
}

type testLane struct {
	held    receipt.Receipt
	served  uint64
	results []receipt.Result
	// resuming: the next receipt answers a LaneState, which was shown on conn.
	resuming bool
	conn     peer.ControlSender
}

// Dial connects over a pipe in memory.
func (n *testNetwork) Dial(_ context.Context, orbID string, _ []string, control func(peer.Control)) (*peer.Conn, error) {
	h := n.hosts[orbID]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errors.New("connection refused")
	}
	h.conn = peer.Pipe("caller", h, control)
	return h.conn, nil
}

func (h *testHost) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// kill ends the connection and refuses new ones.
func (h *testHost) kill() {
	h.mu.Lock()
	h.down = true
	conn := h.conn
	h.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

func (h *testHost) Invoke(_ context.Context, _ string, sender peer.ControlSender, r *peer.Request) *peer.Response {
	h.mu.Lock()
	delay := h.delay
	h.mu.Unlock()
	time.Sleep(delay)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != peer.StatusOK {
		h.refused++
		return &peer.Response{Status: h.refuse}
	}
	on, open := h.network.lane(r.LaneID)
	l := h.lanes[string(r.LaneID)]
	if !open || l == nil || l.served >= on.Cap {
		return &peer.Response{Status: peer.StatusNoLane}
	}
	if l.resuming || l.served >= l.held.Count+h.credit {
		return &peer.Response{Status: peer.StatusUnpaid}
	}
	l.served++
	h.served++
	request, response := sha256.Sum256(r.Body), sha256.Sum256(r.Body)
	if h.lie {
		response = sha256.Sum256(response[:])
	}
	l.results = append(l.results, receipt.Result{
		Sequence: l.served, RequestHash: request[:], ResponseHash: response[:], Fuel: 7, Outcome: uint32(h.fault),
	})
	if h.served == h.cut {
		go h.conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
	if !h.silent {
		b := h.batch(r.LaneID, l)
		time.AfterFunc(time.Millisecond, func() { _ = sender.Send(&b) })
	}
	return &peer.Response{Status: peer.StatusOK, Sequence: l.served, Fuel: 7, Fault: h.fault, Body: r.Body, Load: h.load}
}

// batch signs all that no receipt has answered; batches may overlap.
func (h *testHost) batch(laneID []byte, l *testLane) receipt.ResultBatch {
	return receipt.SignBatch(h.key, testChain, laneID, testFunction, 1, l.results)
}

func (h *testHost) Control(_ context.Context, _ string, sender peer.ControlSender, message peer.Control) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := message.(type) {
	case *peer.Hello:
		for _, id := range m.LaneIDs {
			if _, open := h.network.lane(id); !open {
				continue
			}
			l := h.lanes[string(id)]
			if l == nil {
				l = &testLane{held: receipt.Receipt{LaneId: id}}
				h.lanes[string(id)] = l
			}
			if l.conn == sender {
				continue // two hellos crossed
			}
			l.conn = sender
			if len(l.results) > 0 && !h.silent {
				b := h.batch(id, l)
				_ = sender.Send(&b)
			}
			l.resuming = true
			held := l.held
			_ = sender.Send(&peer.LaneState{LaneID: id, Receipt: &held, Served: l.served})
		}
	case *receipt.Receipt:
		l := h.lanes[string(m.LaneId)]
		on, _ := h.network.lane(m.LaneId)
		if m.Verify(testChain, on.SessionKey) != nil || m.Count > l.served || m.Count < l.held.Count {
			return
		}
		l.held = *m
		if l.resuming {
			l.resuming, l.served, l.results = false, m.Count, nil
		}
		var rest []receipt.Result
		for _, r := range l.results {
			if r.Sequence > m.Count {
				rest = append(rest, r)
			}
		}
		l.results = rest
	}
}
