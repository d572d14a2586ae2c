package peer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxSessions and maxStreams bound what one peer may open.
	maxSessions = 4
	maxStreams  = 8
	// maxIncoming bounds the bytes of requests larger than a chunk of all peers that are under way, and maxPeerIncoming those of one. More
	// have to wait with the rest of their bodies.
	maxIncoming     = 256 << 20
	maxPeerIncoming = 32 << 20
	// maxOutgoing is how many bytes of responses a session may leave unread before its requests are answered busy.
	maxOutgoing = 16 << 20
	// roomTimeout is how long a request may wait for room; by then all that were before it have timed out.
	roomTimeout = time.Minute
)

// server holds the sessions of callers. A session is the caller's Conn: a few streams that began with the same random id.
type server struct {
	handler InvokeHandler
	abuse   *abuse
	ctx     context.Context
	cancel  context.CancelFunc
	joined  sync.WaitGroup
	workers *workers

	incoming *semaphore.Weighted

	mu     sync.Mutex
	closed bool
	peers  map[string]*caller
}

// caller is what one peer has open. It is kept as long as any of its streams is.
type caller struct {
	streams  int
	sessions map[[sessionSize]byte]*session
	incoming *semaphore.Weighted
}

func newServer(handler InvokeHandler) *server {
	s := &server{
		handler: handler, abuse: new(abuse), workers: newWorkers(), incoming: semaphore.NewWeighted(maxIncoming), peers: make(map[string]*caller),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// session is one caller's connection, and its ControlSender.
type session struct {
	server *server
	id     [sessionSize]byte
	from   string
	ctx    context.Context
	cancel context.CancelFunc
	room   chan struct{}
	// outgoing counts the bytes of responses that wait to be written.
	outgoing atomic.Int64
	incoming *semaphore.Weighted

	mu      sync.Mutex
	streams []*stream
	calls   map[uint64]*call
}

// serve owns a stream until it ends.
func (s *server) serve(from string, raw transport) {
	peer := s.enter(from)
	if peer == nil {
		s.abuse.streams.Add(1)
		_ = raw.Reset()
		return
	}
	defer s.exit(from, peer)

	st := newStream(raw)
	stop := context.AfterFunc(s.ctx, func() { st.fail(errLocal) })
	defer stop()
	var calls sync.WaitGroup
	var owner *session
	err := st.run(func(f *frame) error {
		if owner == nil {
			var err error
			owner, err = s.join(from, peer, f, st)
			return err
		}
		return owner.receive(st, f, &calls)
	})
	s.abuse.note(err)
	if owner != nil {
		s.leave(peer, owner)
	}
	calls.Wait()
}

// enter counts a stream in; nil when it is one too many.
func (s *server) enter(from string) *caller {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	peer := s.peers[from]
	if peer == nil {
		peer = &caller{sessions: make(map[[sessionSize]byte]*session), incoming: semaphore.NewWeighted(maxPeerIncoming)}
		s.peers[from] = peer
	}
	if peer.streams >= maxSessions*maxStreams {
		return nil
	}
	peer.streams++
	s.joined.Add(1)
	return peer
}

func (s *server) exit(from string, peer *caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if peer.streams--; peer.streams == 0 {
		delete(s.peers, from)
	}
	s.joined.Done()
}

// join adds a stream to the session that its first frame names.
func (s *server) join(from string, peer *caller, f *frame, st *stream) (*session, error) {
	if f.kind != kindOpen || len(f.body) != 1+sessionSize || f.body[0] != openVersion {
		return nil, fmt.Errorf("%w: not an opening", ErrFrame)
	}
	id := [sessionSize]byte(f.body[1:])
	s.mu.Lock()
	defer s.mu.Unlock()
	x := peer.sessions[id]
	if x == nil {
		if len(peer.sessions) >= maxSessions {
			return nil, fmt.Errorf("%w: %s has %d sessions", errTooMany, from, len(peer.sessions))
		}
		x = &session{
			server: s, id: id, from: from, room: make(chan struct{}, maxInFlight), incoming: peer.incoming, calls: make(map[uint64]*call),
		}
		x.ctx, x.cancel = context.WithCancel(s.ctx)
		peer.sessions[id] = x
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.streams) >= maxStreams {
		return nil, fmt.Errorf("%w: %s has %d streams in a session", errTooMany, from, len(x.streams))
	}
	x.streams = append(x.streams, st)
	return x, nil
}

// leave ends the whole session: a caller gives up its Conn when one stream ends.
func (s *server) leave(peer *caller, x *session) {
	x.cancel()
	s.mu.Lock()
	if peer.sessions[x.id] == x {
		delete(peer.sessions, x.id)
	}
	s.mu.Unlock()
	x.mu.Lock()
	streams := x.streams
	x.mu.Unlock()
	for _, st := range streams {
		st.fail(ErrClosed)
	}
}

func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.joined.Wait()
	s.workers.ended.Wait()
}

func (x *session) receive(st *stream, f *frame, calls *sync.WaitGroup) error {
	switch f.kind {
	case kindRequest:
		return x.request(st, f, calls)
	case kindBody:
		x.mu.Lock()
		defer x.mu.Unlock()
		if c := x.calls[f.call]; c != nil { // else it was cancelled
			return c.add(f.body)
		}
		return nil
	case kindCancel:
		x.mu.Lock()
		c := x.calls[f.call]
		x.mu.Unlock()
		if c != nil {
			c.unwanted.Store(true)
			c.cancel()
		}
		return nil
	}
	message, err := decodeControl(f.kind, f.body)
	if err == nil && message != nil {
		x.server.handler.Control(x.ctx, x.from, x, message)
	}
	return err
}

// request begins a call, whose body may not be whole yet.
func (x *session) request(st *stream, f *frame, calls *sync.WaitGroup) error {
	r, size, err := decodeRequest(f.body)
	if err != nil {
		return err
	}
	if !x.admit() {
		// Waiting here stops reading, which is what a caller over its limit gets.
		return x.refuse(st, f.call)
	}
	c := &call{id: f.call, stream: st, request: r, size: size, whole: make(chan struct{})}
	c.ctx, c.cancel = within(x.ctx, r.Timeout)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.calls[f.call] != nil {
		c.cancel()
		<-x.room
		return fmt.Errorf("%w: call %d twice", ErrFrame, f.call)
	}
	x.calls[f.call] = c
	calls.Add(1)
	x.server.workers.run(x.server.ctx, func() {
		defer calls.Done()
		x.serve(c)
	})
	return nil
}

// within is a request's context.
func within(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout > 0 {
		return context.WithTimeout(ctx, timeout)
	}
	return context.WithCancel(ctx)
}

// refuse answers a request that is not taken on.
func (x *session) refuse(st *stream, call uint64) error {
	answer, err := encodeResponse(call, &Response{Status: StatusBusy, Load: 1000})
	if err != nil {
		return err
	}
	return st.put(x.ctx, answer)
}

// admit takes room for a request, or reports that the caller is over its limits.
func (x *session) admit() bool {
	if x.outgoing.Load() > maxOutgoing {
		return false
	}
	select {
	case x.room <- struct{}{}:
		return true
	default:
		return false
	}
}

// Send implements ControlSender, on the session's first stream.
func (x *session) Send(message Control) error {
	f, err := encodeControl(message)
	if err != nil {
		return err
	}
	x.mu.Lock()
	first := x.streams[0]
	x.mu.Unlock()
	return first.post(f)
}
