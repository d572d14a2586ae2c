package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	// attemptTimeout is above the wall time that a host gives a request, so that a host which answers at all has answered by then.
	attemptTimeout = 12 * time.Second
	// roomTimeout is how long a request waits for room on lanes that are open.
	roomTimeout = 2 * time.Second
	// overflowAfter is how long others get before the caller's own host takes over.
	overflowAfter = 250 * time.Millisecond
	// suspectAfter is the silence after which a host gets no further request while others take them. It may be busy, or gone.
	suspectAfter = 500 * time.Millisecond
	// maxTries bounds the hosts that one request is sent to: were all busy, asking each of them would only add to that.
	maxTries = 16
	// maxUnpaid bounds how often one host may ask one request to wait for a receipt.
	maxUnpaid = 50
)

// errBusyHost says that one host has as much to do as it takes.
var errBusyHost = errors.New("the host is busy")

// Answer is what a function gave.
type Answer struct {
	// Body holds the response bytes of the function. After a fault it is whatever the function wrote before.
	Body []byte
	// Fault is how the function failed, if it did, and Message says it in words. Faults are results: they are the same on every
	// host, and charged.
	Fault   receipt.Fault
	Message string
	// Fuel that the request burned.
	Fuel    uint64
	Version uint64
	// Host is the Orb ID of the node that served, and Sequence the request's number on the lane.
	Host     string
	Sequence uint64
}

// Call sends one request to a live host and goes on to the next one when that fails; only the host that answers is paid. The payer's
// subscription pays; an empty payer stands for the function's public subscription.
//
// Errors: *PaymentError, ErrNoHost, ErrBusy, ErrChain, ErrGas, ErrClosed, or ctx's. A request that was given up runs to its end at the host all the same.
func (c *Client) Call(ctx context.Context, fn *Function, payer string, request []byte) (*Answer, error) {
	if payer == "" {
		payer = fn.Owner // only owners open public subscriptions
	}
	a := attempt{client: c, set: c.set(payer, fn.Id), fn: fn}
	hash := sha256.Sum256(request)
	for {
		l, conn, err := a.lane(ctx)
		if err != nil {
			c.count(fn, errors.Is(err, ErrBusy) || errors.Is(err, ErrNoHost))
			return nil, err
		}
		answer, err := a.invoke(ctx, l, conn, request, hash)
		if answer != nil || err != nil {
			c.count(fn, answer != nil && l.host.last)
			return answer, err
		}
	}
}

// attempt is one call on its way through hosts.
type attempt struct {
	client *Client
	set    *laneSet
	fn     *Function
	// troubles are those that the call had with hosts.
	troubles map[*host]*trouble
}

// trouble is what a call remembers of a host that did not serve it.
type trouble struct {
	// failed, when set, keeps the call from asking the host again.
	failed error
	// unpaid counts how often the host asked for a receipt first, and breaks the connections that ended under the call.
	unpaid, breaks int
}

// with returns the trouble with a host, to be added to.
func (a *attempt) with(h *host) *trouble {
	if a.troubles == nil {
		a.troubles = make(map[*host]*trouble)
	}
	t := a.troubles[h]
	if t == nil {
		t = new(trouble)
		a.troubles[h] = t
	}
	return t
}

func (a *attempt) failedAt(h *host) bool {
	t := a.troubles[h]
	return t != nil && t.failed != nil
}

// failures counts the hosts that are not asked again.
func (a *attempt) failures() (count int) {
	for _, t := range a.troubles {
		if t.failed != nil {
			count++
		}
	}
	return count
}

