package client

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/peer"
)

// laned counts the hosts that there are lanes to.
func (n *testNetwork) laned() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	hosts := make(map[string]bool)
	for _, l := range n.lanes {
		hosts[l.OrbId] = true
	}
	return len(hosts)
}

// TestLanesFollowLoad: lanes are to as few hosts as have room; when these run full, further ones get lanes and the calls.
func TestLanesFollowLoad(t *testing.T) {
	const hosts = 30
	n := newNetwork(t, hosts)
	c := n.client(t, nil)
	callMany(t, c, 8, 20)
	require.Equal(t, balance.Breadth, n.laned())
	all := c.Traffic()
	require.Len(t, all, 1)
	require.Equal(t, balance.Traffic{Calls: 160, Hosts: balance.Breadth, Known: hosts}, all[0].Traffic)

	for _, l := range n.lanes {
		h := n.hosts[l.OrbId]
		h.set(func() { h.load = 900 })
	}
	for end := time.Now().Add(20 * time.Second); n.laned() < 2*balance.Breadth && time.Now().Before(end); c.Traffic() {
		callMany(t, c, 8, 10)
	}
	for range 20 {
		callMany(t, c, 8, 10)
		c.Traffic()
	}
	require.Equal(t, 2*balance.Breadth, n.laned(), "as many as before have room again")
}

// TestBusyHostsAreLeftInPeace: where all hosts are busy, a request asks some of them and is given up.
func TestBusyHostsAreLeftInPeace(t *testing.T) {
	const hosts = 3 * maxTries
	n := newNetwork(t, hosts)
	c := n.client(t, nil)
	for i := range hosts {
		h := n.host(i)
		h.set(func() { h.load = 900 })
	}
	for end := time.Now().Add(20 * time.Second); n.laned() <= maxTries && time.Now().Before(end); c.Traffic() {
		callMany(t, c, 8, 10)
	}
	for i := range hosts {
		h := n.host(i)
		h.set(func() { h.refuse = peer.StatusBusy })
	}
	_, err := call(t, c, "too many")
	require.ErrorIs(t, err, ErrBusy)
	refused := 0
	for i := range hosts {
		h := n.host(i)
		h.set(func() { refused += h.refused })
	}
	require.Equal(t, maxTries, refused)
	traffic := c.Traffic()
	require.Equal(t, uint64(1), traffic[0].Short)
	require.Positive(t, traffic[0].Need())
}
