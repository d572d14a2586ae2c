package peer

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
)

func newTestHost(t testing.TB, bootstrap ...string) *Host {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h, err := New(t.Context(), Config{Key: key, Bootstrap: bootstrap,
		Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	require.NoError(t, h.Join(t.Context()))
	return h
}

// echo answers with the request's body, when the function is "slow" only some time after the context has ended, and answers control messages.
type echo struct{ ended chan error }

func (e echo) Invoke(ctx context.Context, from string, _ ControlSender, r *Request) *Response {
	if r.FunctionID == "slow" {
		<-ctx.Done()
		e.ended <- ctx.Err()
		time.Sleep(200 * time.Millisecond) // the caller's deadline is the same
	}
	return &Response{Status: StatusOK, Sequence: r.Version, Fuel: 7, Fault: receipt.FaultTrap, Body: r.Body, Message: from, Load: 5}
}

func (echo) Control(_ context.Context, _ string, sender ControlSender, message Control) {
	switch m := message.(type) {
	case *Hello:
		for i, id := range m.LaneIDs {
			_ = sender.Send(&LaneState{LaneID: id, Served: uint64(i)})
		}
	case *receipt.Receipt:
		_ = sender.Send(&receipt.ResultBatch{LaneId: m.LaneId, To: m.Count})
	}
}

// conns runs a test over streams and over a pipe: both have one semantic.
func conns(t *testing.T, run func(t *testing.T, conn *Conn, from string, handler echo, control <-chan Control)) {
	t.Run("streams", func(t *testing.T) {
		handler, control := echo{ended: make(chan error, 8)}, make(chan Control, 8)
		host := newTestHost(t)
		host.ServeInvoke(handler)
		caller := newTestHost(t)
		conn, err := caller.Dial(t.Context(), host.ID(), host.Addrs(), func(m Control) { control <- m })
		require.NoError(t, err)
		run(t, conn, caller.ID(), handler, control)
	})
	t.Run("pipe", func(t *testing.T) {
		handler, control := echo{ended: make(chan error, 8)}, make(chan Control, 8)
		run(t, Pipe("caller", handler, func(m Control) { control <- m }), "caller", handler, control)
	})
}

func TestInvoke(t *testing.T) {
	conns(t, func(t *testing.T, conn *Conn, from string, handler echo, _ <-chan Control) {
		defer conn.Close()
		for _, size := range []int{0, 1, chunkSize, chunkSize + 1, MaxBody} {
			body := bytes.Repeat([]byte{7}, size)
			got, err := conn.Invoke(t.Context(), &Request{LaneID: make([]byte, 20), FunctionID: "f", Version: 9, Body: body, Timeout: 10 * time.Second})
			require.NoError(t, err)
			require.True(t, bytes.Equal(body, got.Body), "size %d", size)
			require.Equal(t, &Response{Sequence: 9, Fuel: 7, Fault: receipt.FaultTrap, Body: got.Body, Message: from, Load: 5}, got)
		}
		_, err := conn.Invoke(t.Context(), &Request{Body: make([]byte, MaxBody+1)})
		require.ErrorIs(t, err, ErrTooLarge)

		_, err = conn.Invoke(t.Context(), &Request{FunctionID: "slow", Timeout: 20 * time.Millisecond})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Error(t, <-handler.ended)

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = conn.Invoke(ctx, &Request{FunctionID: "slow"})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, <-handler.ended, context.Canceled, "the host is told")
	})
}

// TestWaitAgain: who stops waiting for a request has not given it up.
func TestWaitAgain(t *testing.T) {
	conns(t, func(t *testing.T, conn *Conn, _ string, handler echo, _ <-chan Control) {
		defer conn.Close()
		for name, size := range map[string]int{"small": 1, "large": MaxBody} {
			body := bytes.Repeat([]byte{7}, size)
			e, err := conn.Begin(t.Context(), &Request{FunctionID: "f", Body: body, Timeout: 10 * time.Second})
			require.NoError(t, err, name)
			gone, leave := context.WithCancel(t.Context())
			leave()
			for range 3 { // the answer may be there already
				if _, err = e.Wait(gone); err != nil {
					require.ErrorIs(t, err, context.Canceled, name)
				}
			}
			for range 2 {
				got, err := e.Wait(t.Context())
				require.NoError(t, err, name)
				require.True(t, bytes.Equal(body, got.Body), name)
			}
		}
		e, err := conn.Begin(t.Context(), &Request{FunctionID: "slow"})
		require.NoError(t, err)
		e.Cancel()
		require.ErrorIs(t, <-handler.ended, context.Canceled, "the host is told")
		_, err = e.Wait(t.Context())
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, conn.room)
	})
}

func TestControlInOrder(t *testing.T) {
	conns(t, func(t *testing.T, conn *Conn, _ string, _ echo, control <-chan Control) {
		a, b := bytes.Repeat([]byte{1}, 20), bytes.Repeat([]byte{2}, 20)
		require.NoError(t, conn.Send(&Hello{LaneIDs: [][]byte{a, b}}))
		require.NoError(t, conn.Send(&receipt.Receipt{LaneId: a, Count: 3}))
		require.Equal(t, &LaneState{LaneID: a}, <-control)
		require.Equal(t, &LaneState{LaneID: b, Served: 1}, <-control)
		require.Equal(t, &receipt.ResultBatch{LaneId: a, To: 3}, <-control)
	})
}

