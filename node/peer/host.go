// Package peer connects a node to others: identity, addresses, the DHT, gossip and the invoke protocol.
package peer

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	bandwidth "github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/prometheus/client_golang/prometheus"
)

// kadProtocol keeps Orb's DHT apart from the public one.
const kadProtocol = "/orb/kad/1.0.0"

const (
	rejoinEvery = 30 * time.Second
	joinTimeout = 10 * time.Second
	// joinEnough is how long a node that has met one peer waits for the others.
	joinEnough = 500 * time.Millisecond
	// headStart is how long the addresses that a caller knows are tried before the DHT is asked for others.
	headStart = time.Second
)

// Config is what a Host is made of.
type Config struct {
	// Key is the node key; its public half is the Orb ID.
	Key ed25519.PrivateKey
	// Listen are multiaddrs. Empty: DefaultListen.
	Listen []string
	// Bootstrap are multiaddrs with /p2p of first contacts.
	Bootstrap []string
	// Dir keeps the addresses of peers from run to run, so that any of them is enough to join again; empty keeps none.
	Dir string
	// Super nodes relay connections to nodes without an inbound route, and tell nodes whether they have one. They have one themselves.
	Super bool
	// Reachability, when not unknown, spares the node finding out.
	Reachability Reachability
	// LowPeers and HighPeers bound the connections kept: above HighPeers idle ones are closed until LowPeers are left. 0: 192 and 256.
	LowPeers, HighPeers int
	// MaxMemory bounds what libp2p's connections and streams may take, in bytes; 0 is an eighth of the machine's.
	MaxMemory int64
	// Registerer takes the metrics of the host and of libp2p; nil for none.
	Registerer prometheus.Registerer
}

// DefaultListen is QUIC and TCP on every interface, at a free port.
var DefaultListen = []string{"/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"}

// Host is a node on the network.
type Host struct {
	libp2p    host.Host
	dht       *dht.IpfsDHT
	gossip    *gossip
	bandwidth *bandwidth.BandwidthCounter
	dir       string
	bootstrap []libpeer.AddrInfo
	// known are the peers of the earlier run.
	known  []libpeer.AddrInfo
	ctx    context.Context
	cancel context.CancelFunc
	joined sync.WaitGroup

	abuse abuse

	mu           sync.Mutex
	closed       bool
	reachability Reachability
	relays       int
	server       *server
	conns        map[*Conn]struct{}
}

// New starts a host that listens and has no peers yet: protocols are to be served before Join connects it. ctx bounds only the start.
func New(_ context.Context, cfg Config) (_ *Host, err error) {
	if len(cfg.Key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("node key of %d bytes", len(cfg.Key))
	}
	if cfg.HighPeers == 0 {
		cfg.LowPeers, cfg.HighPeers = 192, 256
	}
	h := &Host{dir: cfg.Dir, conns: make(map[*Conn]struct{}), bandwidth: bandwidth.NewBandwidthCounter(), reachability: cfg.Reachability}
	if h.bootstrap, err = parseContacts(cfg.Bootstrap); err != nil {
		return nil, err
	}
	if cfg.Dir != "" {
		h.known = readKnown(cfg.Dir)
	}
	options, err := h.options(cfg)
	if err != nil {
		return nil, err
	}
	if h.libp2p, err = libp2p.New(options...); err != nil {
		return nil, fmt.Errorf("starting libp2p: %w", err)
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			h.cancel()
			h.joined.Wait()
			if h.dht != nil {
				err = errors.Join(err, h.dht.Close())
			}
			err = errors.Join(err, h.libp2p.Close())
		}
	}()
	contacts := func() []libpeer.AddrInfo { return append(slices.Clone(h.bootstrap), h.known...) }
	if h.dht, err = dht.New(h.libp2p, dht.V1ProtocolOverride(kadProtocol), dht.Mode(dht.ModeAutoServer), dht.BootstrapPeersFunc(contacts)); err != nil {
		return nil, fmt.Errorf("starting the DHT: %w", err)
	}
	router, err := pubsub.NewGossipSub(h.ctx, h.libp2p, pubsub.WithMaxMessageSize(maxGossip))
	if err != nil {
		return nil, fmt.Errorf("starting gossip: %w", err)
	}
	h.gossip = &gossip{router: router, topics: make(map[string]*pubsub.Topic)}
	if !cfg.Super && cfg.Reachability != ReachabilityPublic {
		if err := h.startRelays(); err != nil {
			return nil, err
		}
	}
	return h, h.register(cfg.Registerer)
}

