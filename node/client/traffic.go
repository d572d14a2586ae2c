package client

import (
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

const (
	// freshLoad is for how long a host's word on its load counts.
	freshLoad = 3 * time.Second
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

// Traffic returns what was seen of every function that was called since Traffic was last asked. Where few of the hosts that there are lanes to
// have room, lanes to more follow.
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
			for _, h := range s.hosts() {
				hosts[h] = true
			}
			s.widen(seen.Known, now)
		}
		var load uint64
		for h := range hosts {
			if said, fresh := h.word(now); fresh {
				load += uint64(said)
				seen.Hosts++
			}
		}
		seen.Load = uint32(load / uint64(max(seen.Hosts, 1)))
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

// word is what the host said last of its load, in per mille, and whether that was of late.
func (h *host) word(now time.Time) (load uint32, fresh bool) {
	return h.load.Load(), now.Sub(time.Unix(0, h.loadAt.Load())) <= freshLoad
}

// said is the host's last word on its load, in per mille; an old one counts for nothing, so that a host which was busy is tried again.
func (h *host) said(now time.Time) uint32 {
	load, fresh := h.word(now)
	if !fresh {
		return 0
	}
	return load
}

func (h *host) says(load uint32) {
	h.load.Store(load)
	h.loadAt.Store(time.Now().UnixNano())
}

// hosts are those behind the set's lanes that can be reached, the caller's own apart.
func (s *laneSet) hosts() []*host {
	var hosts []*host
	for _, l := range s.snapshot() {
		if !l.host.last && l.host.connection() != nil && !slices.Contains(hosts, l.host) {
			hosts = append(hosts, l.host)
		}
	}
	return hosts
}

// breadth is to how many hosts the set should have lanes.
func (s *laneSet) breadth(now time.Time) int {
	hosts := s.hosts()
	room := 0
	for _, h := range hosts {
		if balance.Room(h.said(now)) {
			room++
		}
	}
	return len(hosts) + balance.Lanes(len(hosts), room)
}

// widen lets lanes to more hosts follow with the next call, when they are wanted and known.
func (s *laneSet) widen(known int, now time.Time) {
	have := len(s.hosts())
	if have >= known || s.breadth(now) == have {
		return
	}
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
}
