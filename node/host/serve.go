package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/receipt"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const (
	// slotWait is how long a request waits for others to end, whatever its caller would.
	slotWait = 20 * time.Second
	// resumeWait is how long a request waits for its payer's number, which may still be under way beside it.
	resumeWait = time.Second
	// creditWait is how long a request waits for a receipt that is under way, most of the time to the disk.
	creditWait = 250 * time.Millisecond
	// lookupTimeout bounds asking the chain for a lane, and maxLookups how many are asked for at once.
	lookupTimeout = 5 * time.Second
	maxLookups    = 32
	// maxHello bounds the lanes that one Hello is answered for.
	maxHello = 1024
)

// Invoke serves one request.
func (h *Host) Invoke(ctx context.Context, _ string, conn peer.ControlSender, r *peer.Request) *peer.Response {
	f, l, refusal := h.door(r)
	if refusal != nil {
		return refusal
	}
	defer h.requests.Done()
	if !h.resumed(ctx, l) {
		return h.refuse(peer.StatusUnpaid, "the lane's number is not agreed on: say hello first")
	}
	if err := h.admit(ctx, l, conn, r.Version); err != nil {
		if errors.Is(err, errNoLane) || errors.Is(err, errBehind) {
			return h.refuse(peer.StatusNoLane, err.Error())
		}
		return h.refuse(peer.StatusUnpaid, err.Error())
	}
	if h.inflight.Add(1) > int64(h.cfg.MaxInFlight) || h.budget() >= fullLoad {
		h.inflight.Add(-1)
		l.abandon(conn)
		return h.refuse(peer.StatusBusy, "the host has as much to do as it takes")
	}
	defer h.inflight.Add(-1)
	if !h.slot(ctx) {
		l.abandon(conn)
		return h.refuse(peer.StatusBusy, "the request waited too long")
	}
	h.busy.add(time.Now(), 1)
	defer func() { h.busy.add(time.Now(), -1); <-h.running }()
	return h.run(ctx, f, l, conn, r)
}

