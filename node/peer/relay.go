package peer

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	// wantedRelays is through how many super nodes a node without inbound route can be reached.
	wantedRelays = 2
	// relayEvery is how often reservations are looked after when nothing happens, and relayEarly how long before its end one is renewed.
	relayEvery = 30 * time.Second
	relayEarly = 5 * time.Minute
	// relayTimeout bounds asking for a reservation, and relayBackoff how long who refused is left alone.
	relayTimeout = 10 * time.Second
	relayBackoff = time.Minute
	// undecided is how long AutoNAT gets to find out, before a node makes sure that it can be reached.
	undecided = 10 * time.Second
)

// relayService is what a super node relays: without limits on a connection, or bitswap and calls would not run over it, but with limits
// on how many there are.
func relayService() []relay.Option {
	resources := relay.DefaultResources()
	resources.Limit = nil
	resources.MaxReservations = 1024
	resources.MaxCircuits = 64
	resources.BufferSize = 16 << 10
	resources.MaxReservationsPerIP = 64
	resources.MaxReservationsPerASN = 512
	anywhere := func(multiaddr.Multiaddr) bool { return true } // networks need not be public
	return []relay.Option{relay.WithResources(resources), relay.WithReservationAddressFilter(anywhere)}
}

// Reachability says whether peers can open connections to a node.
type Reachability string

// The reachabilities. As a configuration, ReachabilityUnknown has the node find out.
const (
	ReachabilityUnknown Reachability = ""
	ReachabilityPublic  Reachability = "public"
	ReachabilityPrivate Reachability = "private"
)

// relays are the reservations that a node holds with super nodes.
type relays struct {
	held   map[libpeer.ID]*client.Reservation
	failed map[libpeer.ID]time.Time
}

// Reachability tells what the node has found out.
func (h *Host) Reachability() Reachability {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reachability
}

// watch follows what changes whether this node can be reached, and through whom.
func (h *Host) watch(changes event.Subscription, kick chan<- struct{}) {
	defer changes.Close()
	for {
		select {
		case <-h.ctx.Done():
			return
		case e, open := <-changes.Out():
			if !open {
				return
			}
			switch e := e.(type) {
			case event.EvtLocalReachabilityChanged:
				switch e.Reachability {
				case network.ReachabilityPublic:
					h.reached(ReachabilityPublic)
				case network.ReachabilityPrivate:
					h.reached(ReachabilityPrivate)
				}
			case event.EvtHostReachableAddrsChanged:
				switch {
				case len(e.Reachable) > 0:
					h.reached(ReachabilityPublic)
				case len(e.Unreachable) > 0:
					h.reached(ReachabilityPrivate)
				}
			}
			select {
			case kick <- struct{}{}:
			default:
			}
		}
	}
}

func (h *Host) reached(r Reachability) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.reachability != r {
		slog.Info("reachability found out", "reachability", r)
	}
	h.reachability = r
}

// keepRelays holds reservations as long as the node is not known to be reachable by itself.
func (h *Host) keepRelays(emit event.Emitter, kick <-chan struct{}) {
	defer emit.Close()
	r := relays{held: make(map[libpeer.ID]*client.Reservation), failed: make(map[libpeer.ID]time.Time)}
	start := time.Now()
	tick := time.NewTimer(undecided)
	defer tick.Stop()
	for {
		needed := h.Reachability() == ReachabilityPrivate ||
			h.Reachability() == ReachabilityUnknown && time.Since(start) >= undecided && !h.loopbackOnly()
		if h.tend(&r, needed) {
			var addrs []multiaddr.Multiaddr
			for _, reservation := range r.held {
				addrs = append(addrs, circuits(reservation)...)
			}
			_ = emit.Emit(event.EvtAutoRelayAddrsUpdated{RelayAddrs: addrs}) // fails only after Close
			h.mu.Lock()
			h.relays = len(r.held)
			h.mu.Unlock()
		}
		tick.Reset(relayEvery)
		if needed && len(r.held) == 0 {
			tick.Reset(undecided)
		}
		if !needed && time.Since(start) < undecided {
			tick.Reset(undecided - time.Since(start))
		}
		select {
		case <-h.ctx.Done():
			return
		case <-kick:
		case <-tick.C:
		}
	}
}

// tend drops reservations that are over and asks for new ones. It reports whether anything changed.
func (h *Host) tend(r *relays, needed bool) (changed bool) {
	now := time.Now()
	for id, reservation := range r.held {
		if !needed || now.After(reservation.Expiration) || h.libp2p.Network().Connectedness(id) != network.Connected {
			delete(r.held, id)
			h.libp2p.ConnManager().Unprotect(id, "relay")
			changed = true
		}
	}
	if !needed {
		return changed
	}
	maps.DeleteFunc(r.failed, func(_ libpeer.ID, until time.Time) bool { return now.After(until) })
	peers := h.libp2p.Network().Peers()
	rand.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	// Those held first: they are renewed.
	slices.SortStableFunc(peers, func(a, b libpeer.ID) int {
		switch {
		case r.held[a] != nil && r.held[b] == nil:
			return -1
		case r.held[a] == nil && r.held[b] != nil:
			return 1
		}
		return 0
	})
	for _, id := range peers {
		old := r.held[id]
		switch _, failed := r.failed[id]; {
		case failed, old != nil && now.Before(old.Expiration.Add(-relayEarly)), old == nil && len(r.held) >= wantedRelays:
			continue
		}
		if supported, err := h.libp2p.Peerstore().SupportsProtocols(id, proto.ProtoIDv2Hop); err != nil || len(supported) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(h.ctx, relayTimeout)
		reservation, err := client.Reserve(ctx, h.libp2p, libpeer.AddrInfo{ID: id})
		cancel()
		if err != nil {
			r.failed[id] = now.Add(relayBackoff)
			continue
		}
		r.held[id] = reservation
		h.libp2p.ConnManager().Protect(id, "relay")
		changed = true
	}
	return changed
}

// circuits are the addresses at which a relay passes connections on.
func circuits(reservation *client.Reservation) []multiaddr.Multiaddr {
	circuit := multiaddr.StringCast("/p2p-circuit")
	out := make([]multiaddr.Multiaddr, 0, len(reservation.Addrs))
	for _, addr := range reservation.Addrs {
		out = append(out, addr.Encapsulate(circuit))
	}
	return out
}

// loopbackOnly: all peers are on this machine, where nothing is in between.
func (h *Host) loopbackOnly() bool {
	for _, addr := range h.libp2p.Network().ListenAddresses() {
		if isCircuit(addr) {
			continue
		}
		if !manet.IsIPLoopback(addr) {
			return false
		}
	}
	return true
}

func isCircuit(addr multiaddr.Multiaddr) bool {
	_, err := addr.ValueForProtocol(multiaddr.P_CIRCUIT)
	return err == nil
}
