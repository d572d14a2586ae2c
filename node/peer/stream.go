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
	// writeTimeout is how long a peer may refuse to read before it is given up, a second more or less. It covers waiting for room behind other
	// requests.
	writeTimeout = 30 * time.Second
	// headTimeout is how long the head of a frame may be under way: a peer that sends half a frame is given up.
	headTimeout = 10 * time.Second
	// leastRate, in bytes a second, is what more than a few bytes get further time by, in both directions.
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

// stream writes frames in order, several in one write when they come fast and those with large bodies a chunk at a time, and hands the frames
// it reads to one function.
type stream struct {
	raw transport

	// queue holds what waits to be written; a nil frame is the last.
	queue chan *frame
	// writing says that a write has begun and not ended.
	writing atomic.Bool
	// patient is when the peer was last given writeTimeout to read.
	patient time.Time
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

// run reads and writes until either fails.
func (s *stream) run(receive func(*frame) error) error {
	var writer sync.WaitGroup
	writer.Go(s.write)
	r := bufio.NewReaderSize(s.raw, bufferSize)
	for {
		f, err := s.read(r)
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
	if int64(r.Buffered()) < size {
		timed = true
		_ = s.raw.SetReadDeadline(time.Now().Add(headTimeout + extra(size)))
	}
	if err := f.readPayload(r, size); err != nil {
		return nil, err
	}
	if timed {
		_ = s.raw.SetReadDeadline(time.Time{})
	}
	return f, nil
}

func extra(size int64) time.Duration { return time.Duration(size/leastRate) * time.Second }

func (s *stream) write() {
	if err := s.writeAll(bufio.NewWriterSize(s.raw, bufferSize)); err != nil {
		s.fail(fmt.Errorf("writing: %w", err))
	}
}

// writeAll writes until the last frame, or until the stream ends. Frames with large bodies stand aside and are written a chunk at a time, one
// chunk after each other frame: neither holds up the other.
func (s *stream) writeAll(w *bufio.Writer) error {
	var large []*frame
	for last := false; !last || len(large) > 0; {
		for small := false; !small && (len(s.queue) > 0 || len(large) == 0 && !last); {
			f, ended, err := s.next(w)
			switch {
			case ended || err != nil:
				return err
			case f == nil:
				last = true
			case len(f.body) > chunkSize:
				large = append(large, f)
			default:
				small = true
				if _, err := s.writeFrame(w, f); err != nil {
					return err
				}
			}
		}
		if len(large) > 0 {
			f := large[0]
			large = large[1:]
			rest, err := s.writeFrame(w, f)
			if err != nil {
				return err
			}
			if rest {
				large = append(large, f)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return s.raw.CloseWrite()
}

// next takes a frame off the queue. Before it waits for one, everything written goes out.
func (s *stream) next(w *bufio.Writer) (f *frame, ended bool, err error) {
	if len(s.queue) == 0 {
		if err := w.Flush(); err != nil {
			return nil, false, err
		}
		s.writing.Store(false)
	}
	select {
	case f = <-s.queue:
		s.writing.Store(true)
		return f, false, nil
	case <-s.done:
		return nil, true, nil
	}
}

// writeFrame writes a frame, or of a large body one chunk; rest tells that there is more.
func (s *stream) writeFrame(w *bufio.Writer, f *frame) (rest bool, err error) {
	if f.unwanted != nil && f.unwanted.Load() {
		f.finish()
		return false, nil
	}
	if now := time.Now(); now.Sub(s.patient) > time.Second {
		s.patient = now
		_ = s.raw.SetWriteDeadline(now.Add(writeTimeout))
	}
	if len(f.body) > chunkSize {
		return true, f.cut().writeTo(w)
	}
	defer f.finish()
	return false, f.writeTo(w)
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
