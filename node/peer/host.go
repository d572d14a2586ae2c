// Package peer connects a node to others: identity, addresses, the DHT, gossip and the invoke protocol.
package peer

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/multiformats/go-multiaddr"
)

// kadProtocol keeps Orb's DHT apart from the public one.
const kadProtocol = "/orb/kad/1.0.0"

const (
	bootstrapEvery   = 30 * time.Second
	bootstrapTimeout = 10 * time.Second
)

// Config is what a Host is made of.
type Config struct {
	// Key is the node key; its public half is the Orb ID.
	Key ed25519.PrivateKey
	// Listen are multiaddrs. Empty: DefaultListen.
	Listen []string
	// Bootstrap are multiaddrs with /p2p of first contacts.
	Bootstrap []string
	// LowPeers and HighPeers bound the connections kept: above HighPeers idle ones are closed until LowPeers are left. 0: 192 and 256.
	LowPeers, HighPeers int
}

// DefaultListen is QUIC and TCP on every interface, at a free port.
var DefaultListen = []string{"/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"}

// Host is a node on the network.
type Host struct {
	libp2p host.Host
	dht    *dht.IpfsDHT
	gossip *gossip
	ctx    context.Context
	cancel context.CancelFunc
	joined sync.WaitGroup

	mu     sync.Mutex
	closed bool
	server *server
	conns  map[*Conn]struct{}
}

// New starts a host; ctx bounds only the start. First contacts that cannot be reached are tried again in the background.
func New(ctx context.Context, cfg Config) (_ *Host, err error) {
	if len(cfg.Key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("node key of %d bytes", len(cfg.Key))
	}
	key, err := crypto.UnmarshalEd25519PrivateKey(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	if len(cfg.Listen) == 0 {
		cfg.Listen = DefaultListen
	}
	if cfg.HighPeers == 0 {
		cfg.LowPeers, cfg.HighPeers = 192, 256
	}
	bootstrap := make([]libpeer.AddrInfo, 0, len(cfg.Bootstrap))
	for _, addr := range cfg.Bootstrap {
		info, err := libpeer.AddrInfoFromString(addr)
		if err != nil {
			return nil, fmt.Errorf("bootstrap address %q: %w", addr, err)
		}
		bootstrap = append(bootstrap, *info)
	}
	manager, err := connmgr.NewConnManager(cfg.LowPeers, cfg.HighPeers)
	if err != nil {
		return nil, fmt.Errorf("connection manager: %w", err)
	}
	// libp2p's default resource manager scales its limits with the machine's memory.
	node, err := libp2p.New(libp2p.Identity(key), libp2p.ListenAddrStrings(cfg.Listen...), libp2p.ConnectionManager(manager))
	if err != nil {
		return nil, fmt.Errorf("starting libp2p: %w", err)
	}
	h := &Host{libp2p: node, conns: make(map[*Conn]struct{})}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			h.cancel()
			if h.dht != nil {
				err = errors.Join(err, h.dht.Close())
			}
			err = errors.Join(err, node.Close())
		}
	}()
	if h.dht, err = dht.New(node, dht.V1ProtocolOverride(kadProtocol), dht.Mode(dht.ModeAutoServer), dht.BootstrapPeers(bootstrap...)); err != nil {
		return nil, fmt.Errorf("starting the DHT: %w", err)
	}
	router, err := pubsub.NewGossipSub(h.ctx, node, pubsub.WithMaxMessageSize(maxGossip))
	if err != nil {
		return nil, fmt.Errorf("starting gossip: %w", err)
	}
	h.gossip = &gossip{router: router, topics: make(map[string]*pubsub.Topic)}
	h.join(ctx, bootstrap)
	h.joined.Go(func() { h.rejoin(bootstrap) })
	return h, nil
}

// join connects to the first contacts, all at once.
func (h *Host) join(ctx context.Context, bootstrap []libpeer.AddrInfo) {
	ctx, cancel := context.WithTimeout(ctx, bootstrapTimeout)
	defer cancel()
	var tries sync.WaitGroup
	for _, info := range bootstrap {
		if info.ID == h.libp2p.ID() || h.libp2p.Network().Connectedness(info.ID) == network.Connected {
			continue
		}
		tries.Go(func() { _ = h.libp2p.Connect(ctx, info) }) // rejoin tries again
	}
	tries.Wait()
	<-h.dht.RefreshRoutingTable()
}

