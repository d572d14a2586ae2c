package peer

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// streamsPerConn spreads requests, so that one lost packet or one slow write does not hold up all others.
	streamsPerConn = 4
	// maxInFlight bounds the requests of one connection; Invoke waits for room.
	maxInFlight = 256
	sessionSize = 16
	openVersion = 1
)

// Conn is a caller's connection to a host. It does not reconnect: when any of its streams ends, all its calls fail with ErrClosed, Done is
// closed, and its owner dials again. All methods may be used at once.
type Conn struct {
	backend backend
	room    chan struct{}
	done    chan struct{}
	once    sync.Once
	err     error
	joined  sync.WaitGroup
	hearing hearing
	// relayed says that a super node passes the streams on, and direct is closed once that need not be.
	relayed bool
	direct  chan struct{}
}

// backend carries messages: libp2p streams, or a handler in the same process.
type backend interface {
	invoke(ctx context.Context, r *Request) (*Response, error)
	send(Control) error
	// writing tells whether the host has not taken yet what is to be sent.
	writing() bool
	// finish has what was sent reach the host, which ends the connection then.
	finish()
	close(error)
}

func newConn() *Conn {
	return &Conn{room: make(chan struct{}, maxInFlight), done: make(chan struct{}), direct: make(chan struct{}), hearing: hearing{start: time.Now()}}
}

// Invoke sends a request and waits for its response. It returns the context's error when that ends first (and tells the host), and an
// error wrapping ErrClosed when the connection ends. A refusal is no error: see Response.Status.
func (c *Conn) Invoke(ctx context.Context, r *Request) (*Response, error) {
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout)
		defer cancel()
	} else if deadline, ok := ctx.Deadline(); ok {
		timed := *r
		timed.Timeout = max(time.Until(deadline), time.Millisecond)
		r = &timed
	}
	select {
	case c.room <- struct{}{}:
		defer func() { <-c.room }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.done:
		return nil, c.closed()
	}
	defer c.hearing.await()()
	return c.backend.invoke(ctx, r)
}

// Send sends a control message without waiting for room.
func (c *Conn) Send(message Control) error {
	select {
	case <-c.done:
		return c.closed()
	default:
		return c.backend.send(message)
	}
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Finish ends the connection once the host has everything that was sent, e.g. the last receipts, or at once when ctx ends.
func (c *Conn) Finish(ctx context.Context) {
	c.backend.finish()
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	c.Close()
}

// Close ends the connection at once; what waits to be written is lost. It may be called from a control handler, and many times.
func (c *Conn) Close() { c.fail(errLocal) }

func (c *Conn) fail(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.done)
		c.backend.close(err)
	})
}

func (c *Conn) closed() error { return fmt.Errorf("%w: %w", ErrClosed, c.err) }

// wire is the backend over streams.
type wire struct {
	conn    *Conn
	streams []*stream
	next    atomic.Uint64

	mu      sync.Mutex
	pending map[uint64]*pending
}

// pending is a request without a whole response.
type pending struct {
	answer chan *Response
	// more is closed when the host has room for the rest of the request's body; welcome says that it was.
	more    chan struct{}
	welcome bool
	// response has come in part, up to size bytes of its body.
	response *Response
	size     int
}

// connect takes over raw streams to a host.
func connect(raws []transport, control func(Control)) *Conn {
	c := newConn()
	w := &wire{conn: c, pending: make(map[uint64]*pending)}
	c.backend = w
	open := &frame{kind: kindOpen, head: append(make([]byte, 0, 1+sessionSize), openVersion)}
	var session [sessionSize]byte
	_, _ = rand.Read(session[:]) // never fails
	open.head = append(open.head, session[:]...)
	for _, raw := range raws {
		s := newStream(raw)
		w.streams = append(w.streams, s)
		s.queue <- open
	}
	for _, s := range w.streams {
		c.joined.Go(func() {
			c.fail(s.run(func(f *frame) error { return w.receive(f, control) }))
		})
	}
	return c
}

func (w *wire) receive(f *frame, control func(Control)) error {
	w.conn.hearing.heard()
	switch f.kind {
	case kindResponse, kindBody, kindMore:
		w.mu.Lock()
		defer w.mu.Unlock()
		p := w.pending[f.call]
		if p == nil { // it was cancelled
			p = new(pending)
		}
		whole, err := p.receive(f)
		if whole && p.answer != nil {
			delete(w.pending, f.call)
			p.answer <- p.response
		}
		return err
	}
	message, err := decodeControl(f.kind, f.body)
	if err == nil && message != nil && control != nil {
		control(message)
	}
	return err
}

// receive adds a frame and reports whether the response is whole.
func (p *pending) receive(f *frame) (whole bool, err error) {
	switch {
	case f.kind == kindMore:
		if p.more != nil && !p.welcome {
			p.welcome = true
			close(p.more)
		}
		return false, nil
	case f.kind == kindResponse && p.response == nil:
		p.response, p.size, err = decodeResponse(f.body)
	case f.kind == kindBody && p.response != nil:
		p.response.Body, err = appendBody(p.response.Body, f.body, p.size)
	case f.kind == kindBody && p.answer == nil:
		return false, nil // of a response to nobody
	default:
		err = fmt.Errorf("%w: a response in the wrong order", ErrFrame)
	}
	return err == nil && len(p.response.Body) == p.size, err
}

func (w *wire) invoke(ctx context.Context, r *Request) (*Response, error) {
	call := w.next.Add(1)
	f, err := encodeRequest(call, r)
	if err != nil {
		return nil, err
	}
	first, rest := f, (*frame)(nil)
	if len(f.body) > chunkSize {
		first, rest = f.cut(), f
		rest.unwanted = new(atomic.Bool)
	}
	p := &pending{answer: make(chan *Response, 1), more: make(chan struct{})}
	w.mu.Lock()
	w.pending[call] = p
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.pending, call)
		w.mu.Unlock()
	}()
	s := w.streams[call%uint64(len(w.streams))]
	if err := s.put(ctx, first); err != nil {
		return nil, w.failed(ctx)
	}
	more := p.more
	for {
		select {
		case <-more:
			more = nil
			if rest != nil && s.put(ctx, rest) != nil {
				return nil, w.failed(ctx)
			}
		case response := <-p.answer:
			return response, nil
		case <-ctx.Done():
			if rest != nil {
				rest.unwanted.Store(true)
			}
			_ = s.post(&frame{kind: kindCancel, call: call})
			return nil, ctx.Err()
		case <-w.conn.done:
			return nil, w.conn.closed()
		}
	}
}

// failed is why something could not be put on a stream.
func (w *wire) failed(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	<-w.conn.done
	return w.conn.closed()
}

// send keeps control messages in order by sending all on the first stream.
func (w *wire) send(message Control) error {
	f, err := encodeControl(message)
	if err != nil {
		return err
	}
	if err := w.streams[0].post(f); err != nil {
		return fmt.Errorf("sending %T: %w", message, err)
	}
	return nil
}

// finish ends the stream that carries control messages; when a host has read it to its end, it ends the session with all others.
func (w *wire) finish() { _ = w.streams[0].post(nil) } // one that has ended needs no ending

func (w *wire) writing() bool {
	for _, s := range w.streams {
		if s.writing.Load() || len(s.queue) > 0 {
			return true
		}
	}
	return false
}

func (w *wire) close(err error) {
	for _, s := range w.streams {
		s.fail(err)
	}
}
