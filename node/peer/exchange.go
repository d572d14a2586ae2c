package peer

import (
	"context"
	"time"
)

// Exchange is a request under way. Its methods are for one goroutine at a time.
type Exchange struct {
	conn  *Conn
	under waiting
	timer *time.Timer

	over     bool
	response *Response
	err      error
}

// waiting is a request that a backend has sent.
type waiting interface {
	// wait ends with the response, the timeout or the connection, and is over then; or with ctx, and may be called again.
	wait(ctx context.Context, timeout <-chan time.Time) (response *Response, over bool, err error)
	// cancel tells the host that nobody waits any more.
	cancel()
}

// Invoke sends a request and waits for its response. It returns the context's error when that ends first (and tells the host), and an
// error wrapping ErrClosed when the connection ends. A refusal is no error: see Response.Status.
func (c *Conn) Invoke(ctx context.Context, r *Request) (*Response, error) {
	if deadline, ok := ctx.Deadline(); ok && r.Timeout == 0 {
		timed := *r
		timed.Timeout = max(time.Until(deadline), time.Millisecond)
		r = &timed
	}
	e, err := c.Begin(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := e.Wait(ctx)
	e.Cancel()
	return response, err
}

// Begin sends a request and leaves its response to Wait; ctx bounds only the sending. What Begin returned is waited for or cancelled. Errors are those
// of Invoke.
func (c *Conn) Begin(ctx context.Context, r *Request) (*Exchange, error) {
	e := &Exchange{conn: c}
	if r.Timeout > 0 {
		e.timer = time.NewTimer(r.Timeout)
	}
	select {
	case c.room <- struct{}{}:
	case <-e.timeout():
		return nil, context.DeadlineExceeded
	case <-ctx.Done():
		e.stop()
		return nil, ctx.Err()
	case <-c.done:
		e.stop()
		return nil, c.closed()
	}
	c.hearing.begin()
	var err error
	if e.under, err = c.backend.begin(ctx, r, e.timeout()); err != nil {
		e.end(nil, err)
		return nil, err
	}
	return e, nil
}

// Wait returns the response, or why there is none: context.DeadlineExceeded after the request's Timeout, or an error wrapping ErrClosed. When ctx ends
// first it returns ctx's error; the request goes on, and Wait may be called again.
func (e *Exchange) Wait(ctx context.Context) (*Response, error) {
	if e.over {
		return e.response, e.err
	}
	response, over, err := e.under.wait(ctx, e.timeout())
	if over {
		e.end(response, err)
	}
	return response, err
}

// Cancel gives the request up, unless it is over, and tells the host.
func (e *Exchange) Cancel() {
	if !e.over {
		e.under.cancel()
		e.end(nil, context.Canceled)
	}
}

func (e *Exchange) end(response *Response, err error) {
	e.over, e.response, e.err = true, response, err
	e.stop()
	e.conn.hearing.end()
	<-e.conn.room
}

// timeout never fires for a request without one.
func (e *Exchange) timeout() <-chan time.Time {
	if e.timer == nil {
		return nil
	}
	return e.timer.C
}

func (e *Exchange) stop() {
	if e.timer != nil {
		e.timer.Stop()
	}
}
