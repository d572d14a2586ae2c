package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func small(seed uint64) *simulation {
	c := defaults()
	c.seed, c.nodes, c.functions, c.gateways, c.ticks, c.killAt, c.riseAt = seed, 200, 20, 3, 80, 40, 60
	s := newSimulation(c)
	s.run()
	return s
}

// TestSimulation: the same seed gives the same numbers, and another one others; nodes step in where hosts are short, and no node serves more than it can.
func TestSimulation(t *testing.T) {
	first := small(1)
	require.Equal(t, first.report(), small(1).report())
	require.NotEqual(t, first.report(), small(2).report())
	require.Positive(t, first.steps)
	require.Greater(t, first.share(30, 40), 0.999, "mirrors have taken up what the first hosts could not")
	require.Greater(t, first.share(45, 60), 0.99, "a tenth of the nodes has ended")
	for i := range first.nodes {
		require.LessOrEqual(t, first.nodes[i].used, first.capacity+1)
	}
	copies, hops := first.gossip()
	require.InDelta(t, meshDegree/2, copies, meshDegree/2)
	require.Positive(t, hops)
}
