package client

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node/peer"
)

// counting notes which connections to hosts a client has made.
type counting struct {
	*peer.Host
	addrs []string
	dials atomic.Int64
}

func (d *counting) Dial(ctx context.Context, orbID string, _ []string, control func(peer.Control)) (*peer.Conn, error) {
	d.dials.Add(1)
	return d.Host.Dial(ctx, orbID, d.addrs, control)
}

func startPeer(t *testing.T, cfg peer.Config) *peer.Host {
	t.Helper()
	if cfg.Key == nil {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		cfg.Key = key
	}
	cfg.Listen = []string{"/ip4/127.0.0.1/tcp/0"}
	h, err := peer.New(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

// Calls move from a relayed connection to a direct one while more of them come: none fails, none is lost or paid twice.
func TestMovesToADirectConnection(t *testing.T) {
	n := newNetwork(t, 1)
	super := startPeer(t, peer.Config{Super: true})
	hidden := startPeer(t, peer.Config{Key: n.host(0).key, Bootstrap: super.Addrs(), Reachability: peer.ReachabilityPrivate})
	straight := hidden.Libp2p().Addrs()
	hidden.ServeInvoke(n.host(0))
	require.NoError(t, super.Join(t.Context()))
	require.NoError(t, hidden.Join(t.Context()))
	require.Eventually(t, func() bool { return hidden.Relays() == 1 }, 20*time.Second, 20*time.Millisecond)

	caller := startPeer(t, peer.Config{Reachability: peer.ReachabilityPublic})
	d := &counting{Host: caller, addrs: []string{super.Addrs()[0] + "/p2p-circuit/p2p/" + hidden.ID()}}
	c := n.client(t, func(cfg *Config) { cfg.Dialer = d })
	_, err := call(t, c, "through the relay")
	require.NoError(t, err)
	require.Equal(t, 1, caller.RelayedConns())
	before := d.dials.Load()

	var calls errgroup.Group
	ctx, cancel := context.WithCancel(t.Context())
	var served atomic.Uint64
	for i := range 4 {
		calls.Go(func() error {
			for ctx.Err() == nil {
				if _, err := call(t, c, fmt.Sprint("caller ", i)); err != nil {
					return err
				}
				served.Add(1)
			}
			return nil
		})
	}
	id, err := libpeer.Decode(hidden.ID())
	require.NoError(t, err)
	forced := network.WithForceDirectDial(t.Context(), "a hole was punched")
	require.NoError(t, caller.Libp2p().Connect(forced, libpeer.AddrInfo{ID: id, Addrs: straight}))
	// A move waits for a moment without requests, and is tried again when none comes.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Greater(c, d.dials.Load(), before)
		assert.Zero(c, caller.RelayedConns())
	}, time.Minute, 10*time.Millisecond)
	moved := d.dials.Load()
	since := served.Load()
	require.Eventually(t, func() bool { return served.Load() > since+20 }, 20*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, calls.Wait())
	requirePaid(t, n, served.Load()+1)
	require.Equal(t, moved, d.dials.Load())
	require.Zero(t, caller.RelayedConns())
}
