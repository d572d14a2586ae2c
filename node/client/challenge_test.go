package client

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/possession"
)

// shows answers challenges for one host: with the chunks of artifact, or by its own rule.
type shows struct {
	artifact map[string][]byte
	late     map[string]bool
}

func (s shows) Challenge(ctx context.Context, orbID string, c peer.Challenge) (*peer.Possession, error) {
	if s.late[orbID] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	artifact, held := s.artifact[orbID]
	if !held {
		return nil, peer.ErrNotHeld
	}
	chunk, path, err := possession.Prove(artifact, c.Index)
	return &peer.Possession{Chunk: chunk, Path: path}, err
}

// soon ends what a late host keeps waiting.
type soon struct{ Challenger }

func (s soon) Challenge(ctx context.Context, orbID string, c peer.Challenge) (*peer.Possession, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	return s.Challenger.Challenge(ctx, orbID, c)
}

func TestChallengedOnConnect(t *testing.T) {
	n := newNetwork(t, 4)
	n.artifact = bytes.Repeat([]byte("right"), 3000)
	honest, liar, late, empty := n.host(0), n.host(1), n.host(2), n.host(3)
	answers := shows{late: map[string]bool{late.id: true}, artifact: map[string][]byte{
		honest.id: n.artifact, liar.id: bytes.Repeat([]byte("wrong"), 3000),
	}}
	registry := prometheus.NewRegistry()
	c := n.client(t, func(cfg *Config) { cfg.Challenger, cfg.Registerer = soon{answers}, registry })
	callMany(t, c, 4, 10)

	state := func(h *testHost) (dropped error, resting bool) {
		known, err := c.host(h.id)
		require.NoError(t, err)
		known.mu.Lock()
		defer known.mu.Unlock()
		return known.dropped, time.Now().Before(known.resting)
	}
	require.Eventually(t, func() bool {
		wrong, _ := state(liar)
		_, resting := state(late)
		return wrong != nil && resting
	}, 5*time.Second, time.Millisecond)
	wrong, _ := state(liar)
	require.ErrorIs(t, wrong, ErrNoPossession)
	for _, h := range []*testHost{honest, empty} {
		dropped, resting := state(h)
		require.NoError(t, dropped)
		require.False(t, resting)
	}
	before := [2]int{liar.served, late.served}
	callMany(t, c, 4, 20)
	require.Equal(t, before, [2]int{liar.served, late.served}, "out of routing")
	families, err := registry.Gather()
	require.NoError(t, err)
	outcomes := make(map[string]float64)
	for _, family := range families {
		if family.GetName() == "orb_client_challenges_total" {
			for _, m := range family.GetMetric() {
				outcomes[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	require.Equal(t, map[string]float64{"ok": 1, "wrong": 1, "late": 1, "not_held": 1}, outcomes)
}
