package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queueLength bounds the frames waiting to be written on a stream; more than the requests that may be in flight.
	queueLength = 1024
	bufferSize  = 64 << 10
	// writeTimeout is how long a peer may refuse to read before it is given up. It covers waiting for room behind other requests.
	writeTimeout = 30 * time.Second
	// headTimeout is how long the head of a frame may be under way: a peer that sends half a frame is given up.
	headTimeout = 10 * time.Second
	// leastRate, in bytes a second, is what a large payload gets further time by, in both directions.
	leastRate = 64 << 10
)

// transport is what a link needs of a libp2p stream.
type transport interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	CloseWrite() error
	Reset() error
}

// stream writes frames in order, several in one write when they come fast, and hands the frames it reads to one function.
type stream struct {
	raw transport
	// reserve, when set, waits for room for a large payload and returns what gives it back.
	reserve func(bytes int64) (release func(), err error)

	// queue holds what waits to be written; a nil frame is the last.
	queue chan *frame
	// writing says that a write has begun and not ended.
	writing atomic.Bool
	done    chan struct{}
	once    sync.Once
	err     error
}

func newStream(raw transport) *stream {
	return &stream{raw: raw, queue: make(chan *frame, queueLength), done: make(chan struct{})}
}

func (s *stream) fail(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.done)
		_ = s.raw.Reset()
	})
}

// run reads and writes until either fails. receive owns a frame's budget until it returns, unless it takes done away.
func (s *stream) run(receive func(*frame) error) error {
	var writer sync.WaitGroup
	writer.Go(s.write)
	r := bufio.NewReaderSize(s.raw, bufferSize)
	for {
		f, err := s.read(r)
		if err == nil {
			err = receive(f)
			f.finish()
		}
		if err != nil {
			s.fail(err)
			break
		}
	}
	writer.Wait()
	return s.err
}

// read waits as long as it takes for a frame to begin, but not for the rest of it.
func (s *stream) read(r *bufio.Reader) (*frame, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	timed := r.Buffered() < headSize
	if timed {
		_ = s.raw.SetReadDeadline(time.Now().Add(headTimeout))
	}
	f, size, err := readHead(r)
	if err != nil {
		return nil, unexpected(err)
	}
	if size > eagerRead && s.reserve != nil {
		if timed { // waiting for room is not the peer's doing
			_ = s.raw.SetReadDeadline(time.Time{})
		}
		if f.done, err = s.reserve(size); err != nil {
			return nil, err
		}
	}
	if int64(r.Buffered()) < size {
		timed = true
		_ = s.raw.SetReadDeadline(time.Now().Add(headTimeout + extra(size)))
	}
	if err := f.readPayload(r, size); err != nil {
		f.finish()
		return nil, err
	}
	if timed {
		_ = s.raw.SetReadDeadline(time.Time{})
	}
	return f, nil
}

func extra(size int64) time.Duration { return time.Duration(size/leastRate) * time.Second }

func (s *stream) write() {
	w := bufio.NewWriterSize(s.raw, bufferSize)
	write := func(f *frame) error {
		defer f.finish()
		_ = s.raw.SetWriteDeadline(time.Now().Add(writeTimeout + extra(int64(len(f.body)))))
		return f.writeTo(w)
	}
	for {
		select {
		case <-s.done:
			return
		case f := <-s.queue:
			s.writing.Store(true)
			var err error
			for more := true; more && f != nil && err == nil; {
				if err = write(f); err != nil {
					break
				}
				select {
				case f = <-s.queue:
				default:
					more = false
				}
			}
			if err == nil {
				err = w.Flush()
			}
			if err == nil && f == nil {
				err = s.raw.CloseWrite()
			}
			if err != nil {
				s.fail(fmt.Errorf("writing: %w", err))
				return
			}
			if f == nil {
				return
			}
			s.writing.Store(false)
		}
	}
}

// put waits for room.
func (s *stream) put(ctx context.Context, f *frame) error {
	select {
	case s.queue <- f:
		return nil
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post does not wait.
func (s *stream) post(f *frame) error {
	select {
	case <-s.done:
		return ErrClosed
	default:
	}
	select {
	case s.queue <- f:
		return nil
	default:
		s.fail(ErrStalled)
		return ErrStalled
	}
}

var errLocal = errors.New("closed here")
