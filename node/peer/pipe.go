package peer

import (
	"context"
	"fmt"
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

func (p *pipe) invoke(ctx context.Context, r *Request) (*Response, error) {
	if len(r.Body) > MaxBody {
		return nil, fmt.Errorf("%w: request with a body of %d bytes", ErrTooLarge, len(r.Body))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(p.ctx, cancel)
	defer stop()
	response := p.handler.Invoke(ctx, p.from, (*pipeEnd)(p), r)
	if p.ctx.Err() != nil {
		return nil, p.conn.closed()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return response, nil
}

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
