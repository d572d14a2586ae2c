package balance

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNeed(t *testing.T) {
	for name, row := range map[string]struct {
		traffic Traffic
		need    int
	}{
		"nothing happens":              {Traffic{Hosts: 3, Load: 1000, Known: 3}, 0},
		"room enough":                  {Traffic{Calls: 100, Hosts: 3, Load: 700, Known: 3}, 0},
		"near the limit":               {Traffic{Calls: 100, Hosts: 5, Load: 800, Known: 5}, 3},
		"others are there already":     {Traffic{Calls: 100, Hosts: 5, Load: 800, Known: 8}, 0},
		"a third too much":             {Traffic{Calls: 120, Short: 30, Hosts: 4, Load: 1000, Known: 4}, 7},
		"ten times too much":           {Traffic{Calls: 1000, Short: 900, Hosts: 4, Load: 1000, Known: 4}, 8},
		"lanes to a few of many":       {Traffic{Calls: 100, Hosts: 64, Load: 900, Known: 200, Sampled: true}, 160},
		"nobody but the gateway":       {Traffic{Calls: 10, Short: 10}, 3},
		"a single message is bounded":  {Traffic{Calls: 1000, Short: 990, Hosts: 500, Load: 1000, Known: 500}, MaxNeed},
		"more short than came, a race": {Traffic{Calls: 1, Short: 3, Hosts: 1, Known: 1}, 2},
	} {
		require.Equal(t, row.need, row.traffic.Need(), name)
	}
}

// TestDelay: about as many nodes as are needed step in at once, and twice as many with each beat, whether there are ten nodes or a million.
func TestDelay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, nodes := range []int{100, 10_000, 1_000_000} {
		by := make([]int, 4)
		for range nodes {
			delay := Delay(1-random.Float64(), nodes, 16)
			for beat := range by {
				if delay <= time.Duration(beat)*Beat {
					by[beat]++
				}
			}
		}
		for beat, count := range by {
			expected := min(16<<beat, nodes)
			require.InDelta(t, expected, count, 4+float64(expected)*3/4, "beat %d of %d nodes", beat, nodes)
		}
	}
	require.Zero(t, Delay(1, 3, 8), "everybody is needed")
}

func TestPick(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)).IntN
	costs := []int64{5, 1, 9, 7}
	cost := func(i int) int64 { return costs[i] }
	require.Equal(t, -1, Pick(0, random, cost))
	require.Equal(t, 0, Pick(1, random, cost))
	taken := make([]int, len(costs))
	for range 6000 {
		taken[Pick(len(costs), random, cost)]++
	}
	require.Zero(t, taken[2], "the dearest never wins")
	require.InDelta(t, 3000, taken[1], 200, "the cheapest wins each of its pairs")
}

func TestCost(t *testing.T) {
	require.Less(t, Cost(time.Millisecond, 0, 0), Cost(time.Millisecond, 1, 0))
	require.Less(t, Cost(time.Millisecond, 0, 0), Cost(2*time.Millisecond, 0, 0))
	require.Less(t, Cost(time.Millisecond, 0, 0), Cost(time.Millisecond, 0, 500))
	require.Positive(t, Cost(0, 0, 0), "a host that has answered nothing yet is not free")
}

func TestWorth(t *testing.T) {
	require.True(t, Worth(100, 5, 30, 300, time.Minute), "1,200 calls for what ten pay")
	require.False(t, Worth(100, 5, 0, 300, time.Minute))
	require.False(t, Worth(1, 100, 30, 300, time.Minute), "nothing comes its way")
	require.Equal(t, uint64(10), Least(30, 300))
	require.Equal(t, uint64(11), Least(30, 301))
	require.Equal(t, uint64(1), Least(30, 0))
}

// TestDemandVectors: another implementation can be checked against the same bytes.
func TestDemandVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/demand.json")
	require.NoError(t, err)
	var vectors []struct {
		Demand Demand
		Hex    string
		Bad    bool
	}
	require.NoError(t, json.Unmarshal(data, &vectors))
	for _, v := range vectors {
		raw, err := hex.DecodeString(v.Hex)
		require.NoError(t, err)
		d, err := ParseDemand(raw)
		if v.Bad {
			require.ErrorIs(t, err, ErrDemand, v.Hex)
			continue
		}
		require.NoError(t, err, v.Hex)
		require.Equal(t, v.Demand, d)
		encoded, err := d.Marshal()
		require.NoError(t, err)
		require.Equal(t, v.Hex, hex.EncodeToString(encoded))
	}
}

func FuzzDemand(f *testing.F) {
	f.Add([]byte{1, 1, 'x', 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseDemand(data)
		if err != nil {
			return
		}
		again, err := d.Marshal()
		require.NoError(t, err)
		require.Equal(t, data, again)
	})
}
