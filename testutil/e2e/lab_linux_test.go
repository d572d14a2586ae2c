package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/testutil/devnet"
	"github.com/orbnetwork/orb/testutil/netns"
	"github.com/orbnetwork/orb/testutil/reliability"
)

// TestHostsOfTheirOwn is about what loopback cannot show: a network of ten hosts, two of them behind a NAT, each with an address of its own.
func TestHostsOfTheirOwn(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	lab, err := reliability.Start(ctx, reliability.Options{
		Bin: bin, Home: filepath.Join(t.TempDir(), "lab"), SuperNodes: 3, Hosts: 10, Hidden: 2,
		Progress: func(step string) { t.Log(step) },
	})
	if errors.Is(err, netns.ErrUnavailable) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, lab.Close()) })
	hidden := lab.Nodes[8:]

	t.Run("every host through every gateway", func(t *testing.T) {
		for _, v := range lab.Validators {
			requireHosts(t, lab, v.Gateway, lab.Open.Name, lab.Nodes[:8])
			requireHosts(t, lab, v.Gateway, lab.Hidden.Name, hidden)
		}
		for _, node := range hidden {
			require.Eventually(t, func() bool {
				m := metricsOf(t, node.Client(), node.Local())
				return m.sum("orb_peer_reachable") == 0 && m.sum("orb_peer_relays") > 0
			}, 90*time.Second, 500*time.Millisecond, "%s has not found out that it needs a relay", node.Name)
		}
	})

	// A host that reaches one super node and nothing else serves the callers of all others through it.
	t.Run("relay alone", func(t *testing.T) {
		node := hidden[0]
		relay := lab.Validators[8%len(lab.Validators)] // the one whose chain process the node asks
		before := metricsOf(t, http.DefaultClient, relay.Gateway).sum("libp2p_relaysvc_data_transferred_bytes_total")
		require.NoError(t, node.Stop())
		require.NoError(t, lab.Machine(node.Process).Reaches(ctx, lab.Machine(relay.Process)))
		require.NoError(t, node.Start(ctx))
		for _, v := range lab.Validators {
			requireHosts(t, lab, v.Gateway, lab.Hidden.Name, []*devnet.Node{node})
		}
		m := metricsOf(t, http.DefaultClient, relay.Gateway)
		require.Positive(t, m.sum("libp2p_relaysvc_connections_total", `type="opened"`))
		require.Greater(t, m.sum("libp2p_relaysvc_data_transferred_bytes_total"), before)
		require.NoError(t, lab.Machine(node.Process).Reaches(ctx))
	})

	t.Run("broken under load", func(t *testing.T) {
		result, err := lab.Run(ctx, reliability.Plan{
			Rate: 50, Calm: 2 * time.Second, Broken: 6 * time.Second, Cut: 6 * time.Second, Latency: 30 * time.Millisecond, LossPerMille: 10,
		})
		require.NoError(t, err)
		var table strings.Builder
		result.Print(&table)
		t.Log("\n" + table.String())
		for _, phase := range result.Phases {
			require.Empty(t, phase.Errors, phase.Name)
		}
		require.Zero(t, result.Books.ChargedTwice)
		require.Zero(t, result.Books.BeyondCredit)
	})

	t.Run("no super node left", func(t *testing.T) { testNoSuperNode(ctx, t, lab) })
}

// requireHosts calls a function through a gateway until each of the nodes has answered.
func requireHosts(t *testing.T, lab *reliability.Network, gateway, function string, nodes []*devnet.Node) {
	t.Helper()
	missing := make(map[string]string)
	for _, node := range nodes {
		missing[node.OrbID] = node.Name
	}
	require.Eventually(t, func() bool {
		const together = 8 // or the nearest host would answer all
		hosts := make(chan string, together)
		for i := range together {
			go func() {
				host, _ := lab.Call(t.Context(), http.DefaultClient, gateway, function, fmt.Sprint("call ", i)) // a failed one is by nobody
				hosts <- host
			}()
		}
		for range together {
			delete(missing, <-hosts)
		}
		return len(missing) == 0
	}, 90*time.Second, 10*time.Millisecond, "%s has no answer of %s by %v", gateway, function, missing)
}
