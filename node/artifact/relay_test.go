package artifact

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
)

// newHidden returns a host that listens nowhere but at its relay.
func newHidden(t *testing.T, super *peer.Host) *peer.Host {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h, err := peer.New(t.Context(), peer.Config{
		Key: key, Bootstrap: super.Addrs(), Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Reachability: peer.ReachabilityPrivate,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	require.Len(t, h.Libp2p().Network().ListenAddresses(), 1+1) // and the relays'
	for _, addr := range h.Libp2p().Network().ListenAddresses() {
		if _, err := addr.ValueForProtocol(multiaddr.P_TCP); err == nil {
			h.Libp2p().Network().(interface{ ListenClose(...multiaddr.Multiaddr) }).ListenClose(addr)
		}
	}
	require.NoError(t, h.Join(t.Context()))
	require.Eventually(t, func() bool { return h.Relays() == 1 }, 20*time.Second, 20*time.Millisecond)
	return h
}

// Two nodes that nobody can open a connection to exchange an artifact that nobody else has, through a super node.
func TestFetchThroughARelay(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	super, err := peer.New(t.Context(), peer.Config{Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Super: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, super.Close()) })
	require.NoError(t, super.Join(t.Context()))

	a, b := newHidden(t, super), newHidden(t, super)
	from, to := open(t, t.TempDir(), a), open(t, t.TempDir(), b)
	data := random(1, 3<<20+17)
	id, err := from.Put(t.Context(), data)
	require.NoError(t, err)
	got, err := to.Get(t.Context(), id, uint64(len(data)))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))

	other, err := libpeer.Decode(a.ID())
	require.NoError(t, err)
	conns := b.Libp2p().Network().ConnsToPeer(other)
	require.NotEmpty(t, conns)
	for _, conn := range conns {
		_, err := conn.RemoteMultiaddr().ValueForProtocol(multiaddr.P_CIRCUIT)
		require.NoError(t, err, "%s is a direct connection", conn.RemoteMultiaddr())
	}
}
