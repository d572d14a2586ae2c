package peer

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
)

// Direct is closed once a connection that runs through a relay could be made without: a hole was punched, or the host, which nobody can open
// a connection to, has opened one. The connection stays where it is; its owner dials again when that suits.
func (c *Conn) Direct() <-chan struct{} { return c.direct }

// reachedDirectly tells whether there is a connection to a peer that no relay carries.
func (h *Host) reachedDirectly(id libpeer.ID) bool {
	return slices.ContainsFunc(h.libp2p.Network().ConnsToPeer(id), func(conn network.Conn) bool {
		return !isCircuit(conn.RemoteMultiaddr())
	})
}

// RelayedConns is how many connections for requests run through a relay.
func (h *Host) RelayedConns() (relayed int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if c.relayed {
			relayed++
		}
	}
	return relayed
}
