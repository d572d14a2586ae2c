package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// queueLength bounds the frames waiting to be written on a stream; more than the requests that may be in flight.
	queueLength = 1024
	bufferSize  = 64 << 10
	// writeTimeout is how long a peer may refuse to read before it is given up.
	writeTimeout = 10 * time.Second
)

// transport is what a link needs of a libp2p stream.
type transport interface {
	io.ReadWriter
	SetWriteDeadline(time.Time) error
	Reset() error
}

// stream writes frames in order, several in one write when they come fast, and hands the frames it reads to one function.
type stream struct {
	raw   transport
	queue chan *frame
	done  chan struct{}
	once  sync.Once
	err   error
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

// run reads and writes until either fails.
func (s *stream) run(receive func(*frame) error) error {
	var writer sync.WaitGroup
	writer.Go(s.write)
	r := bufio.NewReaderSize(s.raw, bufferSize)
	for {
		f, err := readFrame(r)
		if err == nil {
			err = receive(f)
		}
		if err != nil {
			s.fail(err)
			break
		}
	}
	writer.Wait()
	return s.err
}

func (s *stream) write() {
	w := bufio.NewWriterSize(s.raw, bufferSize)
	for {
		select {
		case <-s.done:
			return
		case f := <-s.queue:
			_ = s.raw.SetWriteDeadline(time.Now().Add(writeTimeout))
			err := f.writeTo(w)
			for err == nil {
				select {
				case f = <-s.queue:
					err = f.writeTo(w)
					continue
				default:
				}
				err = w.Flush()
				break
			}
			if err != nil {
				s.fail(fmt.Errorf("writing: %w", err))
				return
			}
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
