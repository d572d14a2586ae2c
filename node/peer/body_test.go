package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// script is a transport that reads what it is given and keeps what is written, frame by frame.
type script struct {
	io.Reader
	wrote bytes.Buffer
}

func (s *script) Write(p []byte) (int, error)    { return s.wrote.Write(p) }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }
func (*script) CloseWrite() error                { return nil }
func (*script) Reset() error                     { return nil }
func (s *script) frames(t *testing.T) (all []*frame) {
	t.Helper()
	for s.wrote.Len() > 0 {
		f, err := readFrame(&s.wrote)
		require.NoError(t, err)
		all = append(all, f)
	}
	return all
}

// TestBodiesTakeTurns: what is short goes out between the chunks of what is long, and the long ones share what is left.
func TestBodiesTakeTurns(t *testing.T) {
	raw := new(script)
	s := newStream(raw)
	long := func(call uint64, unwanted *atomic.Bool, done func()) *frame {
		return &frame{kind: kindResponse, call: call, head: []byte("head"), body: make([]byte, 3*chunkSize), unwanted: unwanted, done: done}
	}
	unwanted := new(atomic.Bool)
	unwanted.Store(true)
	finished := make(map[uint64]int)
	for _, f := range []*frame{
		long(1, nil, func() { finished[1]++ }), long(2, new(atomic.Bool), func() { finished[2]++ }), long(3, unwanted, func() { finished[3]++ }),
		{kind: kindReceipt}, {kind: kindReceipt}, nil,
	} {
		s.queue <- f
	}
	require.NoError(t, s.writeAll(bufio.NewWriter(raw)))
	type line struct {
		kind kind
		call uint64
	}
	var order []line
	for _, f := range raw.frames(t) {
		require.LessOrEqual(t, len(f.body), chunkSize+4)
		order = append(order, line{f.kind, f.call})
	}
	require.Equal(t, []line{
		{kindReceipt, 0}, {kindResponse, 1}, {kindReceipt, 0}, {kindResponse, 2}, {kindBody, 1}, {kindBody, 2}, {kindBody, 1}, {kindBody, 2},
	}, order)
	require.Equal(t, map[uint64]int{1: 1, 2: 1, 3: 1}, finished)
}

// session starts a server's end of a stream and returns the caller's.
func rawSession(t *testing.T, handler InvokeHandler) (*server, net.Conn) {
	t.Helper()
	s := newServer(handler)
	near, far := net.Pipe()
	go s.serve("peer", pipeTransport{far})
	t.Cleanup(s.close)
	opening := frame{kind: kindOpen, body: append([]byte{openVersion}, make([]byte, sessionSize)...)}
	require.NoError(t, opening.writeTo(near))
	return s, near
}

func start(t *testing.T, near net.Conn, call uint64, body []byte) (rest *frame) {
	t.Helper()
	f, err := encodeRequest(call, &Request{Body: body})
	require.NoError(t, err)
	if len(body) <= chunkSize {
		require.NoError(t, f.writeTo(near))
		return nil
	}
	require.NoError(t, f.cut().writeTo(near))
	return f
}

func next(t *testing.T, near net.Conn, want kind, call uint64) *frame {
	t.Helper()
	f, err := readFrame(near)
	require.NoError(t, err)
	require.Equal(t, want, f.kind)
	require.Equal(t, call, f.call)
	return f
}

// TestRoomForOneIsNotAllsRoom: a large body that there is no room for waits alone; small ones pass it, and it is asked for once there is room.
func TestRoomForOneIsNotAllsRoom(t *testing.T) {
	s, near := rawSession(t, echo{})
	require.True(t, s.incoming.TryAcquire(maxIncoming), "others have taken all of it")
	rest := start(t, near, 1, make([]byte, chunkSize+1))
	start(t, near, 2, []byte("small"))
	next(t, near, kindResponse, 2)
	s.incoming.Release(maxIncoming)
	next(t, near, kindMore, 1)
	require.NoError(t, rest.writeTo(near))
	f := next(t, near, kindResponse, 1)
	_, size, err := decodeResponse(f.body)
	require.NoError(t, err)
	require.Equal(t, chunkSize+1, size)
	require.Len(t, next(t, near, kindBody, 1).body, 1)
}

// doorkeeper refuses everything.
type doorkeeper struct{ echo }

func (doorkeeper) Refuse(*Request) *Response { return &Response{Status: StatusNoLane} }

// TestNoRoomForTheRefused: who is refused by the head of a request is not asked for its body, and takes no room.
func TestNoRoomForTheRefused(t *testing.T) {
	s, near := rawSession(t, doorkeeper{})
	require.True(t, s.incoming.TryAcquire(maxIncoming))
	start(t, near, 1, make([]byte, MaxBody))
	r, _, err := decodeResponse(next(t, near, kindResponse, 1).body)
	require.NoError(t, err)
	require.Equal(t, StatusNoLane, r.Status)
}

