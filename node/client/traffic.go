package client

import (
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

const (
	// freshLoad is for how long a host's word on its load counts.
	freshLoad = 3 * time.Second
	// mostHosts bounds to how many hosts lanes of one set are opened when few do not suffice.
	mostHosts = 64
)

// tally is what was seen of one function since the last time somebody asked.
type tally struct {
	fn           *Function
	calls, short uint64
}

// FunctionTraffic is what a client has seen of one function.
type FunctionTraffic struct {
	Function *Function
	balance.Traffic
}

// count enters a call; short ones have found no room but at the caller's own host.
func (c *Client) count(fn *Function, short bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tallies[fn.Id]
	if t == nil {
		t = new(tally)
		c.tallies[fn.Id] = t
	}
	t.fn = fn
	t.calls++
	if short {
		t.short++
	}
}

// Traffic returns what was seen of every function that was called since Traffic was last asked. Where the hosts of a function run near their
// limits, lanes to more of them follow.
func (c *Client) Traffic() []FunctionTraffic {
	now := time.Now()
	c.mu.Lock()
	tallies := c.tallies
	c.tallies = make(map[string]*tally)
	sets := make(map[string][]*laneSet)
	for key, s := range c.sets {
		if tallies[key.functionID] != nil {
			sets[key.functionID] = append(sets[key.functionID], s)
		}
	}
	c.mu.Unlock()
	all := make([]FunctionTraffic, 0, len(tallies))
	for id, t := range tallies {
		seen := balance.Traffic{Calls: t.calls, Short: t.short, Known: c.known(t.fn)}
		hosts := make(map[*host]bool)
		for _, s := range sets[id] {
			for _, l := range s.snapshot() {
				if !l.host.last && l.host.connection() != nil {
					hosts[l.host] = true
				}
			}
		}
		var load uint64
		for h := range hosts {
			load += uint64(h.said(now))
		}
		seen.Hosts = len(hosts)
		seen.Sampled = seen.Hosts >= mostHosts
		seen.Load = uint32(load / uint64(max(len(hosts), 1)))
		if seen.Near() {
			for _, s := range sets[id] {
				s.widen(seen.Known)
			}
		}
		all = append(all, FunctionTraffic{Function: t.fn, Traffic: seen})
	}
	return all
}

// known counts the function's hosts, the caller's own apart, without those that cannot be reached or were caught.
func (c *Client) known(fn *Function) int {
	count := 0
	for _, h := range c.hostsOf(fn) {
		h.mu.Lock()
		if !h.last && h.dropped == nil && (h.conn != nil || h.failures == 0) {
			count++
		}
		h.mu.Unlock()
	}
	return count
}

// said is the host's last word on its load, in per mille; one that is old counts for nothing.
func (h *host) said(now time.Time) uint32 {
	if now.Sub(time.Unix(0, h.loadAt.Load())) > freshLoad {
		return 0
	}
	return h.load.Load()
}

func (h *host) says(load uint32) {
	h.load.Store(load)
	h.loadAt.Store(time.Now().UnixNano())
}

// widen lets lanes to more hosts follow with the next call.
func (s *laneSet) widen(known int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wider := min(2*s.breadth, mostHosts); known > s.breadth && wider > s.breadth {
		s.breadth, s.seen = wider, nil
	}
}
