package host

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/node/balance"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	// maxHeard bounds the functions whose announcements are remembered.
	maxHeard = 1024
	// idleLoad, in per mille, is up to what load a node takes on more.
	idleLoad = 500
	// rest is how long a node that has stepped in waits until it does again: its load does not show yet what it has taken on, and each function
	// costs gas, whoever asked.
	rest = 10 * time.Second
	// mirrorTick is how often it is looked at whether what was taken on demand still pays.
	mirrorTick = 5 * time.Second
	// distrust is how long a gateway is not listened to on whose word a function was taken that nobody then called.
	distrust = time.Hour
)

// asked is a demand that the node answers.
type asked struct {
	demand balance.Demand
	from   string
}

// mirror is a function that was taken on demand.
type mirror struct {
	from string
	// since begins the time in which it has to have served least requests beyond served.
	since         time.Time
	served, least uint64
}

// Demand takes the word of a super node that a function needs more hosts. Each node draws whether it steps in; this one does when the lot falls on
// it, it has room, it is within the policy and pays.
func (h *Host) Demand(from string, d balance.Demand) { h.hear(time.Now(), from, d, rand.Float64()) }

// hear draws u, in [0, 1). It reports whether the node steps in.
func (h *Host) hear(now time.Time, from string, d balance.Demand, u float64) bool {
	nodes := h.nodes()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || h.cfg.MirrorFor == 0 || now.Before(h.distrusted[from]) {
		return false
	}
	drawn := u < h.heard.Of(d.FunctionID, maxHeard).Hear(now, d.Need, nodes)
	_, seeded := h.seeds[d.FunctionID]
	busy := h.load(0) > idleLoad
	if !drawn || seeded || h.functions[d.FunctionID] != nil || busy || now.Sub(h.steppedIn) < rest {
		return false
	}
	h.steppedIn = now
	h.onDemand[d.FunctionID] = &asked{demand: d, from: from}
	h.wanted[d.FunctionID] = true
	h.signal()
	return true
}

// nodes is about how many there are in the network.
func (h *Host) nodes() int {
	if h.cfg.Nodes == nil {
		return 1
	}
	return h.cfg.Nodes()
}

// stepped counts that a node has become a seed.
func (h *Host) stepped(event *seedingtypes.EventSeeded) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.heard[event.FunctionId]; c != nil {
		c.Answered++
	}
}

// demanded takes the demand on which a function is to be taken out of its list; nil when it is not.
func (h *Host) demanded(id string) *asked {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.onDemand[id]
	delete(h.onDemand, id)
	return a
}

// standing applies the bound on hosts that a function gets without being asked for: as many as it pays for, and Replicas. Who holds a paid place and does
// not prove is none.
func (h *Host) standing(ctx context.Context, fn functionstypes.Function) error {
	h.mu.Lock()
	replicas := h.policy.Replicas
	h.mu.Unlock()
	if replicas == 0 {
		return nil
	}
	if escrow, err := h.cfg.Rewards.Escrow(ctx, &rewardstypes.QueryEscrowRequest{FunctionId: fn.Id}); err == nil {
		for _, term := range escrow.Escrow.Terms {
			replicas = max(replicas, int(term.BaseReplicas))
		}
	}
	params, err := h.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("asking for the params of x/seeding: %w", err)
	}
	hosts := 0
	if err := h.seedsOf(ctx, fn.Id, func(s seedingtypes.SeedWithNode) bool {
		if !s.Seed.Stale(params.Params, s.Node, params.Epoch) {
			hosts++
		}
		return hosts < replicas
	}); err != nil {
		return err
	}
	if hosts >= replicas {
		return fmt.Errorf("%w: it has %d hosts; more are for when they are busy", errUnwanted, replicas)
	}
	return nil
}

// worth tells whether stepping in on a demand pays, and with how many requests. gas is what becoming a seed costs; ceasing to be one costs about
// the same.
func (h *Host) worth(ctx context.Context, fn functionstypes.Function, a *asked, gas math.Int) (least uint64, err error) {
	answer, err := h.cfg.Rewards.Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return 0, fmt.Errorf("asking for the params of x/rewards: %w", err)
	}
	// The host's part of many requests, as what one brings in is rounded.
	const many = 1000
	income := answer.Params.FeeSplit.Of(fn.Price.Amount, fn.OwnerShareBps, many).Host.Quo(math.NewInt(many))
	both := gas.MulRaw(2)
	if !income.IsUint64() || !both.IsUint64() || !balance.Worth(a.demand.Rate, a.demand.Need, income.Uint64(), both.Uint64(), h.cfg.MirrorFor) {
		return 0, fmt.Errorf("%w: %d calls a second without room at %s do not pay its gas", errUnwanted, a.demand.Rate, fn.Price)
	}
	return balance.Least(income.Uint64(), both.Uint64()), nil
}

// mirrored notes that a function was taken on demand, on disk too.
func (h *Host) mirrored(id, from string, least uint64) {
	h.mu.Lock()
	m := &mirror{from: from, since: time.Now(), least: least}
	if f := h.functions[id]; f != nil {
		m.served = f.served.Load()
	}
	h.mirrors[id] = m
	h.mu.Unlock()
	h.receipt.put(write{mirror: &mirrorRecord{function: id, least: least}})
}

// mirrorLoop gives up what was taken on demand and no longer pays.
func (h *Host) mirrorLoop() {
	tick := time.NewTicker(mirrorTick)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		for _, id := range h.idleMirrors(time.Now(), rand.Float64) {
			if err := h.unseed(h.ctx, id); err != nil {
				h.failed("giving up "+id, err)
			}
		}
	}
}

// idleMirrors returns the mirrors whose time is over without the requests that pay for them, of many with some as many as that is too many, and
// gives the others as much time again.
func (h *Host) idleMirrors(now time.Time, random func() float64) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var idle []string
	for id, m := range h.mirrors {
		if _, seeded := h.seeds[id]; !seeded {
			h.forgetMirror(id)
			continue
		}
		if now.Sub(m.since) < h.cfg.MirrorFor {
			continue
		}
		var served uint64
		if f := h.functions[id]; f != nil {
			served = f.served.Load()
		}
		// One that has become a paid seed pays by that.
		if h.seeds[id] || balance.Stays(served-m.served, m.least, random()) {
			m.since, m.served = now, served
			continue
		}
		if served == m.served && m.from != "" {
			h.distrusted[m.from] = now.Add(distrust)
		}
		m.from = "" // judged
		idle = append(idle, id)
	}
	return idle
}

// forgetMirror needs mu.
func (h *Host) forgetMirror(id string) {
	delete(h.mirrors, id)
	h.receipt.put(write{mirror: &mirrorRecord{function: id}})
}
