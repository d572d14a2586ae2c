package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/testutil/devnet"
)

// statusOf asks a node as its operator would.
func statusOf(t *testing.T, n *devnet.Node) node.Status {
	t.Helper()
	out, err := network.Orb(t.Context(), "node", "status", "--home", n.Home, "--output", "json")
	require.NoError(t, err)
	var status node.Status
	require.NoError(t, json.Unmarshal([]byte(out), &status))
	return status
}

// TestOperator sees what a node does, takes a function off it and puts it back, and moves the node to another home.
func TestOperator(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-operator", "--price", "50uorb")
	n := network.Nodes[2]
	holds := func() bool {
		return slices.ContainsFunc(statusOf(t, n).Functions, func(f host.FunctionStatus) bool { return f.ID == function.Id })
	}
	status := statusOf(t, n)
	require.Equal(t, n.OrbID, status.OrbID)
	require.NotZero(t, status.Peers)
	require.True(t, holds())

	cfg, err := node.LoadConfig(n.Home)
	require.NoError(t, err)
	response, err := http.Get("http://" + cfg.StatusListen + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	for _, name := range []string{"orb_host_served_total", "orb_host_unsettled_uorb", "orb_peer_connected", "orb_peer_reachable", "libp2p_"} {
		require.Contains(t, string(metrics), name)
	}
	response, err = http.Post("http://"+cfg.StatusListen+"/v1/reload", "", nil)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusForbidden, response.StatusCode, "a web page could send this")

	out, err := network.Orb(t.Context(), "seed", "remove", "echo-operator", "--home", n.Home)
	require.NoError(t, err, out)
	require.Eventually(t, func() bool { return !holds() }, 20*time.Second, 200*time.Millisecond)
	for range 20 {
		mustCall(t, "echo-operator", []byte("the others serve on"))
	}
	out, err = network.Orb(t.Context(), "seed", "add", "echo-operator", "--home", n.Home)
	require.NoError(t, err, out)
	require.Eventually(t, holds, 20*time.Second, 200*time.Millisecond)

	file := filepath.Join(t.TempDir(), "node.tar.gz")
	_, err = network.Orb(t.Context(), "node", "backup", file, "--home", n.Home)
	require.ErrorContains(t, err, "stop the node first")
	require.NoError(t, n.Stop())
	_, err = network.Orb(t.Context(), "node", "backup", file, "--home", n.Home)
	require.NoError(t, err)
	out, err = network.Orb(t.Context(), "node", "restore", file, "--home", filepath.Join(t.TempDir(), "moved"))
	require.NoError(t, err)
	require.Equal(t, n.OrbID, strings.TrimSpace(out))
	require.NoError(t, n.Start(t.Context()))
}
