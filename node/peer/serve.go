package peer

import (
	"context"
	"fmt"
	"sync"
)

const (
	// maxSessions and maxStreams bound what one peer may open.
	maxSessions = 4
	maxStreams  = 8
)

// server holds the sessions of callers. A session is the caller's Conn: a few streams that began with the same random id.
type server struct {
	handler InvokeHandler
	ctx     context.Context
	cancel  context.CancelFunc
	joined  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[string]map[[sessionSize]byte]*session
}

func newServer(handler InvokeHandler) *server {
	s := &server{handler: handler, sessions: make(map[string]map[[sessionSize]byte]*session)}
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

	mu      sync.Mutex
	streams []*stream
	calls   map[uint64]context.CancelFunc
}

// serve owns a stream until it ends.
func (s *server) serve(from string, raw transport) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = raw.Reset()
		return
	}
	s.joined.Add(1)
	s.mu.Unlock()
	defer s.joined.Done()

	st := newStream(raw)
	stop := context.AfterFunc(s.ctx, func() { st.fail(errLocal) })
	defer stop()
	var calls sync.WaitGroup
	var owner *session
	_ = st.run(func(f *frame) error {
		if owner == nil {
			var err error
			owner, err = s.join(from, f, st)
			return err
		}
		return owner.receive(st, f, &calls)
	})
	if owner != nil {
		s.leave(owner)
	}
	calls.Wait()
}

// join adds a stream to the session that its first frame names.
func (s *server) join(from string, f *frame, st *stream) (*session, error) {
	if f.kind != kindOpen || len(f.body) != 1+sessionSize || f.body[0] != openVersion {
		return nil, fmt.Errorf("%w: not an opening", ErrFrame)
	}
	id := [sessionSize]byte(f.body[1:])
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.sessions[from]
	if mine == nil {
		mine = make(map[[sessionSize]byte]*session)
		s.sessions[from] = mine
	}
	x := mine[id]
	if x == nil {
		if len(mine) >= maxSessions {
			return nil, fmt.Errorf("%s has %d sessions", from, len(mine))
		}
		x = &session{server: s, id: id, from: from, room: make(chan struct{}, maxInFlight), calls: make(map[uint64]context.CancelFunc)}
		x.ctx, x.cancel = context.WithCancel(s.ctx)
		mine[id] = x
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.streams) >= maxStreams {
		return nil, fmt.Errorf("%s has %d streams in a session", from, len(x.streams))
	}
	x.streams = append(x.streams, st)
	return x, nil
}

// leave ends the whole session: a caller gives up its Conn when one stream ends.
func (s *server) leave(x *session) {
	x.cancel()
	s.mu.Lock()
	if s.sessions[x.from][x.id] == x {
		delete(s.sessions[x.from], x.id)
		if len(s.sessions[x.from]) == 0 {
			delete(s.sessions, x.from)
		}
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
		select {
		case x.room <- struct{}{}:
		default:
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
		calls.Go(func() { x.call(ctx, cancel, st, f.call, r) })
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
	_ = st.put(x.ctx, answer)
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
