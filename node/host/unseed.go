package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// unseed ends the node's standing for a function on chain. A paid seed proves once more in the same transaction, so that all its epochs are
// paid. While it cannot end, e.g. because nothing pays the gas, a paid seed is served on: giving it up would forfeit what is not proven.
func (h *Host) unseed(ctx context.Context, id string) error {
	h.mu.Lock()
	paid := h.seeds[id]
	h.mu.Unlock()
	end := &seedingtypes.MsgUnseed{Operator: h.cfg.Sender.Address(), OrbId: h.orbID, FunctionId: id}
	if paid {
		proof, err := h.proof(ctx)
		if err == nil && proof != nil {
			_, err = h.cfg.Sender.Send(ctx, proof, end)
		}
		if err == nil && proof != nil {
			h.unseeded(id)
			return nil
		}
		if err != nil {
			h.log.Warn("a seed ends without a last proof", "function", id, "error", err)
		}
	} else {
		h.drop(id)
	}
	if _, err := h.cfg.Sender.Send(ctx, end); err != nil && !errors.Is(err, seedingtypes.ErrNotFound) {
		return fmt.Errorf("ending the seed: %w", err)
	}
	h.unseeded(id)
	return nil
}

// unseeded takes that the node is no seed of a function any more.
func (h *Host) unseeded(id string) {
	h.mu.Lock()
	_, was := h.seeds[id]
	delete(h.seeds, id)
	h.mu.Unlock()
	if was {
		h.log.Info("seed ended", "function", id)
	}
}

// displaced takes that another node has taken a seed's place: a paid one goes on as an open one, an open one has ended, and its function goes with
// it unless there is room again.
func (h *Host) displaced(event *seedingtypes.EventDisplaced) {
	h.log.Warn("displaced", "function", event.FunctionId, "by", event.By)
	if event.PaidThrough == 0 {
		h.unseeded(event.FunctionId)
		h.want(event.FunctionId)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seeds[event.FunctionId] = false
}

// vacated returns the node of an open seed whose place may be taken in a function that is full, any of them, so that not all who are called for try
// the same.
func (h *Host) vacated(ctx context.Context, id string) (orbID string, err error) {
	params, err := h.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
	if err != nil {
		return "", fmt.Errorf("asking for the params of x/seeding: %w", err)
	}
	own, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	if err != nil {
		return "", fmt.Errorf("asking for the node: %w", err)
	}
	var places []string
	if err := h.seedsOf(ctx, id, func(s seedingtypes.SeedWithNode) bool {
		if s.Seed.Vacates(params.Params, s.Node, own.Node.Bond, params.Epoch) {
			places = append(places, s.Seed.OrbId)
		}
		return true
	}); err != nil {
		return "", err
	}
	if len(places) == 0 {
		return "", fmt.Errorf("%w: it has as many hosts as it may, and all of them live", errUnwanted)
	}
	return places[rand.IntN(len(places))], nil
}
