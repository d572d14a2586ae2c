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
	// begin sends a request; it may wait for room until ctx ends or timeout fires.
	begin(ctx context.Context, r *Request, timeout <-chan time.Time) (waiting, error)
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
	wire   *wire
	call   uint64
	stream *stream
	answer chan *Response
	// rest is the body when it is large, more is closed when the host has room for it, and gone says that it is on its way.
	rest *frame
	more chan struct{}
	gone bool

	// The wire's mutex guards what has come: welcome says that more was closed; response has come in part, up to size bytes of its body.
	welcome  bool
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

func (w *wire) begin(ctx context.Context, r *Request, timeout <-chan time.Time) (waiting, error) {
	call := w.next.Add(1)
	f, err := encodeRequest(call, r)
	if err != nil {
		return nil, err
	}
	p := &pending{
		wire: w, call: call, stream: w.streams[call%uint64(len(w.streams))], answer: make(chan *Response, 1),
	}
	first := f
	if len(f.body) > chunkSize {
		first, p.rest, p.more = f.cut(), f, make(chan struct{})
		p.rest.unwanted = new(atomic.Bool)
	}
	w.mu.Lock()
	w.pending[call] = p
	w.mu.Unlock()
	if err := p.put(ctx, first, timeout); err != nil {
		p.forget()
		return nil, err
	}
	return p, nil
}

// put waits for room on the stream.
func (p *pending) put(ctx context.Context, f *frame, timeout <-chan time.Time) error {
	select {
	case p.stream.queue <- f:
		return nil
	case <-timeout:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	case <-p.stream.done:
		<-p.wire.conn.done
		return p.wire.conn.closed()
	}
}

func (p *pending) wait(ctx context.Context, timeout <-chan time.Time) (response *Response, over bool, err error) {
	more := p.more
	if p.gone {
		more = nil
	}
	for {
		select {
		case <-more:
			if err := p.put(ctx, p.rest, timeout); err != nil {
				over := ctx.Err() == nil
				if over {
					p.cancel()
				}
				return nil, over, err
			}
			p.gone, more = true, nil
		case response := <-p.answer:
			return response, true, nil
		case <-timeout:
			p.cancel()
			return nil, true, context.DeadlineExceeded
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-p.wire.conn.done:
			p.forget()
			return nil, true, p.wire.conn.closed()
		}
	}
}

func (p *pending) cancel() {
	p.forget()
	if p.rest != nil {
		p.rest.unwanted.Store(true)
	}
	_ = p.stream.post(&frame{kind: kindCancel, call: p.call}) // a stream that has ended needs no telling
}

func (p *pending) forget() {
	p.wire.mu.Lock()
	defer p.wire.mu.Unlock()
	delete(p.wire.pending, p.call)
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
