package main

import (
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

// As in node/host; times in ticks.
const (
	idleLoad   = 500
	rest       = 10
	mirrorTick = 5
)

// hear has every node draw whether it steps in.
func (s *simulation) hear(f *function, need int, rate uint32) {
	chance := f.call.Hear(s.clock(), need, len(s.nodes))
	if !balance.Worth(rate, need, income, gas, time.Duration(s.mirrorFor)*time.Second) {
		return
	}
	for n := range s.nodes {
		if s.random.Float64() >= chance {
			continue
		}
		one := &s.nodes[n]
		if one.down || one.used*1000/s.capacity > idleLoad || s.tick-one.last < rest || has(f.holds, n) || len(f.seeds) >= maxSeeds {
			continue
		}
		one.last = s.tick
		s.steps++
		set(f.holds, n, true)
		f.seeds = append(f.seeds, &seed{node: n, from: s.tick + visible, mirror: true, since: s.tick})
		s.arriving[s.tick+visible] = append(s.arriving[s.tick+visible], f)
	}
}

// leave has mirrors go that no longer pay. Nodes that are down stay on chain.
func (s *simulation) leave() {
	least := balance.Least(income, gas)
	for i := range s.functions {
		f := &s.functions[i]
		f.seeds = slices.DeleteFunc(f.seeds, func(one *seed) bool {
			if !one.mirror || s.tick-one.since < s.mirrorFor || s.nodes[one.node].down {
				return false
			}
			if balance.Stays(uint64(one.served), least, s.random.Float64()) {
				one.since, one.served = s.tick, 0
				return false
			}
			set(f.holds, one.node, false)
			one.left = true
			s.left++
			return true
		})
	}
}
