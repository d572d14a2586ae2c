package peer

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// register offers the host's metrics; libp2p registers its own.
func (h *Host) register(registerer prometheus.Registerer) error {
	if registerer == nil {
		return nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "orb", Subsystem: "peer", Name: name, Help: help}, value)
	}
	for _, c := range append(h.abuse.collectors(),
		gauge("connected", "Peers connected.", func() float64 { return float64(h.Peers()) }),
		gauge("routing_table", "Peers in the DHT's routing table.", func() float64 { return float64(h.dht.RoutingTable().Size()) }),
		gauge("relays", "Super nodes that relay to this node.", func() float64 { return float64(h.Relays()) }),
		gauge("relayed_conns", "Connections for requests to hosts that run through a relay.", func() float64 { return float64(h.RelayedConns()) }),
		gauge("reachable", "1 when peers reach this node by itself, 0 when not, -1 when unknown.", func() float64 {
			switch h.Reachability() {
			case ReachabilityPublic:
				return 1
			case ReachabilityPrivate:
				return 0
			}
			return -1
		}),
		gauge("bytes_out_rate", "Bytes a second sent to peers.", h.RateOut),
	) {
		if err := registerer.Register(c); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}

// Peers is how many peers are connected.
func (h *Host) Peers() int { return len(h.libp2p.Network().Peers()) }

// NetworkSize is about how many peers there are: what the DHT estimates, or the peers met while that is too few to tell.
func (h *Host) NetworkSize() int {
	met := max(h.Peers(), h.dht.RoutingTable().Size()) + 1
	estimate, err := h.dht.NetworkSize()
	if err != nil {
		return met
	}
	return max(int(estimate), met)
}

// Relays is how many super nodes relay to this node.
func (h *Host) Relays() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.relays
}

// RateOut is how many bytes a second are sent to peers at present.
func (h *Host) RateOut() float64 { return h.bandwidth.GetBandwidthTotals().RateOut }
