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
	// maxIncoming bounds the bytes of large requests of all peers that are under way, and maxPeerIncoming those of one. Who is over waits:
	// its streams are not read on.
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
	s := &server{handler: handler, abuse: new(abuse), incoming: semaphore.NewWeighted(maxIncoming), peers: make(map[string]*caller)}
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

	mu      sync.Mutex
	streams []*stream
	calls   map[uint64]context.CancelFunc
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
	st.reserve = func(bytes int64) (func(), error) { return s.reserve(peer, bytes) }
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

// reserve waits for room for a request, the peer's own first, so that one peer does not queue for all.
func (s *server) reserve(peer *caller, bytes int64) (release func(), err error) {
	ctx, cancel := context.WithTimeout(s.ctx, roomTimeout)
	defer cancel()
	if err := peer.incoming.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("waiting for room for %d bytes: %w", bytes, err)
	}
	if err := s.incoming.Acquire(ctx, bytes); err != nil {
		peer.incoming.Release(bytes)
		return nil, fmt.Errorf("waiting for room for %d bytes: %w", bytes, err)
	}
	return func() {
		s.incoming.Release(bytes)
		peer.incoming.Release(bytes)
	}, nil
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
		x = &session{server: s, id: id, from: from, room: make(chan struct{}, maxInFlight), calls: make(map[uint64]context.CancelFunc)}
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
}

func (x *session) receive(st *stream, f *frame, calls *sync.WaitGroup) error {
	switch f.kind {
	case kindRequest:
		r, err := decodeRequest(f.body)
		if err != nil {
			return err
		}
		if !x.admit() {
			// Waiting here stops reading, which is what a caller over its limit gets.
			answer, err := encodeResponse(f.call, &Response{Status: StatusBusy, Load: 1000})
			if err != nil {
				return err
			}
			return st.put(x.ctx, answer)
		}
		ctx, cancel := x.ctx, context.CancelFunc(nil)
		if r.Timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, r.Timeout)
		} else {
			ctx, cancel = context.WithCancel(ctx)
		}
		x.mu.Lock()
		_, twice := x.calls[f.call]
		if !twice {
			x.calls[f.call] = cancel
		}
		x.mu.Unlock()
		if twice {
			cancel()
			<-x.room
			return fmt.Errorf("%w: call %d twice", ErrFrame, f.call)
		}
		done := f.done
		f.done = nil
		calls.Go(func() {
			x.call(ctx, cancel, st, f.call, r)
			if done != nil {
				done()
			}
		})
		return nil
	case kindCancel:
		x.mu.Lock()
		cancel := x.calls[f.call]
		x.mu.Unlock()
		if cancel != nil {
			cancel()
		}
		return nil
	}
	message, err := decodeControl(f.kind, f.body)
	if err == nil && message != nil {
		x.server.handler.Control(x.ctx, x.from, x, message)
	}
	return err
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

func (x *session) call(ctx context.Context, cancel context.CancelFunc, st *stream, call uint64, r *Request) {
	defer func() {
		cancel()
		x.mu.Lock()
		delete(x.calls, call)
		x.mu.Unlock()
		<-x.room
	}()
	answer, err := encodeResponse(call, x.server.handler.Invoke(ctx, x.from, x, r))
	if err != nil {
		answer, _ = encodeResponse(call, &Response{Status: StatusInternal, Message: err.Error()})
	}
	size := int64(len(answer.body))
	x.outgoing.Add(size)
	answer.done = func() { x.outgoing.Add(-size) }
	if st.put(x.ctx, answer) != nil {
		answer.finish()
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