// TestCancelInABody: who gives up in the middle of a body gets its room back, and what still comes of it is skipped.
func TestCancelInABody(t *testing.T) {
	s, near := rawSession(t, echo{})
	rest := start(t, near, 1, make([]byte, 3*chunkSize))
	next(t, near, kindMore, 1)
	require.NoError(t, rest.cut().writeTo(near))
	require.NoError(t, (&frame{kind: kindCancel, call: 1}).writeTo(near))
	require.Eventually(t, func() bool {
		if !s.incoming.TryAcquire(maxIncoming) {
			return false
		}
		s.incoming.Release(maxIncoming)
		return true
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, rest.writeTo(near))
	start(t, near, 2, []byte("still here"))
	next(t, near, kindResponse, 2)
}

// TestWrongBodies: frames that do not make a body end the stream.
func TestWrongBodies(t *testing.T) {
	request := func(size uint32, first int) *frame {
		head := append(make([]byte, 2+8+4), binary.BigEndian.AppendUint32(nil, size)...)
		return &frame{kind: kindRequest, call: 1, body: append(head, make([]byte, first)...)}
	}
	body := func(size int) *frame { return &frame{kind: kindBody, call: 1, body: make([]byte, size)} }
	for name, c := range map[string]struct {
		first  *frame
		second *frame
	}{
		"less than it says":     {request(10, 9), nil},
		"more than it says":     {request(10, 11), nil},
		"over the limit":        {request(MaxBody+1, chunkSize), nil},
		"an unasked rest":       {request(MaxBody, chunkSize), body(1)},
		"too long a rest":       {request(chunkSize+1, chunkSize), body(2)},
		"an empty rest":         {request(chunkSize+1, chunkSize), body(0)},
		"more than is whole":    {request(chunkSize, chunkSize), body(1)},
		"the same number twice": {request(chunkSize+1, chunkSize), request(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			s, near := rawSession(t, &holder{open: make(chan struct{})})
			if name == "an unasked rest" {
				require.True(t, s.incoming.TryAcquire(maxIncoming))
			}
			require.NoError(t, c.first.writeTo(near))
			if c.second != nil {
				if name != "an unasked rest" && name != "more than is whole" {
					next(t, near, kindMore, 1)
				}
				_ = c.second.writeTo(near) // the stream may end before all of it is written
			}
			_, err := io.Copy(io.Discard, near)
			require.NoError(t, err, "the stream ends")
			require.Eventually(t, func() bool { return s.abuse.frames.Load() == 1 }, 5*time.Second, time.Millisecond)
		})
	}
}

// FuzzSession: whatever frames come on a stream, the server neither panics nor keeps room for what has ended.
func FuzzSession(f *testing.F) {
	opening := append([]byte{0, 0, 0, 26, byte(kindOpen), 0, 0, 0, 0, 0, 0, 0, 0, openVersion}, make([]byte, sessionSize)...)
	for _, body := range [][]byte{nil, make([]byte, 3)} {
		request, err := encodeRequest(1, &Request{Body: body})
		require.NoError(f, err)
		var b bytes.Buffer
		require.NoError(f, request.writeTo(&b))
		f.Add(b.Bytes())
	}
	f.Add([]byte{0, 0, 0, 10, byte(kindBody), 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 9, byte(kindCancel), 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newServer(echo{})
		s.serve("peer", &script{Reader: io.MultiReader(bytes.NewReader(opening), bytes.NewReader(data))})
		s.close()
		require.Empty(t, s.peers)
		require.True(t, s.incoming.TryAcquire(maxIncoming), "room was not given back")
	})
}

// TestResponseInTheWrongOrder: a host that sends a body before its response, or too much of it, loses the connection.
func TestResponseInTheWrongOrder(t *testing.T) {
	response, err := encodeResponse(1, &Response{Body: make([]byte, chunkSize+1)})
	require.NoError(t, err)
	first := response.cut()
	first = &frame{kind: kindResponse, body: append(first.head, first.body...)}
	rest := &frame{kind: kindBody, body: response.body}
	for name, c := range map[string]struct {
		frames []*frame
		ok     bool
	}{
		"in order":     {[]*frame{first, rest}, true},
		"body first":   {[]*frame{rest}, false},
		"two heads":    {[]*frame{first, first}, false},
		"too much":     {[]*frame{first, {kind: kindBody, body: []byte{1, 2}}}, false},
		"unasked more": {[]*frame{{kind: kindMore}, {kind: kindMore}, first, rest}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pending{answer: make(chan *Response, 1), more: make(chan struct{})}
			var whole bool
			var err error
			for _, f := range c.frames {
				if whole, err = p.receive(f); err != nil {
					break
				}
			}
			require.Equal(t, c.ok, whole)
			require.Equal(t, c.ok, !errors.Is(err, ErrFrame))
		})
	}
}

// FuzzAnswers: whatever frames a host sends, a caller gets whole responses of the size that was announced, one at most, or loses the connection.
func FuzzAnswers(f *testing.F) {
	for _, frames := range [][]*frame{
		{{kind: kindResponse, call: 1, body: bytes.Repeat([]byte{0}, 40)}},
		{{kind: kindMore, call: 1}, {kind: kindBody, call: 1, body: []byte{1}}, {kind: kindBody, call: 2, body: []byte{1}}},
	} {
		var b bytes.Buffer
		for _, frame := range frames {
			require.NoError(f, frame.writeTo(&b))
		}
		f.Add(b.Bytes())
	}
	for _, size := range []int{3, chunkSize + 3} {
		response, err := encodeResponse(1, &Response{Message: "m", Body: make([]byte, size)})
		require.NoError(f, err)
		var b bytes.Buffer
		if size > chunkSize {
			require.NoError(f, response.cut().writeTo(&b))
		}
		require.NoError(f, response.writeTo(&b))
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &pending{answer: make(chan *Response, 2), more: make(chan struct{})}
		w := &wire{conn: newConn(), pending: map[uint64]*pending{1: p}}
		r := bytes.NewReader(data)
		for {
			frame, err := readFrame(r)
			if err != nil || w.receive(frame, func(Control) {}) != nil {
				break
			}
		}
		require.LessOrEqual(t, len(p.answer), 1)
		select {
		case response := <-p.answer:
			require.Len(t, response.Body, p.size)
			require.LessOrEqual(t, p.size, MaxBody)
		default:
		}
	})
}
