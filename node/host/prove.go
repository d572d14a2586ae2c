package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/possession"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	proveTick = 500 * time.Millisecond
	// claimEpochs is how many epochs of hosting pay are claimed at once: the pay keeps, and each claim costs gas.
	claimEpochs = 4
	// maxClaims bounds the functions of one claim of hosting pay.
	maxClaims = 50
)

// proveLoop answers each epoch's challenge as soon as it is known, so that there is time to retry, and claims hosting pay.
func (h *Host) proveLoop() {
	tick := time.NewTicker(proveTick)
	defer tick.Stop()
	var epochBlocks, proven, claimed uint64
	pause := proveTick
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		if epochBlocks == 0 {
			answer, err := h.cfg.Seeding.Params(h.ctx, &seedingtypes.QueryParamsRequest{})
			if err != nil {
				continue // the chain is away; the next tick asks again
			}
			epochBlocks = max(answer.Params.EpochBlocks, 1)
			claimed = answer.Epoch
		}
		epoch := uint64(max(h.height.Load(), 0)) / epochBlocks
		if epoch <= proven || !h.seeding() {
			continue
		}
		if err := h.prove(h.ctx); err != nil {
			h.failed("proving possession", err)
			pause = min(2*pause, 10*time.Second)
			tick.Reset(pause)
			continue
		}
		if err := h.takePlaces(h.ctx, rand.Float64); err != nil {
			h.failed("looking for paid places", err)
		}
		proven, pause = epoch, proveTick
		tick.Reset(pause)
		if epoch >= claimed+claimEpochs {
			if err := h.claim(h.ctx); err != nil {
				h.failed("claiming hosting pay", err)
			}
			claimed = epoch
		}
	}
}

// seeding tells whether there is anything to prove.
func (h *Host) seeding() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.seeds) > 0
}

// prove shows the chunk that the node is asked for in the current epoch, when it is drawn or about to claim. A node with open seeds alone is paid for
// no proof: it gives one as a sign of life, when no other has been given for half of the time after which it is forgotten.
func (h *Host) prove(ctx context.Context) error {
	answer, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	if err != nil {
		return fmt.Errorf("asking for the node: %w", err)
	}
	node := answer.Node
	if node.PaidSeeds == 0 {
		params, err := h.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
		if err != nil {
			return fmt.Errorf("asking for the params of x/seeding: %w", err)
		}
		if params.Epoch <= node.Seen+params.Params.DeadEpochs/2 {
			return nil
		}
	}
	challenge, err := h.cfg.Seeding.Challenge(ctx, &seedingtypes.QueryChallengeRequest{OrbId: h.orbID})
	if err != nil {
		return fmt.Errorf("asking for the challenge: %w", err)
	}
	// A proof vouches for the epochs before in which the node was not drawn: more than one a claim would only cost gas.
	due := challenge.Drawn || node.PaidSeeds == 0 || challenge.Epoch >= node.ProvenThrough+claimEpochs
	if node.ProvenThrough >= challenge.Epoch || !due {
		return nil
	}
	proof, err := h.answerChallenge(ctx, challenge)
	if err != nil {
		return err
	}
	if _, err = h.cfg.Sender.Send(ctx, proof); err != nil && !errors.Is(err, seedingtypes.ErrAlreadyProven) {
		return err
	}
	return nil
}

// proof is the answer to the current epoch's challenge, drawn or not; nil when that is proven already.
func (h *Host) proof(ctx context.Context) (*seedingtypes.MsgProve, error) {
	challenge, err := h.cfg.Seeding.Challenge(ctx, &seedingtypes.QueryChallengeRequest{OrbId: h.orbID})
	if err != nil {
		return nil, fmt.Errorf("asking for the challenge: %w", err)
	}
	answer, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	if err != nil {
		return nil, fmt.Errorf("asking for the node: %w", err)
	}
	if answer.Node.ProvenThrough >= challenge.Epoch {
		return nil, nil
	}
	return h.answerChallenge(ctx, challenge)
}

func (h *Host) answerChallenge(ctx context.Context, challenge *seedingtypes.QueryChallengeResponse) (*seedingtypes.MsgProve, error) {
	h.mu.Lock()
	f := h.holds(challenge.FunctionId, challenge.Version)
	h.mu.Unlock()
	if f == nil {
		return nil, fmt.Errorf("version %d of function %s is not here yet", challenge.Version, challenge.FunctionId)
	}
	// What a damaged disk has lost may be with nobody any more; the next epoch asks for another.
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	artifact, err := h.cfg.Artifacts.Get(ctx, f.version.Artifact.Cid, f.version.Artifact.Size_)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.version.Artifact.Cid, err)
	}
	proof, err := prove(artifact, challenge.ChunkIndex)
	if err != nil {
		return nil, err
	}
	return &seedingtypes.MsgProve{
		Operator: h.cfg.Sender.Address(), OrbId: h.orbID, FunctionId: challenge.FunctionId, Epoch: challenge.Epoch, Proof: proof,
	}, nil
}

// Show answers a gateway's challenge for a version that is served here.
func (h *Host) Show(ctx context.Context, c peer.Challenge) (peer.Possession, error) {
	h.mu.Lock()
	f := h.holds(c.FunctionID, c.Version)
	h.mu.Unlock()
	if f == nil {
		return peer.Possession{}, peer.ErrNotHeld
	}
	artifact, err := h.cfg.Artifacts.Get(ctx, f.version.Artifact.Cid, f.version.Artifact.Size_)
	if err != nil {
		return peer.Possession{}, fmt.Errorf("reading %s: %w", f.version.Artifact.Cid, err)
	}
	chunk, path, err := possession.Prove(artifact, c.Index)
	return peer.Possession{Chunk: chunk, Path: path}, err
}

// claim draws the hosting pay of the paid seeds.
func (h *Host) claim(ctx context.Context) error {
	h.mu.Lock()
	var paid []string
	for _, id := range slices.Sorted(maps.Keys(h.seeds)) {
		if h.seeds[id] {
			paid = append(paid, id)
		}
	}
	h.mu.Unlock()
	var errs []error
	for chunk := range slices.Chunk(paid, maxClaims) {
		_, err := h.cfg.Sender.Send(ctx, &rewardstypes.MsgClaimHosting{Sender: h.cfg.Sender.Address(), OrbId: h.orbID, FunctionIds: chunk})
		if err != nil && !errors.Is(err, rewardstypes.ErrNothingPaid) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
