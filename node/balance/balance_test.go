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
		"a moment's bad luck":          {Traffic{Calls: 100, Short: 1, Hosts: 40, Load: 600, Known: 40}, 0},
		"ten times too much":           {Traffic{Calls: 1000, Short: 900, Hosts: 4, Load: 1000, Known: 4}, 12},
		"a few of many are busy":       {Traffic{Calls: 100, Hosts: 8, Load: 900, Known: 200}, 0},
		"most of many are busy":        {Traffic{Calls: 100, Hosts: 160, Load: 900, Known: 200}, 88},
		"nobody but the gateway":       {Traffic{Calls: 10, Short: 10}, 4},
		"a single message is bounded":  {Traffic{Calls: 1000, Short: 990, Hosts: 500, Load: 1000, Known: 500}, MaxNeed},
		"more short than came, a race": {Traffic{Calls: 1, Short: 3, Hosts: 1, Known: 1}, 3},
	} {
		require.Equal(t, row.need, row.traffic.Need(), name)
	}
}

// TestLanes: hosts that run full make way for as many others as there are lanes.
func TestLanes(t *testing.T) {
	require.Equal(t, Breadth, Lanes(0, 0))
	require.Equal(t, Breadth-3, Lanes(3, 3))
	require.Zero(t, Lanes(Breadth, Breadth))
	require.Equal(t, Breadth, Lanes(Breadth, Breadth-1))
	require.Zero(t, Lanes(60, 30))
	require.Equal(t, 60, Lanes(60, 29))
	require.True(t, Room(NearLimit))
	require.False(t, Room(NearLimit+1))
}

// TestCall: about as many of those who would step in do as are needed, be they all nodes or one in a hundred; two who say the same within a beat count once,
// and who says more for the rest.
func TestCall(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const nodes, need = 10_000, 50
	for _, willing := range []float64{1, 0.3, 0.02} {
		var c Call
		now := time.Unix(1000, 0)
		joined, rounds := 0, 0
		for ; joined < need && rounds < 20; rounds++ {
			require.False(t, c.Said(now, need-joined))
			chance := c.Hear(now, need-joined, nodes)
			require.True(t, c.Said(now, need-joined))
			require.Zero(t, c.Hear(now.Add(time.Second), need-joined, nodes))
			for range int(nodes * willing) {
				if random.Float64() < chance {
					c.Answered++
					joined++
				}
			}
			now = now.Add(Beat)
		}
		require.Less(t, rounds, 16, "%v willing", willing)
		require.InDelta(t, need, joined, need, "%v willing", willing)
	}

	var c Call
	now := time.Unix(1000, 0)
	require.InDelta(t, 0.001, c.Hear(now, 10, nodes), 1e-9)
	require.True(t, c.Said(now, 20))
	require.False(t, c.Said(now, 21))
	require.InDelta(t, 0.002, c.Hear(now, 30, nodes), 1e-9, "the rest")
	require.InDelta(t, 0.002, c.Hear(now.Add(Beat), 10, nodes), 1e-9, "nobody answered")
	c.Answered = 5
	require.InDelta(t, 0.001, c.Hear(now.Add(2*Beat), 10, nodes), 1e-9, "half did")
	require.InDelta(t, 0.001, c.Hear(now.Add(9*Beat), 10, nodes), 1e-9, "a new occasion")
	require.InDelta(t, 1, c.Hear(now.Add(20*Beat), 10, 3), 1e-9)
}

// TestStays: of many hosts that share the requests which pay for some, about as many stay.
func TestStays(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	stay := 0
	for range 1000 {
		if Stays(3, 10, random.Float64()) {
			stay++
		}
	}
	require.InDelta(t, 300, stay, 60)
	require.True(t, Stays(10, 10, 1-1e-9))
	require.False(t, Stays(0, 10, 0))
}

// TestDelay: about as many nodes as are needed take a new function at once, and twice as many with each turn, whether there are ten nodes or a million.
func TestDelay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, nodes := range []int{100, 10_000, 1_000_000} {
		by := make([]int, 4)
		for range nodes {
			delay := Delay(1-random.Float64(), nodes, 16)
			for i := range by {
				if delay <= time.Duration(i)*turn {
					by[i]++
				}
			}
		}
		for i, count := range by {
			expected := min(16<<i, nodes)
			require.InDelta(t, expected, count, 4+float64(expected)*3/4, "turn %d of %d nodes", i, nodes)
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
	require.Greater(t, Cost(time.Millisecond, 0, 1000), 10*Cost(time.Millisecond, 0, 0))
	require.Positive(t, Cost(0, 0, 5000), "whatever a host says")
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
