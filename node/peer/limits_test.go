package peer

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipeTransport is one end of a connection in memory.
type pipeTransport struct{ net.Conn }

func (p pipeTransport) Reset() error { return p.Close() }

func (p pipeTransport) CloseWrite() error { return p.Close() }

// beginning is the first frame of a request with the largest body.
func beginning(t *testing.T) []byte {
	t.Helper()
	f, err := encodeRequest(1, &Request{Body: make([]byte, MaxBody)})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, f.cut().writeTo(&b))
	return b.Bytes()
}

// TestHalfFrame: a peer that stops in the middle of a frame is given up, one that is idle between frames is not.
func TestHalfFrame(t *testing.T) {
	opening := frame{kind: kindOpen, body: append([]byte{openVersion}, make([]byte, sessionSize)...)}
	for name, c := range map[string]struct {
		send []byte
		ends time.Duration
	}{
		"idle":               {nil, 0},
		"in the head":        {[]byte{0, 0}, headTimeout},
		"in a payload":       {[]byte{0, 0, 1, 0, byte(kindRequest), 0, 0, 0, 0, 0, 0, 0, 1, 2}, headTimeout},
		"in a large payload": {[]byte{0, 1, 0x80, 0, byte(kindRequest), 0, 0, 0, 0, 0, 0, 0, 1, 2}, headTimeout + extra(0x18000)},
		"in a large body":    {beginning(t), headTimeout + extra(MaxBody)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newServer(echo{})
				near, far := net.Pipe()
				ended := make(chan struct{})
				start := time.Now()
				go func() {
					server.serve("peer", pipeTransport{far})
					close(ended)
				}()
				require.NoError(t, opening.writeTo(near))
				if c.send != nil {
					_, err := near.Write(c.send)
					require.NoError(t, err)
				}
				if c.ends > 0 {
					<-ended
					require.LessOrEqual(t, time.Since(start), c.ends)
				} else {
					time.Sleep(time.Hour)
					synctest.Wait()
					select {
					case <-ended:
						t.Fatal("an idle stream was ended")
					default:
					}
				}
				server.close()
				<-ended
				require.Empty(t, server.peers)
				require.True(t, server.incoming.TryAcquire(maxIncoming), "room was not given back")
			})
		})
	}
}

// holder counts the bytes of requests under way until it is opened.
type holder struct {
	now, most atomic.Int64
	open      chan struct{}
}

func (h *holder) Invoke(ctx context.Context, _ string, _ ControlSender, r *Request) *Response {
	now := h.now.Add(int64(len(r.Body)))
	for most := h.most.Load(); now > most && !h.most.CompareAndSwap(most, now); most = h.most.Load() {
	}
	select {
	case <-h.open:
	case <-ctx.Done():
	}
	h.now.Add(-int64(len(r.Body)))
	return &Response{}
}

func (*holder) Control(context.Context, string, ControlSender, Control) {}

// TestIncomingBudget: what one peer has under way is bounded in bytes; the rest waits and is served.
func TestIncomingBudget(t *testing.T) {
	h := &holder{open: make(chan struct{})}
	host, caller := newTestHost(t), newTestHost(t)
	host.ServeInvoke(h)
	conn, err := caller.Dial(t.Context(), host.ID(), host.Addrs(), nil)
	require.NoError(t, err)
	defer conn.Close()
	var calls sync.WaitGroup
	for range 2 * maxPeerIncoming / MaxBody {
		calls.Go(func() {
			response, err := conn.Invoke(t.Context(), &Request{Body: make([]byte, MaxBody), Timeout: 30 * time.Second})
			if err != nil || response.Status != StatusOK {
				t.Errorf("response %v, error %v", response, err)
			}
		})
	}
	require.Eventually(t, func() bool { return h.now.Load() > maxPeerIncoming-2*MaxBody }, 30*time.Second, 10*time.Millisecond)
	time.Sleep(100 * time.Millisecond)
	require.LessOrEqual(t, h.most.Load(), int64(maxPeerIncoming))
	close(h.open)
	calls.Wait()
}

// TestStreamFlood: a peer that opens streams without end gets no more than its share, and others are served as before.
func TestStreamFlood(t *testing.T) {
	host, flooder, caller := newTestHost(t), newTestHost(t), newTestHost(t)
	host.ServeInvoke(echo{})
	require.NoError(t, flooder.Connect(t.Context(), host.ID(), host.Addrs()))
	for i := range 500 {
		s, err := flooder.libp2p.NewStream(t.Context(), host.libp2p.ID(), InvokeProtocol)
		if err != nil {
			continue
		}
		session := make([]byte, sessionSize)
		session[0], session[1] = byte(i), byte(i>>8)
		opening := frame{kind: kindOpen, body: append([]byte{openVersion}, session...)}
		_ = opening.writeTo(s) // it may be refused by now
	}
	host.server.mu.Lock()
	flood := host.server.peers[flooder.ID()]
	require.NotNil(t, flood)
	require.LessOrEqual(t, flood.streams, maxSessions*maxStreams)
	require.LessOrEqual(t, len(flood.sessions), maxSessions)
	host.server.mu.Unlock()
	conn, err := caller.Dial(t.Context(), host.ID(), host.Addrs(), nil)
	require.NoError(t, err)
	defer conn.Close()
	response, err := conn.Invoke(t.Context(), &Request{Body: []byte("still here"), Timeout: 5 * time.Second})
	require.NoError(t, err)
	require.Equal(t, "still here", string(response.Body))
}