// options are libp2p's.
func (h *Host) options(cfg Config) ([]libp2p.Option, error) {
	key, err := crypto.UnmarshalEd25519PrivateKey(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	listen := cfg.Listen
	if len(listen) == 0 {
		listen = DefaultListen
	}
	connections, err := connmgr.NewConnManager(cfg.LowPeers, cfg.HighPeers)
	if err != nil {
		return nil, fmt.Errorf("connection manager: %w", err)
	}
	resources, err := resourceManager(cfg.MaxMemory)
	if err != nil {
		return nil, err
	}
	options := []libp2p.Option{
		libp2p.Identity(key), libp2p.ListenAddrStrings(listen...), libp2p.ConnectionManager(connections), libp2p.ResourceManager(resources),
		libp2p.BandwidthReporter(h.bandwidth), libp2p.EnableAutoNATv2(), libp2p.EnableHolePunching(),
	}
	if cfg.Registerer == nil {
		options = append(options, libp2p.DisableMetrics())
	} else {
		options = append(options, libp2p.PrometheusRegisterer(cfg.Registerer))
	}
	switch {
	case cfg.Super:
		options = append(options, libp2p.EnableRelayService(relayService()...), libp2p.EnableNATService(), libp2p.ForceReachabilityPublic())
		h.reachability = ReachabilityPublic
	case cfg.Reachability == ReachabilityPublic:
		options = append(options, libp2p.ForceReachabilityPublic())
	case cfg.Reachability == ReachabilityPrivate:
		options = append(options, libp2p.ForceReachabilityPrivate())
	default:
		options = append(options, libp2p.NATPortMap())
	}
	return options, nil
}

// resourceManager bounds what all peers, and one, may make this node hold. libp2p's defaults scale with memory and file descriptors.
func resourceManager(memory int64) (network.ResourceManager, error) {
	limits := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&limits)
	const streams = maxSessions * maxStreams
	limits.AddProtocolPeerLimit(InvokeProtocol,
		rcmgr.BaseLimit{Streams: 2 * streams, StreamsInbound: streams, StreamsOutbound: streams, Memory: 64 << 20}, rcmgr.BaseLimitIncrease{})
	limits.AddProtocolLimit(InvokeProtocol,
		rcmgr.BaseLimit{Streams: 4096, StreamsInbound: 4096, StreamsOutbound: 4096, Memory: 64 << 20},
		rcmgr.BaseLimitIncrease{Streams: 4096, StreamsInbound: 4096, StreamsOutbound: 4096, Memory: 256 << 20})
	scaled := limits.AutoScale()
	if memory > 0 {
		scaled = limits.Scale(memory, maxFiles)
	}
	manager, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(scaled))
	if err != nil {
		return nil, fmt.Errorf("resource manager: %w", err)
	}
	return manager, nil
}

// maxFiles is what libp2p may open where its memory is bounded.
const maxFiles = 2048

// startRelays has the node find out whether it can be reached, and makes that so through super nodes when it cannot.
func (h *Host) startRelays() error {
	changes, err := h.libp2p.EventBus().Subscribe([]any{
		new(event.EvtLocalReachabilityChanged), new(event.EvtHostReachableAddrsChanged),
		new(event.EvtPeerIdentificationCompleted), new(event.EvtPeerConnectednessChanged),
	}, eventbus.BufSize(256))
	if err != nil {
		return fmt.Errorf("following reachability: %w", err)
	}
	emit, err := h.libp2p.EventBus().Emitter(new(event.EvtAutoRelayAddrsUpdated), eventbus.Stateful)
	if err != nil {
		return errors.Join(fmt.Errorf("announcing relays: %w", err), changes.Close())
	}
	kick := make(chan struct{}, 1)
	h.joined.Go(func() { h.watch(changes, kick) })
	h.joined.Go(func() { h.keepRelays(emit, kick) })
	return nil
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
		return h.find(ctx, id)
	}
	// What a caller knows may be old: while it is tried, the DHT is asked what others know.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tried := make(chan error, 1)
	go func() { tried <- h.libp2p.Connect(ctx, info) }()
	wait := time.NewTimer(headStartOf(info.Addrs))
	defer wait.Stop()
	select {
	case err = <-tried:
		if err == nil {
			return nil
		}
	case <-wait.C:
	}
	found := h.find(ctx, id)
	if found == nil {
		return nil
	}
	if err == nil { // it is still being tried
		err = <-tried
	}
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", orbID, errors.Join(err, found))
	}
	return nil
}

// headStartOf is short for addresses that mean something else on every network.
func headStartOf(addrs []multiaddr.Multiaddr) time.Duration {
	if slices.ContainsFunc(addrs, manet.IsPublicAddr) {
		return headStart
	}
	return headStart / 5
}

// find connects to a node at the addresses that the DHT knows.
func (h *Host) find(ctx context.Context, id libpeer.ID) error {
	info, err := h.dht.FindPeer(ctx, id)
	if err != nil {
		return fmt.Errorf("finding %s: %w", id, err)
	}
	if err := h.libp2p.Connect(ctx, info); err != nil {
		return fmt.Errorf("connecting to %s: %w", id, err)
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
	h.server.abuse = &h.abuse
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
	raws, relayed := make([]transport, 0, streamsPerConn), false
	for range streamsPerConn {
		s, err := h.libp2p.NewStream(ctx, id, InvokeProtocol)
		if err != nil {
			for _, raw := range raws {
				_ = raw.Reset()
			}
			if errors.Is(err, context.DeadlineExceeded) {
				h.hangUp(id)
			}
			return nil, fmt.Errorf("opening a stream to %s: %w", orbID, err)
		}
		raws = append(raws, s)
		relayed = relayed || isCircuit(s.Conn().RemoteMultiaddr())
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
	c.relayed = relayed
	h.conns[c] = struct{}{}
	h.joined.Go(func() {
		h.listen(id, c)
		h.abuse.note(c.err)
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
	h.writeDown()
	h.cancel()
	h.joined.Wait()
	return errors.Join(h.dht.Close(), h.libp2p.Close())
}
