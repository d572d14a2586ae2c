package gateway

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/demand"
	"github.com/orbnetwork/orb/node/peer"
)

const (
	// announceEvery is how often it is looked at which functions need more hosts.
	announceEvery = time.Second
	// maxAnnounced bounds the functions of one round, so that peers, which limit each author, pass all on.
	maxAnnounced = 8
	// maxSaid bounds the functions of which it is remembered who announced them; past it, any are forgotten.
	maxSaid = 10_000
)

// announce gossips which functions need more hosts, until ctx ends.
func (s *superNode) announce(ctx context.Context) {
	said := announced{calls: make(balance.Calls)}
	var tasks sync.WaitGroup
	defer tasks.Wait()
	tasks.Go(func() {
		if err := demand.Heed(ctx, s.peers, s.chain.Functions(), func(_ string, d balance.Demand) { said.note(time.Now(), d) }); err != nil {
			s.log.Error("what other super nodes announce is not heard", "error", err)
		}
	})
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, d := range said.missing(time.Now(), s.client.Traffic()) {
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

// announced is what was last announced of each function, by this super node or another.
type announced struct {
	mu    sync.Mutex
	calls balance.Calls
}

func (a *announced) note(now time.Time, d balance.Demand) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.noteLocked(now, d)
}

func (a *announced) noteLocked(now time.Time, d balance.Demand) {
	a.calls.Of(d.FunctionID, maxSaid).Hear(now, d.Need, 0)
}

// missing is what is to be announced of one round's traffic, the most needed first, without what somebody has just said. It counts as announced.
func (a *announced) missing(now time.Time, traffic []client.FunctionTraffic) []balance.Demand {
	a.mu.Lock()
	defer a.mu.Unlock()
	var wanted []balance.Demand
	for _, t := range traffic {
		d := balance.Demand{FunctionID: t.Function.Id, Need: t.Need(), Rate: t.Rate(announceEvery)}
		if c := a.calls[d.FunctionID]; d.Need > 0 && d.Rate > 0 && (c == nil || !c.Said(now, d.Need)) {
			wanted = append(wanted, d)
		}
	}
	slices.SortFunc(wanted, func(a, b balance.Demand) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.FunctionID, b.FunctionID))
	})
	wanted = wanted[:min(len(wanted), maxAnnounced)]
	for _, d := range wanted {
		a.noteLocked(now, d)
	}
	return wanted
}