// slot waits for one of the requests that run to end, and reports whether the request may take its place.
func (h *Host) slot(ctx context.Context) bool {
	select {
	case h.running <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	select {
	case h.running <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	case <-h.ctx.Done():
	}
	return false
}

// admit lets a request in, for which the payer may have to pay for earlier ones first: it is shown those, and has a moment.
func (h *Host) admit(ctx context.Context, l *lane, conn peer.ControlSender, version uint64) error {
	err := l.admit(conn, h.height.Load(), version)
	if !errors.Is(err, errUnpaid) {
		return err
	}
	if !l.signer.wait() {
		h.flush(l)
		return err
	}
	defer l.signer.leave()
	ctx, cancel := context.WithTimeout(ctx, creditWait)
	defer cancel()
	for {
		freed := l.signer.frees()
		if err = l.admit(conn, h.height.Load(), version); !errors.Is(err, errUnpaid) {
			return err
		}
		h.flush(l)
		select {
		case <-freed:
		case <-ctx.Done():
			return err
		}
	}
}

// Refuse tells which requests are not served whatever their bodies are: who is refused needs no body, and who is not has paid for a lane.
func (h *Host) Refuse(r *peer.Request) *peer.Response {
	_, _, refusal := h.door(r)
	if refusal == nil {
		h.requests.Done()
	}
	return refusal
}

// door returns what serves a request and what pays for it, with the request counted in; or why neither does.
func (h *Host) door(r *peer.Request) (*function, *lane, *peer.Response) {
	h.mu.Lock()
	closing, f, l := h.closing, h.holds(r.FunctionID, r.Version), h.lanes[string(r.LaneID)]
	if !closing {
		h.requests.Add(1)
	}
	h.mu.Unlock()
	if closing {
		return nil, nil, h.refuse(peer.StatusUnavailable, "the host is stopping")
	}
	var refusal *peer.Response
	switch {
	case f == nil:
		refusal = h.refuse(peer.StatusUnavailable, "the host does not serve this version")
	case l == nil:
		refusal = h.refuse(peer.StatusNoLane, "the host does not know the lane")
	case l.functionID() != r.FunctionID:
		refusal = h.refuse(peer.StatusNoLane, "the lane is for another function")
	default:
		return f, l, nil
	}
	h.requests.Done()
	return nil, nil, refusal
}

func (h *Host) resumed(ctx context.Context, l *lane) bool {
	ready := l.wait()
	select {
	case <-ready:
		return true
	default:
	}
	timer := time.NewTimer(resumeWait)
	defer timer.Stop()
	select {
	case <-ready:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (h *Host) run(ctx context.Context, f *function, l *lane, conn peer.ControlSender, r *peer.Request) *peer.Response {
	outcome, err := f.program.Run(ctx, f.version.Contract, r.Body)
	if err != nil {
		l.abandon(conn)
		if ctx.Err() == nil {
			h.failed("running "+f.name, err)
		}
		return h.refuse(peer.StatusInternal, err.Error())
	}
	request, response := sha256.Sum256(r.Body), sha256.Sum256(outcome.Response)
	sequence, full, err := l.complete(conn, receipt.Result{
		RequestHash: request[:], ResponseHash: response[:], Fuel: outcome.Fuel, Outcome: uint32(outcome.Fault),
	}, func() { h.flush(l) })
	if err != nil {
		return h.refuse(peer.StatusInternal, err.Error())
	}
	h.served.Add(1)
	f.served.Add(1)
	if full {
		h.flush(l)
	}
	return &peer.Response{
		Status: peer.StatusOK, Sequence: sequence, Fuel: outcome.Fuel, Fault: outcome.Fault, Body: outcome.Response,
		Message: outcome.Message, Load: h.load(1),
	}
}

// holds needs mu. It returns what serves a version, or nil.
func (h *Host) holds(id string, version uint64) *function {
	for _, f := range []*function{h.functions[id], h.previous[id]} {
		if f != nil && f.version.Number == version {
			return f
		}
	}
	return nil
}

func (h *Host) refuse(status peer.Status, message string) *peer.Response {
	h.metrics.refused.WithLabelValues(status.String()).Inc()
	return &peer.Response{Status: status, Message: message, Load: h.load(0)}
}

// flush signs and sends the results that are in no batch yet.
func (h *Host) flush(l *lane) {
	conn, version, results := l.batch(false)
	h.send(conn, l, version, results)
}

func (h *Host) flushAll() {
	for _, l := range h.allLanes() {
		h.flush(l)
	}
}

func (h *Host) send(conn peer.ControlSender, l *lane, version uint64, results []receipt.Result) {
	if len(results) == 0 || conn == nil {
		return
	}
	batch := receipt.SignBatch(h.cfg.Key, h.cfg.ChainID, l.id, l.functionID(), version, results)
	if err := conn.Send(&batch); err != nil {
		h.log.Debug("batch not sent; the next connection shows it again", "lane", hex.EncodeToString(l.id), "error", err)
	}
}

// Control takes receipts and greetings of callers.
func (h *Host) Control(_ context.Context, from string, conn peer.ControlSender, message peer.Control) {
	switch m := message.(type) {
	case *peer.Hello:
		for _, id := range m.LaneIDs[:min(len(m.LaneIDs), maxHello)] {
			h.hello(conn, id)
		}
	case *receipt.Receipt:
		if err := h.take(conn, m); err != nil {
			h.log.Warn("receipt refused", "from", from, "lane", hex.EncodeToString(m.LaneId), "error", err)
		}
	}
}

// hello shows the state of a lane. One that the host has not heard of is looked up; the caller asks again.
func (h *Host) hello(conn peer.ControlSender, id []byte) {
	l := h.lane(id)
	if l == nil {
		h.query(id, func() { h.hello(conn, id) })
		return
	}
	version, results, state := l.hello(conn)
	if state == nil {
		return
	}
	h.send(conn, l, version, results)
	if err := conn.Send(state); err != nil {
		h.log.Debug("lane state not sent", "lane", hex.EncodeToString(id), "error", err)
	}
}

// query asks the chain for a lane of this host, and goes on with then once it is known. It reports whether that is under way.
func (h *Host) query(id []byte, then func()) bool {
	if len(id) != receipt.LaneIDSize {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || h.lookups[string(id)] || len(h.lookups) >= maxLookups {
		return false
	}
	h.lookups[string(id)] = true
	h.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(h.ctx, lookupTimeout)
		defer cancel()
		answer, err := h.cfg.Rewards.Lane(ctx, &rewardstypes.QueryLaneRequest{LaneId: hex.EncodeToString(id)})
		h.mu.Lock()
		delete(h.lookups, string(id))
		h.mu.Unlock()
		if err != nil || answer.Lane.OrbId != h.orbID {
			return
		}
		h.learn(answer.Lane)
		then()
	})
	return true
}

// take verifies a receipt and has it written; only then does it count. One over the cap says that the lane was raised: the chain is asked.
func (h *Host) take(conn peer.ControlSender, r *receipt.Receipt) error {
	l := h.lane(r.LaneId)
	if l == nil {
		return errNoLane
	}
	err := h.store(conn, l, r)
	if errors.Is(err, errOverCap) && h.query(l.id, func() {
		if err := h.store(conn, l, r); err != nil {
			h.log.Warn("receipt refused", "lane", hex.EncodeToString(l.id), "error", err)
		}
	}) {
		return nil
	}
	return err
}

func (h *Host) store(conn peer.ControlSender, l *lane, r *receipt.Receipt) error {
	store, err := l.receive(conn, h.cfg.ChainID, r)
	if err != nil || !store {
		return err
	}
	h.receipt.put(write{id: l.id, receipt: *r, durable: func() { l.durable(r) }})
	return nil
}

func (h *Host) lane(id []byte) *lane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lanes[string(id)]
}

func (h *Host) allLanes() []*lane {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.lanes))
}

// learn takes a lane as the chain shows it.
func (h *Host) learn(onChain rewardstypes.Lane) {
	h.mu.Lock()
	l := h.lanes[string(onChain.Id)]
	if l == nil {
		l = newLane(record{lane: onChain}, h.signers.of(onChain.SessionKey))
		h.lanes[string(onChain.Id)] = l
	}
	h.mu.Unlock()
	l.observe(onChain)
	h.receipt.put(write{id: onChain.Id, lane: &onChain})
}

// forget drops a lane that is over.
func (h *Host) forget(id []byte) {
	h.mu.Lock()
	l := h.lanes[string(id)]
	delete(h.lanes, string(id))
	h.mu.Unlock()
	if l == nil {
		return
	}
	h.receipt.put(write{id: id, forget: true})
}

func (l *lane) functionID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.onChain.FunctionId
}
