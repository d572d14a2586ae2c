package gateway

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/client"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestDemands: the most needed are announced, none again at once, and no more than peers pass on.
func TestDemands(t *testing.T) {
	traffic := func(id string, calls, short uint64) client.FunctionTraffic {
		return client.FunctionTraffic{
			Function: &client.Function{Function: functionstypes.Function{Id: id}},
			Traffic:  balance.Traffic{Calls: calls, Short: short, Hosts: 2, Known: 2, Load: 400},
		}
	}
	seen := []client.FunctionTraffic{traffic("calm", 100, 0), traffic("some", 100, 20), traffic("most", 100, 80), traffic("said", 100, 90)}
	require.Equal(t, []balance.Demand{{FunctionID: "most", Need: 4, Rate: 90}, {FunctionID: "some", Need: 3, Rate: 60}},
		demands(seen, map[string]time.Time{"said": time.Now()}))
	var many []client.FunctionTraffic
	for i := range 3 * maxAnnounced {
		many = append(many, traffic(string(rune('a'+i)), 100, 50))
	}
	require.Len(t, demands(many, nil), maxAnnounced)
}
