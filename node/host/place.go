package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"cosmossdk.io/math"
	"golang.org/x/sync/errgroup"

	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// maxPlaces bounds the functions that are looked at in an epoch for a paid place.
const maxPlaces = 100

// takePlaces has open seeds of this node become paid ones, where a function pays for more hosts than do their work.
func (h *Host) takePlaces(ctx context.Context, random func() float64) error {
	open := h.openSeeds()
	if h.cfg.OpenOnly || len(open) == 0 {
		return nil
	}
	params, err := h.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("asking for the params of x/seeding: %w", err)
	}
	own, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	if err != nil {
		return fmt.Errorf("asking for the node: %w", err)
	}
	if own.Node.Bond.LT(math.NewIntFromUint64(params.Params.MinBond)) {
		return nil
	}
	// Together, so that they go on chain together and the next epoch's proof is not kept waiting.
	var taking errgroup.Group
	taking.SetLimit(seedsAtOnce)
	for _, f := range open {
		taking.Go(func() error {
			v, err := h.vacancies(ctx, f.version.FunctionId, params)
			if err == nil && random() < v.chance() {
				err = h.takePlace(ctx, f, v)
			}
			if err != nil {
				return fmt.Errorf("a paid place of %s: %w", f.name, err)
			}
			return nil
		})
	}
	return taking.Wait()
}

// openSeeds are functions that the node serves as an open seed, any maxPlaces of them.
func (h *Host) openSeeds() (open []*function) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, paid := range h.seeds {
		if f := h.functions[id]; f != nil && !paid && len(open) < maxPlaces {
			open = append(open, f)
		}
	}
	return open
}

// vacancies are the paid places of a function that this node may take.
type vacancies struct {
	// free places nobody has; held are the nodes of those whose holders do not do their work.
	free int
	held []string
	// rivals are the open seeds that may take them, this node's among them.
	rivals int
}

// chance is with which each of the rivals is to go ahead, so that about as many do as there are places: who comes too late has paid gas for nothing.
func (v vacancies) chance() float64 { return float64(v.free+len(v.held)) / float64(max(v.rivals, 1)) }

func (h *Host) vacancies(ctx context.Context, id string, params *seedingtypes.QueryParamsResponse) (v vacancies, err error) {
	escrow, err := h.cfg.Rewards.Escrow(ctx, &rewardstypes.QueryEscrowRequest{FunctionId: id})
	if notFound(err) {
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("asking for the escrow: %w", err)
	}
	replicas, rate := escrow.Escrow.Hosting(params.Epoch + 1)
	if replicas == 0 {
		return v, nil
	}
	v.free = int(replicas)
	minBond := math.NewIntFromUint64(params.Params.MinBond)
	var idle []string
	outserves := false
	if err := h.seedsOf(ctx, id, func(s seedingtypes.SeedWithNode) bool {
		switch {
		case s.Seed.Paid:
			v.free--
			if s.Seed.Stale(params.Params, s.Node, params.Epoch) {
				v.held = append(v.held, s.Seed.OrbId)
			} else if s.Seed.Idle(params.Params, params.Epoch) {
				idle = append(idle, s.Seed.OrbId)
			}
		case s.Node.Bond.GTE(minBond):
			v.rivals++
			if s.Seed.OrbId == h.orbID {
				outserves = s.Seed.Outserves(params.Params, rate, params.Epoch)
			}
		}
		return true
	}); err != nil {
		return v, err
	}
	v.free = max(v.free, 0)
	if outserves {
		v.held = append(v.held, idle...)
	}
	return v, nil
}

// takePlace asks for a paid place, that of another node where none is free.
func (h *Host) takePlace(ctx context.Context, f *function, v vacancies) error {
	id := f.version.FunctionId
	artifact, err := h.cfg.Artifacts.Get(ctx, f.version.Artifact.Cid, f.version.Artifact.Size_)
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.version.Artifact.Cid, err)
	}
	msg, err := h.application(ctx, id, artifact)
	if err != nil {
		return err
	}
	if v.free == 0 {
		msg.Displace = v.held[rand.IntN(len(v.held))]
	}
	result, err := h.cfg.Sender.Send(ctx, msg)
	if errors.Is(err, seedingtypes.ErrExists) || errors.Is(err, seedingtypes.ErrNotDisplaceable) {
		return nil // another was quicker
	}
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, seeded := h.seeds[id]; seeded {
		h.seeds[id] = paidBy(result)
	}
	h.log.Info("paid place taken", "function", id, "name", f.name, "from", msg.Displace)
	return nil
}
