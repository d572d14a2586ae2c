// Package balance holds the rules by which requests spread over hosts and hosts over functions: which host a request goes to, when a function
// needs more of them, and which idle nodes step in and leave. They are pure, so that gateways, hosts and the simulation of the network follow the same ones.
package balance

import (
	"math"
	"time"
)

const (
	// fullLoad is a host that takes no more; loads are in per mille of it.
	fullLoad = 1000
	// NearLimit is the load above which a function's hosts are too few, and aimed the load that enough of them would have. Between the two
	// nothing is asked for.
	NearLimit = 700
	aimed     = 500
	// Breadth is to how many hosts with room a caller has lanes: two choices among so many are nearly as good as among all.
	Breadth = 8
	// maxRise bounds how many times the hosts of a function may grow by one announcement. What is seen of an overload says little about
	// its size: callers who wait ask again.
	maxRise = 4
	// MaxNeed bounds the hosts that one announcement asks for.
	MaxNeed = 256
	// maxBoost bounds how far chances rise when too few answer.
	maxBoost = 64
	// leastLatency keeps a host that has answered nothing yet from looking free.
	leastLatency = 50 * time.Microsecond
	// Beat is how long it takes until those who have stepped in are on chain, have lanes and take load off the others. A function is
	// announced at most once in it, whoever is short of hosts.
	Beat = 5 * time.Second
	// turn is what nodes that were not asked leave to each other to be seen on chain.
	turn = 2 * time.Second
)

// Cost orders hosts: the expected time of one more request. It grows with the host's own word on its load, in per mille, as a queue does: by
// 1/(1-load).
func Cost(latency time.Duration, inflight int64, load uint32) int64 {
	const spare = fullLoad / 20 // a full host is dear, not out of the question
	return int64(max(latency, leastLatency)) * (1 + inflight) * (fullLoad + spare) / int64(fullLoad+spare-min(load, fullLoad))
}

// Pick returns the better of two of n candidates taken at random, -1 when there is none. That spreads load nearly as well as knowing all of it,
// without herding (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing). random(n) is uniform in 0..n-1.
func Pick(n int, random func(n int) int, cost func(i int) int64) int {
	if n <= 1 {
		return n - 1
	}
	i, j := random(n), random(n-1)
	if j >= i {
		j++
	}
	if cost(j) < cost(i) {
		return j
	}
	return i
}

// Lanes is to how many more hosts a caller opens lanes, given to how many it has some and how many of these have room: to as many again, while
// those with room are less than half or very few.
func Lanes(have, room int) int {
	if room >= max(Breadth, (have+1)/2) {
		return 0
	}
	return max(have, Breadth-have)
}

// Room tells whether a host that has said this of its load has room for more than it is given.
func Room(load uint32) bool { return load <= NearLimit }

// Traffic is what a gateway saw of one function for a while.
type Traffic struct {
	// Calls that came, and those of them that found no room at any host but the gateway's own.
	Calls, Short uint64
	// Hosts that said of late how loaded they are, the gateway's own apart, and their mean load in per mille.
	Hosts int
	Load  uint32
	// Known hosts are all that seed the function and may be up, those included that the gateway has no lane to yet.
	Known int
}

// Near tells whether the hosts run near their limits.
func (t Traffic) Near() bool { return t.Calls > 0 && t.pressure() > NearLimit }

// pressure is the load on the hosts in per mille of what they take, were none of the calls refused.
func (t Traffic) pressure() uint64 {
	load := uint64(min(t.Load, fullLoad))
	if t.Hosts == 0 && t.Short > 0 {
		load = fullLoad
	}
	return load + fullLoad*t.Short/max(t.Calls-min(t.Short, t.Calls), 1)
}

