package peer

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
)

func startHost(t testing.TB, cfg Config) *Host {
	t.Helper()
	if cfg.Key == nil {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		cfg.Key = key
	}
	if cfg.Listen == nil {
		cfg.Listen = []string{"/ip4/127.0.0.1/tcp/0"}
	}
	h, err := New(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	require.NoError(t, h.Join(t.Context()))
	return h
}

func relayed(h *Host) (addrs []string) {
	for _, addr := range h.Addrs() {
		if strings.Contains(addr, "/p2p-circuit/") {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// A node that nobody can open a connection to serves calls through a super node, and is found by its Orb ID alone.
func TestServesThroughARelay(t *testing.T) {
	super := startHost(t, Config{Super: true})
	hidden := startHost(t, Config{Bootstrap: super.Addrs(), Reachability: ReachabilityPrivate})
	hidden.ServeInvoke(echo{})
	require.Eventually(t, func() bool { return len(relayed(hidden)) > 0 && hidden.Relays() == 1 }, 10*time.Second, 20*time.Millisecond)

	caller := startHost(t, Config{Bootstrap: super.Addrs()})
	conn, err := caller.Dial(t.Context(), hidden.ID(), relayed(hidden), nil)
	require.NoError(t, err)
	defer conn.Close()
	body := make([]byte, MaxBody) // more than a limited relay passes on
	response, err := conn.Invoke(t.Context(), &Request{Body: body, Timeout: 10 * time.Second})
	require.NoError(t, err)
	require.Len(t, response.Body, len(body))
	id, err := libpeer.Decode(hidden.ID())
	require.NoError(t, err)
	for _, c := range caller.libp2p.Network().ConnsToPeer(id) {
		require.False(t, c.Stat().Limited)
	}

	stranger := startHost(t, Config{Bootstrap: super.Addrs()})
	require.Eventually(t, func() bool {
		return stranger.Connect(t.Context(), hidden.ID(), []string{"/ip4/127.0.0.1/tcp/9"}) == nil // an address that is no more
	}, 20*time.Second, 200*time.Millisecond)
}

// A reservation that ends with its relay is made again elsewhere.
func TestRelayLost(t *testing.T) {
	first, second := startHost(t, Config{Super: true}), startHost(t, Config{Super: true})
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	third, err := New(t.Context(), Config{Super: true, Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	require.NoError(t, err)
	hidden := startHost(t, Config{Bootstrap: append(append(first.Addrs(), second.Addrs()...), third.Addrs()...), Reachability: ReachabilityPrivate})
	require.Eventually(t, func() bool { return hidden.Relays() == wantedRelays }, 10*time.Second, 20*time.Millisecond)
	require.NoError(t, third.Close())
	require.NoError(t, first.Close())
	require.Eventually(t, func() bool {
		addrs := relayed(hidden)
		return hidden.Relays() == 1 && len(addrs) == 1 && strings.Contains(addrs[0], second.ID())
	}, 10*time.Second, 20*time.Millisecond, "%v", relayed(hidden))
}

// With every first contact down, peers of an earlier run are enough.
func TestRejoinsWithoutSuperNodes(t *testing.T) {
	super := startHost(t, Config{Super: true})
	other := startHost(t, Config{Bootstrap: super.Addrs()})
	dir := t.TempDir()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	cfg := Config{Key: key, Bootstrap: super.Addrs(), Dir: dir, Listen: []string{"/ip4/127.0.0.1/tcp/0"}}
	node, err := New(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, node.Join(t.Context()))
	require.Eventually(t, func() bool { return node.Connect(t.Context(), other.ID(), nil) == nil }, 10*time.Second, 50*time.Millisecond)
	require.NoError(t, node.Close())
	require.NoError(t, super.Close())

	again := startHost(t, cfg)
	id, err := libpeer.Decode(other.ID())
	require.NoError(t, err)
	require.Equal(t, network.Connected, again.libp2p.Network().Connectedness(id))
}

func TestDamagedKnownPeers(t *testing.T) {
	for _, text := range []string{"", "{", `{"x":["y"]}`, `{"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA":["z"]}`} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, knownName), []byte(text), 0o600))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		startHost(t, Config{Dir: dir})
		require.NoError(t, ctx.Err())
		cancel()
	}
}
