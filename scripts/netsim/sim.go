package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

// config of a simulation. Time goes in ticks of a second.
type config struct {
	seed                       uint64
	nodes, functions, gateways int
	capacity                   int     // requests a second of one node
	demand                     float64 // of the network's capacity
	zipf                       float64
	ticks, killAt, riseAt      int
	killed                     float64 // part of the nodes that end at killAt
	rise                       int     // factor of the demand for a function in the middle of the ranks at riseAt
	mirrorFor                  int     // ticks, as in a node's configuration
}

func defaults() config {
	return config{
		seed: 1, nodes: 10_000, functions: 1_000, gateways: 50, capacity: 20, demand: 0.4, zipf: 1, ticks: 240, killAt: 120, killed: 0.1,
		riseAt: 180, rise: 10, mirrorFor: 600,
	}
}

const (
	replicas = 8    // as in node
	maxSeeds = 1000 // as in x/seeding
	visible  = 3    // ticks until a seed is on chain and gateways have read it
	opening  = 2    // ticks until a lane is open
	gas      = 300
	income   = 33
)

// seed is a node's standing for one function.
type seed struct {
	node, from    int // from is the tick from which gateways know it
	mirror, left  bool
	since, served int
	stamp         int
}

type function struct {
	share float64
	seeds []*seed
	holds []uint64 // bit per node that seeds it
	call  balance.Call
}

type node struct {
	down         bool
	used, before int // requests of this tick and the last
	last         int // tick at which it last stepped in
}

type simulation struct {
	config
	random    *rand.Rand
	nodes     []node
	functions []function
	views     [][]view // by gateway and function
	carry     []float64
	served    []served
	tick      int
	now       float64 // of the current tick, 0 to 1
	stamp     int
	arriving  map[int][]*function // by the tick at which a new seed of it is known
	announced int
	steps     int
	left      int
}

// served is a tick's outcome. Tries are the hosts that were asked.
type served struct{ calls, first, failed, tries int }

func newSimulation(c config) *simulation {
	s := &simulation{
		config: c, random: rand.New(rand.NewPCG(c.seed, 0)), nodes: make([]node, c.nodes), functions: make([]function, c.functions),
		views: make([][]view, c.gateways), carry: make([]float64, c.functions),
		arriving: make(map[int][]*function),
	}
	var sum float64
	for i := range s.functions {
		sum += 1 / math.Pow(float64(i+1), c.zipf)
	}
	for i := range s.nodes {
		s.nodes[i].last = -rest
	}
	for i := range s.functions {
		f := &s.functions[i]
		f.share = 1 / math.Pow(float64(i+1), c.zipf) / sum
		f.holds = make([]uint64, (c.nodes+63)/64)
		for len(f.seeds) < min(replicas, c.nodes) {
			if n := s.random.IntN(c.nodes); !has(f.holds, n) {
				set(f.holds, n, true)
				f.seeds = append(f.seeds, &seed{node: n})
			}
		}
	}
	for g := range s.views {
		s.views[g] = make([]view, c.functions)
	}
	return s
}

func has(bits []uint64, i int) bool { return bits[i/64]&(1<<(i%64)) != 0 }

func set(bits []uint64, i int, to bool) {
	if to {
		bits[i/64] |= 1 << (i % 64)
	} else {
		bits[i/64] &^= 1 << (i % 64)
	}
}

func (s *simulation) run() {
	for s.tick = range s.ticks {
		if s.tick == s.killAt {
			for _, n := range s.random.Perm(s.config.nodes)[:int(float64(s.config.nodes)*s.killed)] {
				s.nodes[n].down = true
			}
		}
		if s.tick == s.riseAt {
			s.functions[s.rising()].share *= float64(s.rise)
		}
		for _, f := range s.arriving[s.tick] {
			f.call.Answered++
		}
		delete(s.arriving, s.tick)
		for i := range s.nodes {
			s.nodes[i].before, s.nodes[i].used = s.nodes[i].used, 0
		}
		s.served = append(s.served, s.requests())
		s.announce()
		if s.tick%mirrorTick == 0 {
			s.leave()
		}
	}
}

// rising is the function whose demand rises.
func (s *simulation) rising() int { return len(s.functions) / 10 }

// requests sends a tick's requests, in random order, each at a random gateway.
func (s *simulation) requests() served {
	var all []int
	for i := range s.functions {
		s.carry[i] += s.functions[i].share * s.demand * float64(s.config.nodes*s.capacity)
		count := int(s.carry[i])
		s.carry[i] -= float64(count)
		for range count {
			all = append(all, i)
		}
	}
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var out served
	for at, i := range all {
		s.now = float64(at) / float64(len(all))
		v := &s.views[s.random.IntN(s.gateways)][i]
		s.provision(v, &s.functions[i])
		tries, ok := s.request(v)
		out.calls++
		out.tries += tries
		switch {
		case !ok:
			out.failed++
		case tries == 1:
			out.first++
		}
	}
	return out
}

// load of a node in per mille, over the last second.
func (s *simulation) load(n *node) uint32 {
	return uint32((float64(n.used) + float64(n.before)*(1-s.now)) * 1000 / float64(s.capacity))
}

// clock is the simulated time.
func (s *simulation) clock() time.Time { return time.Unix(int64(s.tick), int64(s.now*1e9)) }
