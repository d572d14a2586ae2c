package types_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// TestGrinding: who proposes the last block of an epoch may try several contents of it, and keep the one whose beacon leaves its node in
// peace. With a share s of the power and k tries, of which each draws the node with p, it is drawn in p·(1-s) + s·p^k of the epochs: however
// many tries, never in less than p·(1-s).
func TestGrinding(t *testing.T) {
	const epochs, draws, nodes, node = 20_000, 200, 400, "12D3KooWGrinding"
	p := float64(draws) / nodes
	for _, c := range []struct {
		share, tries uint64 // share in percent
	}{{0, 1}, {10, 16}, {33, 1}, {33, 4}, {33, 64}} {
		var drawn int
		previous := []byte("genesis")
		for epoch := range uint64(epochs) {
			tries := uint64(1)
			if epoch%100 < c.share {
				tries = c.tries
			}
			var beacon types.Beacon
			for try := range tries {
				content := binary.BigEndian.AppendUint64([]byte("app hash"), try)
				beacon = types.Beacon{Value: types.NextBeacon(previous, content, int64(epoch)), Draws: draws, Nodes: nodes}
				if !beacon.Drawn(node) {
					break
				}
			}
			if beacon.Drawn(node) {
				drawn++
			}
			previous = beacon.Value
		}
		s := float64(c.share) / 100
		want := p*(1-s) + s*math.Pow(p, float64(c.tries))
		deviation := 4 * math.Sqrt(want*(1-want)/epochs)
		rate := float64(drawn) / epochs
		require.InDelta(t, want, rate, deviation, "share %v, %d tries", s, c.tries)
		require.GreaterOrEqual(t, rate, p*(1-s)-deviation)
	}
}
