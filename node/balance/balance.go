// Package balance holds the rules by which requests spread over hosts and hosts over functions: which host a request goes to, when a function
// needs more of them, and which idle nodes step in. They are pure, so that gateways, hosts and the simulation of the network follow the same ones.
package balance

import (
	"math"
	"time"
)

const (
	// fullLoad is a host that takes no more; loads are in per mille of it.
	fullLoad = 1000
	// nearLimit is the load above which a function's hosts are too few, and aimed the load that enough of them would have.
	nearLimit = 700
	aimed     = 500
	// maxRise bounds how many times the hosts of a function may grow by one announcement. What is seen of an overload says little about
	// its size: callers who wait ask again.
	maxRise = 3
	// MaxNeed bounds the hosts that one announcement asks for.
	MaxNeed = 256
	// leastLatency keeps a host that has answered nothing yet from looking free.
	leastLatency = 50 * time.Microsecond
	// Beat is how long it takes until nodes see on chain that others have stepped in.
	Beat = 2 * time.Second
)

// Cost orders hosts: the expected time of one more request, made worse by the host's own word on its load, in per mille.
func Cost(latency time.Duration, inflight int64, load uint32) int64 {
	return int64(max(latency, leastLatency)) * (1 + inflight) * int64(250+load) / 250
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

// Traffic is what a gateway saw of one function for a while.
type Traffic struct {
	// Calls that came, and those of them that found no room at any host but the gateway's own.
	Calls, Short uint64
	// Hosts that took calls, the gateway's own apart, and their mean load in per mille.
	Hosts int
	Load  uint32
	// Known hosts are all that seed the function and may be up, those included that the gateway has no lane to yet.
	Known int
	// Sampled: Hosts are not those there are lanes to so far, but as many as a gateway has lanes to at most, and stand for all that are known.
	Sampled bool
}

// Near tells whether the hosts run near their limits.
func (t Traffic) Near() bool { return t.Calls > 0 && t.pressure() > nearLimit }

// pressure is the load on the hosts in per mille of what they take, were none of the calls refused.
func (t Traffic) pressure() uint64 {
	load := uint64(t.Load)
	if t.Short > 0 {
		load = fullLoad + fullLoad*t.Short/max(t.Calls-min(t.Short, t.Calls), 1)
	}
	return load
}

// Need is how many hosts the function should have beyond those known.
func (t Traffic) Need() int {
	if !t.Near() {
		return 0
	}
	hosts := uint64(max(t.Hosts, 1))
	if t.Sampled {
		hosts = uint64(max(t.Known, 1))
	}
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

// Delay is how long one of so many idle nodes waits before it steps in where need more hosts are wanted, u being its own random number in
// (0, 1]. About need of them do at once, and with each Beat that passes without enough of them on chain twice as many, however many nodes there are.
func Delay(u float64, nodes, need int) time.Duration {
	beats := math.Log2(u * float64(max(nodes, 1)) / float64(max(need, 1)))
	return time.Duration(max(beats, 0) * float64(Beat))
}

// Worth tells whether stepping in pays: what the node's part of the calls that find no room brings in while it is tried has to be worth the gas of
// coming and going. rate is of such calls a second, income the host's part of one, in uorb.
func Worth(rate uint32, need int, income, gas uint64, trial time.Duration) bool {
	calls := uint64(rate) * uint64(trial/time.Second) / uint64(max(need, 1))
	return calls > 0 && (income == 0 && gas == 0 || income > 0 && calls >= Least(income, gas))
}

// Least is how many requests bring in what coming and going costs; at least one.
func Least(income, gas uint64) uint64 {
	if income == 0 {
		return math.MaxUint64
	}
	return max((gas+income-1)/income, 1)
}