func TestClosedConnFailsItsCalls(t *testing.T) {
	conns(t, func(t *testing.T, conn *Conn, _ string, _ echo, _ <-chan Control) {
		time.AfterFunc(20*time.Millisecond, conn.Close)
		_, err := conn.Invoke(t.Context(), &Request{FunctionID: "slow"})
		require.ErrorIs(t, err, ErrClosed)
		<-conn.Done()
		require.ErrorIs(t, conn.Send(&Hello{}), ErrClosed)
		conn.joined.Wait()
	})
}

// receiptCounter counts the receipts that arrive, slowly.
type receiptCounter struct {
	echo
	count atomic.Int64
}

func (r *receiptCounter) Control(context.Context, string, ControlSender, Control) {
	time.Sleep(100 * time.Microsecond)
	r.count.Add(1)
}

// What was sent before Finish arrives.
func TestFinish(t *testing.T) {
	const receipts = 200
	finish := func(conn *Conn, counter *receiptCounter) {
		for i := range uint64(receipts) {
			require.NoError(t, conn.Send(&receipt.Receipt{LaneId: make([]byte, 20), Count: i + 1}))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		conn.Finish(ctx)
		require.NoError(t, ctx.Err(), "the host has not ended it")
		require.Equal(t, int64(receipts), counter.count.Load())
		require.ErrorIs(t, conn.Send(&Hello{}), ErrClosed)
	}
	var counter, piped receiptCounter
	host, caller := newTestHost(t), newTestHost(t)
	host.ServeInvoke(&counter)
	conn, err := caller.Dial(t.Context(), host.ID(), host.Addrs(), nil)
	require.NoError(t, err)
	finish(conn, &counter)
	finish(Pipe("caller", &piped, nil), &piped)
}

func TestHostGoneEndsConn(t *testing.T) {
	host, caller := newTestHost(t), newTestHost(t)
	host.ServeInvoke(echo{ended: make(chan error, 1)})
	conn, err := caller.Dial(t.Context(), host.ID(), host.Addrs(), nil)
	require.NoError(t, err)
	_, err = conn.Invoke(t.Context(), &Request{})
	require.NoError(t, err)
	time.AfterFunc(20*time.Millisecond, func() { _ = host.Close() })
	_, err = conn.Invoke(t.Context(), &Request{FunctionID: "slow"})
	if err != nil { // the cancelled handler may answer first
		require.ErrorIs(t, err, ErrClosed)
	}
	<-conn.Done()
}

func TestGossip(t *testing.T) {
	a := newTestHost(t)
	b := newTestHost(t, a.Addrs()...)
	got, err := b.Subscribe(t.Context(), TopicActivations, func(from string, data []byte) bool {
		return from == a.ID() && !bytes.Equal(data, []byte("bad"))
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		require.NoError(t, a.Publish(t.Context(), TopicActivations, []byte("bad")))
		require.NoError(t, a.Publish(t.Context(), TopicActivations, []byte("good")))
		select {
		case data := <-got:
			require.Equal(t, "good", string(data.Data))
			return true
		case <-time.After(50 * time.Millisecond):
			return false
		}
	}, 5*time.Second, time.Millisecond)
}

// A flood is not passed on.
func TestGossipFlood(t *testing.T) {
	a := newTestHost(t)
	b := newTestHost(t, a.Addrs()...)
	got, err := b.Subscribe(t.Context(), TopicActivations, func(string, []byte) bool { return true })
	require.NoError(t, err)
	var count int
	require.Eventually(t, func() bool {
		for i := range 10 {
			require.NoError(t, a.Publish(t.Context(), TopicActivations, []byte{byte(i)}))
		}
		for {
			select {
			case <-got:
				count++
				continue
			case <-time.After(20 * time.Millisecond):
			}
			return count >= authorLimit
		}
	}, authorWindow/2, time.Millisecond)
	for range 2 * authorLimit {
		require.NoError(t, a.Publish(t.Context(), TopicActivations, []byte("more")))
	}
	select {
	case <-got:
		t.Fatal("more than the limit")
	case <-time.After(200 * time.Millisecond):
	}
}

// FuzzFrame: whatever arrives is an error or a message that encodes to the same bytes again; nothing panics. Its seeds are in testdata.
func FuzzFrame(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again *frame
		switch got.kind {
		case kindRequest:
			r, size, err := decodeRequest(got.body)
			if err != nil {
				require.ErrorIs(t, err, ErrFrame)
				return
			}
			if size > len(r.Body) {
				require.Greater(t, size, chunkSize)
				require.LessOrEqual(t, size, MaxBody)
				return
			}
			again, err = encodeRequest(got.call, r)
			require.NoError(t, err)
		case kindResponse:
			r, size, err := decodeResponse(got.body)
			if err != nil {
				require.ErrorIs(t, err, ErrFrame)
				return
			}
			if size > len(r.Body) {
				require.Greater(t, size, chunkSize)
				require.LessOrEqual(t, size, MaxBody)
				return
			}
			again, err = encodeResponse(got.call, r)
			require.NoError(t, err)
		default:
			if _, err := decodeControl(got.kind, got.body); err != nil && !errors.Is(err, ErrFrame) {
				t.Fatal(err)
			}
			return
		}
		require.Equal(t, got.body, append(again.head, again.body...))
	})
}
