package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/testutil/devnet"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// TestPaidPlace: when a paid host leaves, one that hosts without pay takes its place.
func TestPaidPlace(t *testing.T) {
	client := dial(t)
	function := deploy(t, variant(t, 4), "places", "--price", "50uorb", "--plan", "standard")
	paid := func() (nodes []string) {
		for _, seed := range paidSeeds(t, client, function.Id) {
			nodes = append(nodes, seed.Node.OrbId)
		}
		return nodes
	}
	require.Eventually(t, func() bool { return len(nodeSeeds(t, client, function.Id)) == 3 }, 30*time.Second, 200*time.Millisecond)
	before := paid()
	require.Len(t, before, 2)
	at := func(leaves bool) *devnet.Node {
		return network.Nodes[slices.IndexFunc(network.Nodes, func(n *devnet.Node) bool { return slices.Contains(before, n.OrbID) == leaves })]
	}
	leaver, heir := at(true), at(false)
	out, err := network.Orb(t.Context(), "seed", "remove", "places", "--home", leaver.Home)
	require.NoError(t, err, out)
	require.Eventually(t, func() bool { return !slices.Contains(paid(), leaver.OrbID) }, 20*time.Second, 200*time.Millisecond)
	require.Eventually(t, func() bool { return slices.Contains(paid(), heir.OrbID) }, 30*time.Second, 200*time.Millisecond)
	since := epochOf(t, client)
	require.Eventually(t, func() bool {
		answer, err := client.Seeding().Node(t.Context(), &seedingtypes.QueryNodeRequest{OrbId: heir.OrbID})
		return err == nil && answer.Node.ProvenThrough > since && served(t, heir, function.Id).Paid
	}, 30*time.Second, 200*time.Millisecond, "it proves what it holds")

	out, err = network.Orb(t.Context(), "seed", "add", "places", "--home", leaver.Home)
	require.NoError(t, err, out)
	require.Eventually(t, func() bool { return served(t, leaver, function.Id) != nil }, 20*time.Second, 200*time.Millisecond)
	require.NotContains(t, paid(), leaver.OrbID)
}
