package gateway

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/client"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestMissing: the most needed are announced, none that was a moment ago by whomever, unless for far fewer hosts, and no more than peers pass on.
func TestMissing(t *testing.T) {
	traffic := func(id string, calls, short uint64) client.FunctionTraffic {
		return client.FunctionTraffic{
			Function: &client.Function{Function: functionstypes.Function{Id: id}},
			Traffic:  balance.Traffic{Calls: calls, Short: short, Hosts: 2, Known: 2, Load: 1000},
		}
	}
	now := time.Now()
	said := announced{calls: make(balance.Calls)}
	said.note(now, balance.Demand{FunctionID: "said", Need: 3})
	said.note(now, balance.Demand{FunctionID: "understated", Need: 1})
	seen := []client.FunctionTraffic{traffic("calm", 0, 0), traffic("some", 100, 20), traffic("most", 100, 80), traffic("said", 100, 90), traffic("understated", 100, 30)}
	require.Equal(t, []balance.Demand{
		{FunctionID: "most", Need: 6, Rate: 90}, {FunctionID: "understated", Need: 4, Rate: 64}, {FunctionID: "some", Need: 3, Rate: 60},
	}, said.missing(now, seen))
	require.Empty(t, said.missing(now.Add(announceEvery), seen))
	require.Len(t, said.missing(now.Add(balance.Beat), seen), 4)
	var many []client.FunctionTraffic
	for i := range 3 * maxAnnounced {
		many = append(many, traffic(string(rune('a'+i)), 100, 50))
	}
	require.Len(t, said.missing(now, many), maxAnnounced)
	require.Len(t, said.missing(now, many), maxAnnounced, "others have their turn")
}
