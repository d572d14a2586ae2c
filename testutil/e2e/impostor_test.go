package e2e_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	libnet "github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/testutil/devnet"
)

// empty takes lanes up as a host does, and has nothing to serve.
type empty struct{}

func (empty) Invoke(context.Context, string, peer.ControlSender, *peer.Request) *peer.Response {
	return &peer.Response{Status: peer.StatusUnavailable, Message: "not here"}
}

func (empty) Control(_ context.Context, _ string, conn peer.ControlSender, message peer.Control) {
	if hello, is := message.(*peer.Hello); is {
		for _, id := range hello.LaneIDs {
			_ = conn.Send(&peer.LaneState{LaneID: id}) // the caller has gone, or takes it
		}
	}
}

func lacks(context.Context, peer.Challenge) (peer.Possession, error) {
	return peer.Possession{}, errors.New("not here")
}

// TestImpostors puts peers that do not keep to the rules in the place of a host that is on chain. Callers notice nothing: the gateway does, goes
// on elsewhere, and counts it.
func TestImpostors(t *testing.T) {
	deploy(t, "testdata/faulty", "echo-impostor", "--price", "50uorb")
	sponsor(t, "echo-impostor")
	mustCall(t, "echo-impostor", []byte("before"))
	node := network.Nodes[0]
	gateway := network.Validators[0]
	// What it has found out about the node, a gateway remembers to its end.
	forget := func() { require.NoError(t, gateway.SuperNode.Restart(context.Background())) }
	require.NoError(t, node.Stop())
	t.Cleanup(func() {
		require.NoError(t, node.Start(context.Background()))
		forget()
	})
	for _, c := range []struct {
		name   string
		serve  func(h *peer.Host)
		metric string
		labels []string
	}{
		{"garbage", func(h *peer.Host) {
			h.Libp2p().SetStreamHandler(peer.InvokeProtocol, func(s libnet.Stream) {
				junk := make([]byte, 4096)
				_, _ = rand.Read(junk)
				_, _ = s.Write(junk)
			})
			h.ServeChallenges(lacks)
		}, "orb_peer_malformed_frames_total", nil},
		{"claims what it has not", func(h *peer.Host) {
			h.ServeInvoke(empty{})
			h.ServeChallenges(lacks)
		}, "orb_client_challenges_total", []string{`outcome="not_held"`}},
		{"answers late", func(h *peer.Host) {
			h.ServeInvoke(empty{})
			h.ServeChallenges(func(ctx context.Context, _ peer.Challenge) (peer.Possession, error) {
				<-ctx.Done()
				return peer.Possession{}, ctx.Err()
			})
		}, "orb_client_challenges_total", []string{`outcome="late"`}},
		{"alters bytes", func(h *peer.Host) {
			h.ServeInvoke(empty{})
			h.ServeChallenges(func(context.Context, peer.Challenge) (peer.Possession, error) {
				return peer.Possession{Chunk: make([]byte, possession.ChunkSize)}, nil
			})
		}, "orb_client_challenges_total", []string{`outcome="wrong"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			impersonate(t, node, c.serve)
			forget()
			before := metricsOf(t, http.DefaultClient, gateway.Gateway).sum(c.metric, c.labels...)
			stop := load(t, "echo-impostor", 4)
			require.Eventually(t, func() bool {
				return metricsOf(t, http.DefaultClient, gateway.Gateway).sum(c.metric, c.labels...) > before
			}, time.Minute, 100*time.Millisecond, "the gateway has not noticed")
			require.NotZero(t, stop()) // load reports every answer that is not right
		})
	}
}

// impersonate listens with a node's key where the node did, until the test ends.
func impersonate(t *testing.T, node *devnet.Node, serve func(h *peer.Host)) {
	t.Helper()
	key, err := client.LoadKey(filepath.Join(node.Home, "config", "node_key"))
	require.NoError(t, err)
	h, err := peer.New(t.Context(), peer.Config{Key: key, Listen: []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", node.Ports[0])}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	serve(h)
	require.NoError(t, h.Join(t.Context()))
}

// TestAttackers flood a node and a super node in all ways that a peer has. Both serve on.
func TestAttackers(t *testing.T) {
	deploy(t, "testdata/faulty", "echo-attacked", "--price", "50uorb")
	sponsor(t, "echo-attacked")
	node := network.Nodes[1]
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h, err := peer.New(t.Context(), peer.Config{Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	require.NoError(t, err)
	defer h.Close()
	require.NoError(t, h.Join(t.Context()))
	id, err := libpeer.Decode(node.OrbID)
	require.NoError(t, err)
	address := fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", node.Ports[0])
	require.NoError(t, h.Connect(t.Context(), node.OrbID, []string{address}))
	// a host of ours would keep to its own limits
	limitless, err := libp2p.New(libp2p.NoListenAddrs, libp2p.ResourceManager(&libnet.NullResourceManager{}))
	require.NoError(t, err)
	defer limitless.Close()
	at, err := libpeer.AddrInfoFromString(address + "/p2p/" + node.OrbID)
	require.NoError(t, err)
	require.NoError(t, limitless.Connect(t.Context(), *at))

	stop := load(t, "echo-attacked", 4)
	before := metricsOf(t, node.Client(), node.Local())
	for name, c := range map[string]struct {
		attack func()
		metric string
	}{
		"garbage frames": {func() {
			if s, err := h.Libp2p().NewStream(t.Context(), id, peer.InvokeProtocol); err == nil {
				junk := make([]byte, 4096)
				_, _ = rand.Read(junk)
				_, _ = s.Write(junk)
			}
		}, "orb_peer_malformed_frames_total"},
		"streams without end": {func() {
			for range 100 {
				if s, err := limitless.NewStream(t.Context(), id, peer.InvokeProtocol); err == nil {
					_, _ = s.Write([]byte{0}) // the protocol is settled with the first bytes
				}
			}
		}, "libp2p_rcmgr_blocked_resources"},
		"gossip": {func() {
			for range 300 {
				_ = h.Publish(t.Context(), peer.TopicActivations, []byte("no function's id"))
			}
		}, "orb_peer_refused_gossip_total"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Eventually(t, func() bool {
				c.attack()
				return metricsOf(t, node.Client(), node.Local()).sum(c.metric) > before.sum(c.metric)
			}, time.Minute, 100*time.Millisecond, "the node has not counted it")
		})
	}
	time.Sleep(time.Second)
	require.NotZero(t, stop())
	require.NotZero(t, node.PID())
	after := metricsOf(t, node.Client(), node.Local())
	require.Less(t, after.sum("go_goroutines"), before.sum("go_goroutines")+500, "streams are given back or refused")
}