// Need is how many hosts the function should have beyond those known, were the load on those heard of spread over as many as give each what is
// aimed at. Hosts that are known and not heard of may have room: lanes to them come first.
func (t Traffic) Need() int {
	if !t.Near() {
		return 0
	}
	hosts := uint64(max(t.Hosts, 1))
	wanted := min((hosts*t.pressure()+aimed-1)/aimed, maxRise*hosts)
	return min(max(int(wanted)-t.Known, 0), MaxNeed)
}

// Rate is how many calls a second more hosts would take over: those that found no room, or the part of the others that the hosts are loaded with
// beyond what is aimed at.
func (t Traffic) Rate(window time.Duration) uint32 {
	calls := t.Short
	if p := t.pressure(); p > aimed {
		calls = max(calls, t.Calls*(p-aimed)/p)
	}
	return uint32(min(calls*uint64(time.Second)/uint64(max(window, 1)), math.MaxUint32))
}

// Delay is how long one of so many nodes waits before it takes a new function that need hosts are to have, u being its own random number in
// (0, 1]. About need of them do at once, and twice as many with each turn that passes without enough of them on chain, however many nodes there are.
func Delay(u float64, nodes, need int) time.Duration {
	turns := math.Log2(u * float64(max(nodes, 1)) / float64(max(need, 1)))
	return time.Duration(max(turns, 0) * float64(turn))
}

// Call is what is remembered of the last time that a function was announced.
type Call struct {
	at    time.Time
	need  int
	boost float64
	// Answered counts those who have become hosts since.
	Answered int
}

// Said tells whether as much need has been announced less than a Beat ago that another word of it, by whoever else sees it, is none too few.
func (c *Call) Said(now time.Time, need int) bool { return now.Sub(c.at) < Beat && need <= 2*c.need }

// Hear takes an announcement and returns the chance with which each of so many nodes is to step in, so that as many do as are needed: of several
// within a Beat the largest counts. Nodes that would not take the function do not answer; so the chance doubles with each in a row that fewer than
// half have answered.
func (c *Call) Hear(now time.Time, need, nodes int) (chance float64) {
	since, more := now.Sub(c.at), need
	switch {
	case since < Beat-Beat/8: // announcements come by the clocks of others
		more = max(need-c.need, 0)
		c.need += more
	case since > 3*Beat:
		*c = Call{at: now, need: need, boost: 1}
	case 2*c.Answered < c.need:
		*c = Call{at: now, need: need, boost: min(2*c.boost, maxBoost)}
	default:
		*c = Call{at: now, need: need, boost: max(c.boost/2, 1)}
	}
	return min(c.boost*float64(more)/float64(max(nodes, 1)), 1)
}

// Calls are what is remembered of functions, by id.
type Calls map[string]*Call

// Of returns a function's. For one that is new any other is forgotten where there are as many as most.
func (c Calls) Of(functionID string, most int) *Call {
	call := c[functionID]
	if call == nil {
		for other := range c {
			if len(c) < most {
				break
			}
			delete(c, other)
		}
		call = new(Call)
		c[functionID] = call
	}
	return call
}

// Worth tells whether stepping in pays: what the node's part of the calls that find no room brings in while it is tried has to be worth the gas of
// coming and going. rate is of such calls a second, income the host's part of one, in uorb.
func Worth(rate uint32, need int, income, gas uint64, trial time.Duration) bool {
	calls := uint64(rate) * uint64(trial/time.Second) / uint64(max(need, 1))
	return calls > 0 && (income == 0 && gas == 0 || income > 0 && calls >= Least(income, gas))
}

// Stays tells whether a host that has served so many requests of the least that pay for it goes on with the function, u being its own random
// number in [0, 1). Of many that share too few requests as many stay as these pay for; all would leave otherwise, and be called back.
func Stays(served, least uint64, u float64) bool { return float64(served) > u*float64(least) }

// Least is how many requests bring in what coming and going costs; at least one.
func Least(income, gas uint64) uint64 {
	if income == 0 {
		return math.MaxUint64
	}
	return max((gas+income-1)/income, 1)
}
