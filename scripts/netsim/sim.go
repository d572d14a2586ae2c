package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

// config of a simulation. Time goes in ticks of a second.
type config struct {
	seed                        uint64
	nodes, functions, gateways  int
	capacity                    int     // requests a second of one node
	demand                      float64 // of the network's capacity
	zipf                        float64
	ticks, killAt, riseAt       int
	killed                      float64 // part of the nodes that end at killAt
	rise                        int     // factor of the demand for a function in the middle of the ranks at riseAt
	replicas, breadth, maxLanes int     // as in node/client and the default policy
	mirrorFor                   int     // ticks
	visible                     int     // ticks until a seed is on chain and gateways have lanes to it
}

func defaults() config {
	return config{
		seed: 1, nodes: 10_000, functions: 1_000, gateways: 50, capacity: 20, demand: 0.4, zipf: 1, ticks: 240, killAt: 120, killed: 0.1,
		riseAt: 180, rise: 10, replicas: 8, breadth: 8, maxLanes: 64, mirrorFor: 60, visible: 3,
	}
}

const (
	idleLoad     = 500 // as in node/host
	fresh        = 5
	maxTaken     = 6
	takenWindow  = 60
	maxAnnounced = 8 // as in node/gateway
	repeatAfter  = 3
	gas, income  = 300, 33
	backoff      = 10 // ticks for which a gateway leaves a host alone that did not answer
	meshDegree   = 6  // gossipsub's
)

// seed is a node's standing for one function.
type seed struct {
	node, from    int // from is the tick from which gateways know it
	mirror, left  bool
	since, served int
}

type function struct {
	share float64
	seeds []*seed
	asked []uint64 // bit per node whose delay is running
	due   map[int][]int
	heard int // tick of the last announcement
	need  int
	rate  uint32
	// stepped are the ticks at which nodes became seeds since it was last heard, seen by others visible ticks later.
	stepped []int
	holds   []uint64 // bit per node that seeds it
	known   int      // hosts that gateways take to be up
}

type node struct {
	down              bool
	used, before      int // requests of this tick and the last
	taken, takenSince int
}

// view is what one gateway knows of one function.
type view struct {
	lanes   []*seed // with what each host said of its load and until when it is left alone
	load    []uint32
	away    []int
	breadth int
	calls   uint64
	short   uint64
	seeds   int // of the function when lanes were last looked at
	said    int // when its demand was last announced
}

type simulation struct {
	config
	random    *rand.Rand
	nodes     []node
	functions []function
	views     [][]view // by gateway and function
	carry     []float64
	served    []served
	announced int
	steps     int
	left      int
}

// served is a tick's outcome.
type served struct{ calls, first, retried, failed int }

func newSimulation(c config) *simulation {
	s := &simulation{
		config: c, random: rand.New(rand.NewPCG(c.seed, 0)), nodes: make([]node, c.nodes), functions: make([]function, c.functions),
		views: make([][]view, c.gateways), carry: make([]float64, c.functions),
	}
	var sum float64
	for i := range s.functions {
		sum += 1 / math.Pow(float64(i+1), c.zipf)
	}
	words := (c.nodes + 63) / 64
	for i := range s.functions {
		f := &s.functions[i]
		f.share = 1 / math.Pow(float64(i+1), c.zipf) / sum
		f.asked, f.holds, f.due = make([]uint64, words), make([]uint64, words), make(map[int][]int)
		for len(f.seeds) < min(c.replicas, c.nodes) {
			if n := s.random.IntN(c.nodes); !has(f.holds, n) {
				set(f.holds, n, true)
				f.seeds = append(f.seeds, &seed{node: n})
			}
		}
	}
	for g := range s.views {
		s.views[g] = make([]view, c.functions)
		for i := range s.views[g] {
			s.views[g][i].breadth = c.breadth
		}
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
	for tick := range s.ticks {
		if tick == s.killAt {
			for _, n := range s.random.Perm(s.config.nodes)[:int(float64(s.config.nodes)*s.killed)] {
				s.nodes[n].down = true
			}
		}
		if tick == s.riseAt {
			s.functions[s.rising()].share *= float64(s.rise)
		}
		for i := range s.nodes {
			s.nodes[i].before, s.nodes[i].used = s.nodes[i].used, 0
		}
		s.served = append(s.served, s.requests(tick))
		s.announce(tick)
		s.step(tick)
		if tick%5 == 0 {
			s.leave(tick)
		}
	}
}

// rising is the function whose demand rises.
func (s *simulation) rising() int { return len(s.functions) / 10 }

// requests sends a tick's requests, in random order.
func (s *simulation) requests(tick int) served {
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
	for _, i := range all {
		out.calls++
		v := &s.views[s.random.IntN(s.gateways)][i]
		s.look(tick, v, &s.functions[i])
		switch tries := s.call(tick, v); {
		case tries == 1:
			out.first++
		case tries > 1:
			out.retried++
		default:
			out.failed++
		}
	}
	return out
}

// look opens lanes to hosts that a gateway has none to, up to its breadth.
func (s *simulation) look(tick int, v *view, f *function) {
	if v.seeds == len(f.seeds) && len(v.lanes) > 0 && (tick+len(f.seeds))%15 != 0 {
		return
	}
	v.seeds = len(f.seeds)
	kept := 0
	for i, one := range v.lanes { // lanes to hosts that have left or are down end
		if !one.left && tick >= v.away[i] {
			v.lanes[kept], v.load[kept], v.away[kept] = one, v.load[i], v.away[i]
			kept++
		}
	}
	v.lanes, v.load, v.away = v.lanes[:kept], v.load[:kept], v.away[:kept]
	at := 0
	if len(f.seeds) > 0 {
		at = s.random.IntN(len(f.seeds))
	}
	for i := 0; i < len(f.seeds) && len(v.lanes) < v.breadth; i++ {
		one := f.seeds[(at+i)%len(f.seeds)]
		if tick >= one.from && !s.nodes[one.node].down && !slices.Contains(v.lanes, one) {
			v.lanes, v.load, v.away = append(v.lanes, one), append(v.load, 0), append(v.away, 0)
		}
	}
}

// call sends one request, to further hosts while they are busy or down, and returns how many were tried; 0 when none had room.
func (s *simulation) call(tick int, v *view) int {
	v.calls++
	var tried uint64 // bit per lane
	for tries := 1; ; tries++ {
		var open [64]int
		count := 0
		for i := range v.lanes {
			if tick >= v.away[i] && tried&(1<<i) == 0 {
				open[count] = i
				count++
			}
		}
		p := balance.Pick(count, s.random.IntN, func(i int) int64 { return balance.Cost(time.Millisecond, 0, v.load[open[i]]) })
		if p < 0 {
			v.short++
			return 0
		}
		i := open[p]
		tried |= 1 << i
		one := v.lanes[i]
		n := &s.nodes[one.node]
		if n.down {
			v.away[i] = tick + backoff
			continue
		}
		if n.used >= s.capacity {
			v.load[i] = 1000
			continue
		}
		n.used++
		one.served++
		v.load[i] = uint32(n.used * 1000 / s.capacity)
		return tries
	}
}
