package types_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

// TestDrawFollowsPower: over many draws of one, each candidate comes up as often as its power says.
func TestDrawFollowsPower(t *testing.T) {
	candidates := []types.Elector{{Validator: "a", Power: 50}, {Validator: "b", Power: 30}, {Validator: "c", Power: 20}, {Validator: "idle"}}
	const rounds = 20_000
	count := map[string]int{}
	for i := range rounds {
		seed := sha256.Sum256(fmt.Append(nil, i))
		drawn := types.Draw(candidates, 1, seed[:])
		require.Len(t, drawn, 1)
		count[drawn[0].Validator]++
	}
	for _, c := range candidates {
		expected := float64(c.Power) / 100 * rounds
		require.InDelta(t, expected, count[c.Validator], 5*math.Sqrt(rounds)/2, c.Validator)
	}
}

// TestDrawEdges: nobody twice, nobody without power, and never more than there are.
func TestDrawEdges(t *testing.T) {
	huge := []types.Elector{{Validator: "a", Power: math.MaxInt64 / 8}, {Validator: "b", Power: 1}, {Validator: "c", Power: -1}}
	require.Equal(t, huge[:2], types.Draw(huge, 10, nil))
	require.Equal(t, huge[:2], types.Draw(huge, 2, nil))
	require.Empty(t, types.Draw(nil, 3, nil))
	require.Empty(t, types.Draw(huge, 0, nil))
	require.EqualValues(t, math.MaxInt64/8, huge[0].Power, "candidates are left as they were")
}
