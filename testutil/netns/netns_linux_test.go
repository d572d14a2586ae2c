package netns

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newLab(t *testing.T) *Lab {
	t.Helper()
	lab, err := New(t.Context())
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, lab.Close())
		for _, name := range namespaces() {
			require.False(t, strings.HasPrefix(name, lab.prefix+"-"), "%s is left", name)
		}
		_, err := net.InterfaceByName(lab.prefix)
		require.Error(t, err)
	})
	return lab
}

// listen answers whoever connects with the address that it has seen.
func listen(t *testing.T, h *Host) (port string) {
	t.Helper()
	var listener net.Listener
	require.NoError(t, within(h.Name, func() (err error) {
		listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp4", "0.0.0.0:0")
		return err
	}))
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
			_, _ = io.WriteString(conn, host)
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// ask returns what a listener has seen of from.
func ask(from *Host, to string, patience time.Duration) (seen string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := from.Dial(ctx, "tcp4", to)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

func TestLab(t *testing.T) {
	lab := newLab(t)
	ctx := t.Context()
	one, err := lab.Host(ctx)
	require.NoError(t, err)
	two, err := lab.Host(ctx)
	require.NoError(t, err)
	hidden, err := lab.HostBehindNAT(ctx)
	require.NoError(t, err)
	const patience, short = 10 * time.Second, 300 * time.Millisecond
	public := net.JoinHostPort(two.Addr, listen(t, two))

	seen, err := ask(one, public, patience)
	require.NoError(t, err)
	require.Equal(t, one.Addr, seen)
	seen, err = ask(hidden, public, patience)
	require.NoError(t, err)
	require.Equal(t, hidden.Addr, seen, "the NAT's address")
	_, err = ask(one, net.JoinHostPort(hidden.Addr, listen(t, hidden)), short)
	require.Error(t, err, "nobody reaches a host behind a NAT")

	require.NoError(t, lab.Cut(ctx, []*Host{one}, []*Host{two}))
	_, err = ask(one, public, short)
	require.Error(t, err)
	_, err = ask(hidden, public, patience)
	require.NoError(t, err, "a cut is between its two sides only")
	require.NoError(t, lab.Mend(ctx))
	_, err = ask(one, public, patience)
	require.NoError(t, err)

	start := time.Now()
	const latency = 40 * time.Millisecond
	require.NoError(t, lab.Impair(ctx, latency, 0))
	_, err = ask(one, public, patience)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 4*latency, "a handshake and an answer are four ways")
	require.NoError(t, lab.Mend(ctx))

	require.NoError(t, lab.Impair(ctx, 0, 999))
	_, err = ask(one, public, short)
	require.Error(t, err, "nearly every packet is lost")
	require.NoError(t, lab.Mend(ctx))

	require.NoError(t, hidden.Reaches(ctx, one))
	_, err = ask(hidden, public, short)
	require.Error(t, err)
	require.NoError(t, hidden.Reaches(ctx))
	_, err = ask(hidden, public, patience)
	require.NoError(t, err)
}

// A process that died left its lab behind: the next one removes it.
func TestSweep(t *testing.T) {
	newLab(t)
	const dead = "orb4194305" // above the highest process id
	require.NoError(t, run(t.Context(), "ip netns add "+dead+"-router"))
	sweep(t.Context())
	_, err := os.Stat(namespaceDir + "/" + dead + "-router")
	require.ErrorIs(t, err, os.ErrNotExist)
}