// lane reserves room on the better of two lanes. It waits for room where there soon will be some, and for a transaction only when
// there is no open lane to a live host.
func (a *attempt) lane(ctx context.Context) (*lane, *peer.Conn, error) {
	start := time.Now()
	var timeout *time.Timer // most calls never wait
	for {
		woken := a.set.signal.wait()
		now := time.Now()
		others, own, soon := a.candidates(now)
		if a.failures() >= maxTries {
			others, soon = nil, false
			if own == nil {
				return nil, nil, a.failure()
			}
		}
		l := choose(others, now)
		if l == nil && own != nil && (!soon || now.Sub(start) >= overflowAfter) {
			l = own
		}
		if l != nil {
			if conn, ok := l.reserve(a.client.height.Load(), now); ok {
				a.tend(l)
				return l, conn, nil
			}
			continue
		}
		if timeout == nil {
			timeout = time.NewTimer(roomTimeout)
			defer timeout.Stop()
		}
		var provisioned <-chan struct{}
		var again, overflow <-chan time.Time
		if soon {
			again = time.After(firstBackoff) // to connect once more
		} else if provisioned = a.client.provision(a.set, a.fn); provisioned == nil {
			return nil, nil, a.failure()
		}
		if own != nil {
			overflow = time.After(overflowAfter - now.Sub(start))
		}
		select {
		case <-woken:
		case <-again:
		case <-provisioned:
		case <-overflow:
		case <-timeout.C:
			if soon {
				return nil, nil, ErrBusy
			}
			// A transaction may take longer than room on an open lane.
			timeout.Reset(provisionTimeout)
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-a.client.ctx.Done():
			return nil, nil, ErrClosed
		}
	}
}

// candidates sorts the set's lanes: those with room now, on hosts that have room too if any do, the caller's own host apart, and whether others will
// have some soon.
func (a *attempt) candidates(now time.Time) (others []*lane, own *lane, soon bool) {
	height := a.client.height.Load()
	var loaded, suspects []*lane
	for _, l := range a.set.snapshot() {
		if a.failedAt(l.host) {
			continue
		}
		if l.host.due(now) {
			a.client.background(func(ctx context.Context) { _ = a.client.connect(ctx, l.host) }) // the next attempt tells
		}
		switch room := l.room(height, now); {
		case room == roomNow && l.host.last:
			own = l
		case room == roomNow && l.host.suspect():
			suspects = append(suspects, l)
		case room == roomNow && !balance.Room(l.host.said(now)):
			loaded = append(loaded, l)
		case room == roomNow:
			others = append(others, l)
		case room == roomSoon:
			soon = true
		}
	}
	if len(others) == 0 {
		others = loaded
	}
	if len(others) == 0 {
		others = suspects
	}
	return others, own, soon
}

func choose(lanes []*lane, now time.Time) *lane {
	i := balance.Pick(len(lanes), rand.IntN, func(i int) int64 { return lanes[i].host.cost(now) })
	if i < 0 {
		return nil
	}
	return lanes[i]
}

// tend starts what keeps later requests from waiting: raises, and lanes to hosts that are new.
func (a *attempt) tend(l *lane) {
	params := a.client.lastParams()
	a.set.mu.Lock()
	seen, last := a.set.seen, a.set.last
	a.set.mu.Unlock()
	if seen != a.fn || time.Since(last) > provisionEvery || params == nil || l.low(a.client.height.Load(), int64(params.LaneBlocks)) {
		a.client.provision(a.set, a.fn)
	}
}

// failure says why there is no lane to try.
func (a *attempt) failure() error {
	if err := a.set.failure(); err != nil {
		return err
	}
	var failures []error
	for _, t := range a.troubles {
		if t.failed != nil {
			failures = append(failures, t.failed)
		}
	}
	if len(failures) == 0 {
		return ErrNoHost
	}
	busy := !slices.ContainsFunc(failures, func(err error) bool { return !errors.Is(err, errBusyHost) })
	if busy {
		return ErrBusy
	}
	return fmt.Errorf("%w: %w", ErrNoHost, errors.Join(failures...))
}

