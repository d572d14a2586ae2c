package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/possession"
)

const (
	// challenged is how many of its functions a host is challenged for on one connection.
	challenged = 3
	// lateBackoff keeps a host out of routing that did not answer a challenge.
	lateBackoff = time.Minute
)

// ErrNoPossession says that a host has shown something else than the artifact that it claims to seed. Such a host is not called again.
var ErrNoPossession = errors.New("the host does not have what it claims to seed")

// challenge has a host show random chunks of what it claims to seed. One that shows wrong bytes is dropped; one that does not answer in
// time is left alone for a while.
func (c *Client) challenge(ctx context.Context, h *host, conn *peer.Conn) {
	functions := c.directory.seededBy(h.orbID)
	rand.Shuffle(len(functions), func(i, j int) { functions[i], functions[j] = functions[j], functions[i] })
	for _, fn := range functions[:min(len(functions), challenged)] {
		if !fn.Serves() || fn.Version.Artifact.Size_ == 0 {
			continue
		}
		err := c.challengeFor(ctx, h, fn)
		switch {
		case err == nil:
			c.metrics.challenges.WithLabelValues("ok").Inc()
		case errors.Is(err, ErrNoPossession):
			c.metrics.challenges.WithLabelValues("wrong").Inc()
			c.cfg.Log.Error("host dropped", "host", h.orbID, "function", fn.Id, "error", err)
			h.drop(err)
			return
		case errors.Is(err, peer.ErrNotHeld):
			// It may not have fetched the version yet, and refuses calls of it too.
			c.metrics.challenges.WithLabelValues("not_held").Inc()
		default:
			select {
			case <-ctx.Done():
				return
			case <-conn.Done():
				return // that says enough
			default:
			}
			c.metrics.challenges.WithLabelValues("late").Inc()
			c.cfg.Log.Warn("host did not show what it seeds", "host", h.orbID, "function", fn.Id, "error", err)
			conn.Close()
			<-conn.Done()
			h.rest(lateBackoff)
			return
		}
	}
}

func (c *Client) challengeFor(ctx context.Context, h *host, fn *Function) error {
	artifact := fn.Version.Artifact
	index := rand.Uint64N(possession.Chunks(artifact.Size_))
	p, err := c.cfg.Challenger.Challenge(ctx, h.orbID, peer.Challenge{FunctionID: fn.Id, Version: fn.Version.Number, Index: index})
	if err != nil {
		return err
	}
	if err := possession.Verify(artifact.MerkleRoot, artifact.Size_, index, p.Chunk, p.Path); err != nil {
		return fmt.Errorf("%w: chunk %d of version %d: %w", ErrNoPossession, index, fn.Version.Number, err)
	}
	return nil
}

// rest keeps a host without a connection for at least a while.
func (h *host) rest(least time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resting = time.Now().Add(least)
}
