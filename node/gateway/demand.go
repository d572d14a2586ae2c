package gateway

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/peer"
)

const (
	// announceEvery is how often it is looked at which functions need more hosts.
	announceEvery = time.Second
	// maxAnnounced bounds the functions of one round, so that peers, which limit each author, pass all on.
	maxAnnounced = 8
	// repeatAfter is how long a function that has been announced leaves the room to others.
	repeatAfter = 3 * time.Second
)

// announce gossips which functions need more hosts, until ctx ends.
func (s *superNode) announce(ctx context.Context) {
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	last := make(map[string]time.Time)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		maps.DeleteFunc(last, func(_ string, at time.Time) bool { return now.Sub(at) >= repeatAfter })
		for _, d := range demands(s.client.Traffic(), last) {
			last[d.FunctionID] = now
			data, err := d.Marshal()
			if err != nil {
				s.log.Error("demand not gossiped", "function", d.FunctionID, "error", err)
				continue
			}
			if err := s.peers.Publish(ctx, peer.TopicDemand, data); err != nil {
				s.log.Warn("demand not gossiped", "function", d.FunctionID, "error", err)
				continue
			}
			s.log.Info("more hosts wanted", "function", d.FunctionID, "hosts", d.Need, "calls_per_second", d.Rate)
		}
	}
}

// demands are what is announced of one round's traffic, the most needed first, without what was announced last.
func demands(traffic []client.FunctionTraffic, last map[string]time.Time) []balance.Demand {
	var wanted []balance.Demand
	for _, t := range traffic {
		if _, said := last[t.Function.Id]; said {
			continue
		}
		if need := t.Need(); need > 0 {
			wanted = append(wanted, balance.Demand{FunctionID: t.Function.Id, Need: need, Rate: t.Rate(announceEvery)})
		}
	}
	slices.SortFunc(wanted, func(a, b balance.Demand) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.FunctionID, b.FunctionID))
	})
	return wanted[:min(len(wanted), maxAnnounced)]
}