// invoke sends the request once. Neither an answer nor an error means that another host has to be tried.
func (a *attempt) invoke(ctx context.Context, l *lane, conn *peer.Conn, request []byte, hash [sha256.Size]byte) (*Answer, error) {
	c, s := a.client, sent{lane: l, conn: conn, version: a.fn.Version.Number, hash: hash, start: time.Now()}
	exchange, err := conn.Begin(ctx, &peer.Request{
		LaneID: l.id, FunctionID: a.fn.Id, Version: s.version, Body: request, Timeout: attemptTimeout,
	})
	var response *peer.Response
	switch {
	case err == nil:
		response, err = exchange.Wait(ctx)
		if err != nil && ctx.Err() != nil {
			// The host serves a request to its end and is paid for it, so the response is awaited whatever becomes of this call.
			c.background(func(ctx context.Context) {
				response, err := exchange.Wait(ctx)
				exchange.Cancel()
				_ = c.enter(s, response, err) // nobody is there to be told
			})
			return nil, ctx.Err()
		}
	case ctx.Err() != nil:
		l.release() // it was not sent
		return nil, ctx.Err()
	}
	if err = c.enter(s, response, err); err == nil {
		return a.judge(l, response), nil
	}
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	// The host may be there again in a moment, but it gets no third chance.
	t := a.with(l.host)
	if t.breaks++; t.breaks > 1 {
		t.failed = err
	}
	c.metrics.failovers.WithLabelValues("connection").Inc()
	return nil, nil
}

// judge turns a response into an answer, or into nil and what the next host is chosen by.
func (a *attempt) judge(l *lane, r *peer.Response) *Answer {
	if r.Status == peer.StatusOK {
		return &Answer{
			Body: r.Body, Fault: r.Fault, Message: r.Message, Fuel: r.Fuel, Version: a.fn.Version.Number,
			Host: l.host.orbID, Sequence: r.Sequence,
		}
	}
	t := a.with(l.host)
	switch r.Status {
	case peer.StatusUnpaid:
		if t.unpaid++; t.unpaid < maxUnpaid {
			return nil
		}
	case peer.StatusNoLane:
		// A host may learn of a lane later than its opener; the lane rests meanwhile.
		if t.unpaid++; t.unpaid < 3 {
			return nil
		}
		a.set.reread()
	}
	t.failed = fmt.Errorf("%s: %s: %s", l.host.orbID, r.Status, r.Message)
	if r.Status == peer.StatusBusy {
		t.failed = fmt.Errorf("%w: %s", errBusyHost, l.host.orbID)
	}
	a.client.metrics.failovers.WithLabelValues(r.Status.String()).Inc()
	return nil
}

// sent is a request on room that was reserved on a lane.
type sent struct {
	lane    *lane
	conn    *peer.Conn
	version uint64
	hash    [sha256.Size]byte
	start   time.Time
}

// enter enters what became of a request. Its error is err, or that the host has signed for something else.
func (c *Client) enter(s sent, response *peer.Response, err error) error {
	l := s.lane
	if err != nil {
		l.release()
		// Whether the host has served the request is unknown; only a new connection sets both sides to the same number again.
		s.conn.Close()
		return err
	}
	l.host.says(response.Load)
	switch response.Status {
	case peer.StatusOK:
		l.host.measured(time.Since(s.start))
		sum := sha256.Sum256(response.Body)
		r, err := l.served(s.conn, s.version, receipt.Result{
			Sequence: response.Sequence, RequestHash: s.hash[:], ResponseHash: sum[:], Fuel: response.Fuel, Outcome: uint32(response.Fault),
		})
		c.answer(l.host, s.conn, l, r, err)
		return err
	case peer.StatusUnpaid:
		l.unpaid()
	case peer.StatusNoLane:
		l.unknown()
	case peer.StatusUnavailable:
		l.lacking()
	case peer.StatusBusy:
		l.host.says(1000)
		l.release()
	default:
		l.release()
	}
	return nil
}
