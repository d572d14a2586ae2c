package peer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errSlowBody says that a peer has begun a large body and does not go on with it.
var errSlowBody = errors.New("the rest of a body does not come")

// call is a request that is served, from its first frame until its response is written.
type call struct {
	id     uint64
	stream *stream
	ctx    context.Context
	cancel context.CancelFunc
	// unwanted: the caller has given up.
	unwanted atomic.Bool

	// The session's mutex guards the request until it is whole, which is when its body has size bytes. What is beyond the first chunk comes only
	// when it is welcome, since there is room for it then.
	request *Request
	size    int
	welcome bool
	whole   chan struct{}
}

// add takes the next bytes of the body.
func (c *call) add(chunk []byte) (err error) {
	if !c.welcome {
		return fmt.Errorf("%w: a body that nobody asked for", ErrFrame)
	}
	if c.request.Body, err = appendBody(c.request.Body, chunk, c.size); err == nil && len(c.request.Body) == c.size {
		close(c.whole)
	}
	return err
}

// serve answers a call once its body is whole.
func (x *session) serve(c *call) {
	defer func() { <-x.room }()
	if len(c.request.Body) < c.size {
		if keeper, is := x.server.handler.(Doorkeeper); is {
			if refusal := keeper.Refuse(c.request); refusal != nil {
				x.answer(c, refusal)
				return
			}
		}
		release, err := x.gather(c)
		if err != nil {
			x.end(c)
			if errors.Is(err, errSlowBody) {
				c.stream.fail(err)
			} else if c.ctx.Err() == nil {
				_ = x.refuse(c.stream, c.id) // a stream that has ended needs no answer
			}
			return
		}
		defer release()
	}
	x.answer(c, x.server.handler.Invoke(c.ctx, x.from, x, c.request))
}

// answer has a response written, with which the call ends.
func (x *session) answer(c *call, r *Response) {
	answer, err := encodeResponse(c.id, r)
	if err != nil {
		answer, _ = encodeResponse(c.id, &Response{Status: StatusInternal, Message: err.Error()})
	}
	size := int64(len(answer.body))
	x.outgoing.Add(size)
	answer.unwanted = &c.unwanted
	answer.done = func() {
		x.outgoing.Add(-size)
		x.end(c)
	}
	if c.stream.put(x.ctx, answer) != nil {
		answer.finish()
	}
}

func (x *session) end(c *call) {
	c.cancel()
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.calls, c.id)
}

// gather waits for room for a large body, the peer's own first, so that one peer does not queue for all, and then for the body itself. release
// gives the room back.
func (x *session) gather(c *call) (release func(), err error) {
	size := int64(c.size)
	waiting, cancel := context.WithTimeout(c.ctx, roomTimeout)
	defer cancel()
	if err := x.incoming.Acquire(waiting, size); err != nil {
		return nil, fmt.Errorf("waiting for room for %d bytes: %w", size, err)
	}
	if err := x.server.incoming.Acquire(waiting, size); err != nil {
		x.incoming.Release(size)
		return nil, fmt.Errorf("waiting for room for %d bytes: %w", size, err)
	}
	release = func() {
		x.server.incoming.Release(size)
		x.incoming.Release(size)
	}
	x.mu.Lock()
	c.welcome = true
	c.request.Body = append(make([]byte, 0, c.size), c.request.Body...)
	x.mu.Unlock()
	slow := time.NewTimer(headTimeout + extra(size))
	defer slow.Stop()
	if err = c.stream.put(c.ctx, &frame{kind: kindMore, call: c.id}); err == nil {
		select {
		case <-c.whole:
			return release, nil
		case <-slow.C:
			err = errSlowBody
		case <-c.ctx.Done():
			err = c.ctx.Err()
		}
	}
	release()
	return nil, err
}
