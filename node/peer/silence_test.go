package peer

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wireCut passes TCP connections on until it is cut; then it keeps them open and passes nothing.
type wireCut struct {
	listener net.Listener
	mu       sync.RWMutex
	ended    chan struct{}
}

func newWireCut(t *testing.T, to string) *wireCut {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wireCut{listener: listener, ended: make(chan struct{})}
	t.Cleanup(func() { close(w.ended); listener.Close() })
	pass := func(to, from net.Conn) {
		buffer := make([]byte, 4096)
		for {
			n, err := from.Read(buffer)
			w.mu.RLock() // held by cut for good
			if err == nil {
				_, err = to.Write(buffer[:n])
			}
			w.mu.RUnlock()
			if err != nil {
				to.Close()
				return
			}
		}
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
			if err != nil {
				near.Close()
				return
			}
			go pass(far, near)
			go pass(near, far)
			go func() { <-w.ended; near.Close(); far.Close() }()
		}
	}()
	return w
}

func (w *wireCut) cut(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	t.Cleanup(w.mu.Unlock)
}

// slow answers after a while.
type slow struct{ takes time.Duration }

func (s slow) Invoke(ctx context.Context, _ string, _ ControlSender, r *Request) *Response {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
	}
	return &Response{Body: r.Body}
}

func (slow) Control(context.Context, string, ControlSender, Control) {}

// A host that takes its time is waited for; one that is not there any more is given up long before the request's own end, and without
// anything that would say so.
func TestSilence(t *testing.T) {
	host, caller := startHost(t, Config{}), startHost(t, Config{})
	host.ServeInvoke(slow{takes: quiet + pingTimeout + time.Second})
	_, port, found := strings.Cut(host.libp2p.Addrs()[0].String(), "/tcp/")
	require.True(t, found)
	wire := newWireCut(t, "127.0.0.1:"+port)
	at := fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", wire.listener.Addr().(*net.TCPAddr).Port)
	conn, err := caller.Dial(t.Context(), host.ID(), []string{at}, nil)
	require.NoError(t, err)
	defer conn.Close()
	response, err := conn.Invoke(t.Context(), &Request{Body: []byte("patience"), Timeout: time.Minute})
	require.NoError(t, err)
	require.Equal(t, "patience", string(response.Body))
	require.Zero(t, conn.Silence())

	wire.cut(t)
	start := time.Now()
	_, err = conn.Invoke(t.Context(), &Request{Body: []byte("silence"), Timeout: time.Minute})
	require.ErrorIs(t, err, ErrSilent)
	require.ErrorIs(t, err, ErrClosed)
	require.GreaterOrEqual(t, time.Since(start), quiet)
	require.Less(t, time.Since(start), 30*time.Second)
	require.Eventually(t, func() bool { return len(caller.libp2p.Network().ConnsToPeer(host.libp2p.ID())) == 0 },
		5*time.Second, time.Millisecond, "a later attempt makes a new connection")
}