// rejoin comes back to the first contacts whenever a node has lost all others.
func (h *Host) rejoin(bootstrap []libpeer.AddrInfo) {
	tick := time.NewTicker(bootstrapEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
			if h.dht.RoutingTable().Size() == 0 {
				h.join(h.ctx, bootstrap)
			}
		}
	}
}

// ID is the node's Orb ID.
func (h *Host) ID() string { return h.libp2p.ID().String() }

// Addrs are the multiaddrs at which others reach this node, each with /p2p.
func (h *Host) Addrs() []string {
	full, err := libpeer.AddrInfoToP2pAddrs(&libpeer.AddrInfo{ID: h.libp2p.ID(), Addrs: h.libp2p.Addrs()})
	if err != nil {
		return nil // its own ID is always valid
	}
	out := make([]string, len(full))
	for i, addr := range full {
		out[i] = addr.String()
	}
	return out
}

// Libp2p is the host under it, for protocols of other packages.
func (h *Host) Libp2p() host.Host { return h.libp2p }

// Routing finds providers of artifacts.
func (h *Host) Routing() routing.Routing { return h.dht }

// Connect connects to a node at addrs (multiaddrs, with or without /p2p), or at what the DHT knows when there are none.
func (h *Host) Connect(ctx context.Context, orbID string, addrs []string) error {
	id, err := libpeer.Decode(orbID)
	if err != nil {
		return fmt.Errorf("orb id %q: %w", orbID, err)
	}
	if h.libp2p.Network().Connectedness(id) == network.Connected {
		return nil
	}
	info := libpeer.AddrInfo{ID: id}
	for _, text := range addrs {
		addr, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return fmt.Errorf("address %q: %w", text, err)
		}
		at, named := libpeer.SplitAddr(addr)
		if named != "" && named != id {
			return fmt.Errorf("address %q is another node's, not %s's", text, orbID)
		}
		if at != nil {
			info.Addrs = append(info.Addrs, at)
		}
	}
	if len(info.Addrs) == 0 && len(h.libp2p.Peerstore().Addrs(id)) == 0 {
		if info, err = h.dht.FindPeer(ctx, id); err != nil {
			return fmt.Errorf("finding %s: %w", orbID, err)
		}
	}
	if err := h.libp2p.Connect(ctx, info); err != nil {
		return fmt.Errorf("connecting to %s: %w", orbID, err)
	}
	return nil
}

// ServeInvoke answers requests by handler until Close. It is called once.
func (h *Host) ServeInvoke(handler InvokeHandler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		panic("peer: ServeInvoke called twice")
	}
	h.server = newServer(handler)
	server := h.server
	h.libp2p.SetStreamHandler(InvokeProtocol, func(s network.Stream) { server.serve(s.Conn().RemotePeer().String(), s) })
}

// Dial opens a connection for requests to a host. control gets what the host sends outside requests, in order; it must not wait. The
// connection lives until it is closed, fails or the Host is closed; ctx bounds only the dialing.
func (h *Host) Dial(ctx context.Context, orbID string, addrs []string, control func(Control)) (*Conn, error) {
	if err := h.Connect(ctx, orbID, addrs); err != nil {
		return nil, err
	}
	id, err := libpeer.Decode(orbID)
	if err != nil {
		return nil, fmt.Errorf("orb id %q: %w", orbID, err)
	}
	raws := make([]transport, 0, streamsPerConn)
	for range streamsPerConn {
		s, err := h.libp2p.NewStream(ctx, id, InvokeProtocol)
		if err != nil {
			for _, raw := range raws {
				_ = raw.Reset()
			}
			return nil, fmt.Errorf("opening a stream to %s: %w", orbID, err)
		}
		raws = append(raws, s)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		for _, raw := range raws {
			_ = raw.Reset()
		}
		return nil, ErrClosed
	}
	c := connect(raws, control)
	h.conns[c] = struct{}{}
	h.joined.Go(func() {
		c.joined.Wait()
		h.mu.Lock()
		delete(h.conns, c)
		h.mu.Unlock()
	})
	return c, nil
}

// Close ends everything and waits for it.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	server := h.server
	conns := make([]*Conn, 0, len(h.conns))
	for c := range h.conns {
		conns = append(conns, c)
	}
	h.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
	if server != nil {
		h.libp2p.RemoveStreamHandler(InvokeProtocol)
		server.close()
	}
	h.cancel()
	h.joined.Wait()
	return errors.Join(h.dht.Close(), h.libp2p.Close())
}
