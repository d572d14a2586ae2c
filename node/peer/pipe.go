package peer

import (
	"context"
	"fmt"
	"time"
)

// Pipe connects a caller to a handler in the same process, with the semantic of Dial: from is the caller's Orb ID, control gets the
// handler's messages in order.
func Pipe(from string, handler InvokeHandler, control func(Control)) *Conn {
	c := newConn()
	ctx, cancel := context.WithCancel(context.Background())
	p := &pipe{conn: c, from: from, handler: handler, ctx: ctx, cancel: cancel,
		toHost: make(chan Control, queueLength), toCaller: make(chan Control, queueLength)}
	c.backend = p
	c.joined.Go(func() {
		p.deliver(p.toHost, func(m Control) {
			if _, last := m.(finished); last {
				c.fail(ErrClosed)
				return
			}
			handler.Control(ctx, from, (*pipeEnd)(p), m)
		})
	})
	c.joined.Go(func() {
		p.deliver(p.toCaller, func(m Control) {
			if control != nil {
				control(m)
			}
		})
	})
	return c
}

// pipe queues control messages both ways, because a handler may answer one while it holds its locks.
type pipe struct {
	conn     *Conn
	from     string
	handler  InvokeHandler
	ctx      context.Context
	cancel   context.CancelFunc
	toHost   chan Control
	toCaller chan Control
}

func (p *pipe) deliver(queue <-chan Control, to func(Control)) {
	for {
		select {
		case m := <-queue:
			to(m)
		case <-p.conn.done:
			return
		}
	}
}

func (p *pipe) begin(_ context.Context, r *Request, _ <-chan time.Time) (waiting, error) {
	if len(r.Body) > MaxBody {
		return nil, fmt.Errorf("%w: request with a body of %d bytes", ErrTooLarge, len(r.Body))
	}
	ctx, cancel := within(p.ctx, r.Timeout)
	call := &piped{pipe: p, answer: make(chan *Response, 1), cancelled: cancel}
	p.conn.joined.Go(func() {
		defer cancel()
		call.answer <- p.handler.Invoke(ctx, p.from, (*pipeEnd)(p), r)
	})
	return call, nil
}

// piped is a request that the handler serves.
type piped struct {
	pipe      *pipe
	answer    chan *Response
	cancelled context.CancelFunc
}

func (c *piped) wait(ctx context.Context, timeout <-chan time.Time) (response *Response, over bool, err error) {
	select {
	case response = <-c.answer:
		if c.pipe.ctx.Err() == nil {
			return response, true, nil
		}
		return nil, true, c.pipe.conn.closed()
	case <-timeout:
		c.cancel()
		return nil, true, context.DeadlineExceeded
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case <-c.pipe.conn.done:
		return nil, true, c.pipe.conn.closed()
	}
}

func (c *piped) cancel() { c.cancelled() }

func (p *pipe) writing() bool { return false }

func (p *pipe) send(m Control) error { return p.post(p.toHost, m) }

func (p *pipe) post(queue chan<- Control, m Control) error {
	select {
	case <-p.conn.done:
		return p.conn.closed()
	default:
	}
	select {
	case queue <- m:
		return nil
	default:
		p.conn.fail(ErrStalled)
		return ErrStalled
	}
}

// finish waits in line behind what was sent.
func (p *pipe) finish() { _ = p.post(p.toHost, finished{}) }

// finished is the last message to a host; it never reaches the handler.
type finished struct{}

func (p *pipe) close(error) { p.cancel() }

// pipeEnd is the handler's side.
type pipeEnd pipe

func (e *pipeEnd) Send(m Control) error { return (*pipe)(e).post(e.toCaller, m) }
