package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
)

// As in node/client and node/gateway; times in ticks.
const (
	maxTries     = 16
	freshLoad    = 3
	backoff      = 10 // for which a host is left alone that did not answer
	maxAnnounced = 8
)

// lane of a gateway to a host, with what the host said last of its load.
type lane struct {
	seed  *seed
	from  int // tick from which it is open
	away  int // tick until which the host is left alone
	load  uint32
	heard int // tick at which it said so
}

// view is what one gateway knows of one function.
type view struct {
	lanes       []lane
	calls       uint64
	short       uint64
	provisioned int // tick
	began       bool
}

// room tells whether more requests may go to a host, as far as is known.
func (l *lane) room(tick int) bool {
	return tick >= l.away && balance.Room(l.said(tick))
}

// said is the host's last word on its load, if that is fresh.
func (l *lane) said(tick int) uint32 {
	if tick-l.heard > freshLoad {
		return 0
	}
	return l.load
}

// provision opens lanes to hosts with room, as many as balance says, and lets go of those that ended.
func (s *simulation) provision(v *view, f *function) {
	if v.began && v.provisioned == s.tick {
		return
	}
	first := !v.began
	v.began, v.provisioned = true, s.tick
	v.lanes = slices.DeleteFunc(v.lanes, func(l lane) bool { return l.seed.left })
	room := 0
	for i := range v.lanes {
		if v.lanes[i].room(s.tick) {
			room++
		}
	}
	more := balance.Lanes(len(v.lanes), room)
	if more == 0 {
		return
	}
	s.stamp++
	for i := range v.lanes {
		v.lanes[i].seed.stamp = s.stamp
	}
	at := s.random.IntN(max(len(f.seeds), 1))
	for i := 0; i < len(f.seeds) && more > 0; i++ {
		one := f.seeds[(at+i)%len(f.seeds)]
		if s.tick < one.from || one.stamp == s.stamp {
			continue
		}
		l := lane{seed: one, from: s.tick + opening, heard: -freshLoad - 1}
		if first {
			l.from = s.tick // lanes are there before the simulation begins
		}
		if s.nodes[one.node].down {
			l.away = s.tick + backoff
		} else {
			more--
		}
		v.lanes = append(v.lanes, l)
	}
}

// choose returns the better of two lanes with room taken at random, or of two without where none has any; nil when there is none that was not tried.
// Lanes up to tried were.
func (s *simulation) choose(v *view, tried int) *lane {
	var found [2]int
	room, other := 0, -1
	for i := tried; i < len(v.lanes) && room < len(found); i++ {
		j := i + s.random.IntN(len(v.lanes)-i)
		v.lanes[i], v.lanes[j] = v.lanes[j], v.lanes[i]
		switch l := &v.lanes[i]; {
		case s.tick < l.from || s.tick < l.away || l.seed.left:
		case l.room(s.tick):
			found[room] = i
			room++
		case other < 0 || l.load < v.lanes[other].load:
			other = i
		}
	}
	p := balance.Pick(room, s.random.IntN, func(i int) int64 { return balance.Cost(time.Millisecond, 0, v.lanes[found[i]].said(s.tick)) })
	at := other
	if p >= 0 {
		at = found[p]
	}
	if at < 0 {
		return nil
	}
	v.lanes[tried], v.lanes[at] = v.lanes[at], v.lanes[tried]
	return &v.lanes[tried]
}

// request sends one request, to further hosts while they are busy or down. It returns how many were asked, and whether one served it.
func (s *simulation) request(v *view) (tries int, ok bool) {
	v.calls++
	for tries < maxTries {
		l := s.choose(v, tries)
		if l == nil {
			break
		}
		tries++
		n := &s.nodes[l.seed.node]
		if n.down {
			l.away = s.tick + backoff
			continue
		}
		load := s.load(n)
		l.heard = s.tick
		if load >= 1000 {
			l.load = 1000
			continue
		}
		l.load = load
		n.used++
		l.seed.served++
		return tries, true
	}
	v.short++
	return tries, false
}

// traffic is what a gateway counts of a function in a tick.
func (s *simulation) traffic(v *view, f *function) balance.Traffic {
	t := balance.Traffic{Calls: v.calls, Short: v.short, Known: 0}
	for _, one := range f.seeds {
		if s.tick >= one.from {
			t.Known++
		}
	}
	var load uint64
	for i := range v.lanes {
		switch l := &v.lanes[i]; {
		case s.tick < l.away:
			t.Known--
		case s.tick-l.heard <= freshLoad:
			t.Hosts++
			load += uint64(l.load)
		}
	}
	t.Load = uint32(load / uint64(max(t.Hosts, 1)))
	v.calls, v.short = 0, 0
	return t
}

// announce has each gateway, in random order, gossip what it is short of and nobody else has said.
func (s *simulation) announce() {
	type wanted struct {
		function, need int
		rate           uint32
	}
	s.now = 1
	for _, g := range s.random.Perm(len(s.views)) {
		var all []wanted
		for i := range s.views[g] {
			v, f := &s.views[g][i], &s.functions[i]
			if v.calls == 0 {
				continue
			}
			t := s.traffic(v, f)
			if !t.Near() {
				continue
			}
			if need, rate := t.Need(), t.Rate(time.Second); need > 0 && rate > 0 && !f.call.Said(s.clock(), need) {
				all = append(all, wanted{i, need, rate})
			}
		}
		slices.SortFunc(all, func(a, b wanted) int {
			return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.function, b.function))
		})
		for _, w := range all[:min(len(all), maxAnnounced)] {
			s.announced++
			s.hear(&s.functions[w.function], w.need, w.rate)
		}
	}
}
