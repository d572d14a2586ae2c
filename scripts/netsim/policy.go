package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

// announce has each gateway gossip what it is short of.
func (s *simulation) announce(tick int) {
	type wanted struct {
		function, need int
		rate           uint32
	}
	for i := range s.functions {
		s.functions[i].known = s.known(tick, i)
	}
	for g := range s.views {
		var all []wanted
		for i := range s.views[g] {
			v := &s.views[g][i]
			if v.calls == 0 {
				continue
			}
			t := balance.Traffic{Calls: v.calls, Short: v.short, Known: s.functions[i].known}
			var load uint64
			for l := range v.lanes {
				if tick >= v.away[l] {
					t.Hosts++
					load += uint64(v.load[l])
				}
			}
			t.Load = uint32(load / uint64(max(t.Hosts, 1)))
			v.calls, v.short = 0, 0
			if t.Near() && t.Known > v.breadth && v.breadth < s.maxLanes {
				v.breadth, v.seeds = min(2*v.breadth, s.maxLanes), -1
			}
			t.Sampled = t.Hosts >= s.maxLanes
			if need := t.Need(); need > 0 && tick >= v.said+repeatAfter {
				all = append(all, wanted{i, need, t.Rate(time.Second)})
			}
		}
		slices.SortFunc(all, func(a, b wanted) int {
			return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.function, b.function))
		})
		for _, w := range all[:min(len(all), maxAnnounced)] {
			s.announced++
			s.views[g][w.function].said = tick
			f := &s.functions[w.function]
			if f.heard != tick { // of several gateways in one second the first is the one that is timed
				f.heard, f.need, f.rate, f.stepped = tick, w.need, w.rate, f.stepped[:0]
				s.hear(tick, f)
			}
		}
	}
}

// known counts the hosts of a function that gateways take to be up.
func (s *simulation) known(tick, i int) int {
	count := 0
	for _, one := range s.functions[i].seeds {
		if tick >= one.from && !s.nodes[one.node].down {
			count++
		}
	}
	return count
}

// hear starts the delay of every node that does not think about the function already.
func (s *simulation) hear(tick int, f *function) {
	for n := range s.nodes {
		if s.nodes[n].down || has(f.asked, n) || has(f.holds, n) {
			continue
		}
		set(f.asked, n, true)
		at := tick + 1 + int(balance.Delay(1-s.random.Float64(), len(s.nodes), f.need)/time.Second)
		f.due[at] = append(f.due[at], n)
	}
}

// step has nodes whose delay is over step in, by the rules of node/host.
func (s *simulation) step(tick int) {
	for i := range s.functions {
		f := &s.functions[i]
		for _, n := range f.due[tick] {
			set(f.asked, n, false)
			one := &s.nodes[n]
			if tick-one.takenSince > takenWindow {
				one.takenSince, one.taken = tick, 0
			}
			stepped := 0
			for _, at := range f.stepped {
				if tick >= at+s.visible-1 {
					stepped++
				}
			}
			if one.down || has(f.holds, n) || one.before*1000/s.capacity > idleLoad || tick-f.heard > fresh || stepped >= f.need ||
				one.taken >= maxTaken || !balance.Worth(f.rate, f.need, income, gas, time.Duration(s.mirrorFor)*time.Second) {
				continue
			}
			one.taken++
			s.steps++
			set(f.holds, n, true)
			f.seeds = append(f.seeds, &seed{node: n, from: tick + s.visible, mirror: true, since: tick})
			f.stepped = append(f.stepped, tick)
		}
		delete(f.due, tick)
	}
}

// leave has mirrors go that no longer pay, and the chain forget nodes that are down.
func (s *simulation) leave(tick int) {
	least := int(balance.Least(income, gas))
	for i := range s.functions {
		f := &s.functions[i]
		f.seeds = slices.DeleteFunc(f.seeds, func(one *seed) bool {
			if !one.mirror || tick-one.since < s.mirrorFor {
				return false
			}
			if one.served >= least && !s.nodes[one.node].down {
				one.since, one.served = tick, 0
				return false
			}
			set(f.holds, one.node, false)
			one.left = true
			s.left++
			return true
		})
	}
}

// gossip floods one message over a random mesh as gossipsub's, and returns how many copies a node receives on average and how many hops the
// last one is away.
func (s *simulation) gossip() (copies float64, hops int) {
	peers := make([][]int, len(s.nodes))
	for n := range peers {
		for len(peers[n]) < meshDegree/2 { // the other half of a node's peers choose it
			if m := s.random.IntN(len(peers)); m != n && !slices.Contains(peers[n], m) {
				peers[n], peers[m] = append(peers[n], m), append(peers[m], n)
			}
		}
	}
	heard := make([]int, len(peers))
	for i := range heard {
		heard[i] = -1
	}
	heard[0] = 0
	sent := 0
	for front := []int{0}; len(front) > 0; {
		var next []int
		for _, n := range front {
			hops = heard[n]
			for _, m := range peers[n] {
				sent++
				if heard[m] < 0 {
					heard[m] = heard[n] + 1
					next = append(next, m)
				}
			}
		}
		front = next
	}
	return float64(sent-len(peers)+1) / float64(len(peers)), hops
}
