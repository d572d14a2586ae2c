package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDirectCaller: somebody else's Go program calls hosts itself and pays, while every super node is down.
func TestDirectCaller(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-direct", "--price", "50uorb", "--plan", "bare")
	v := network.Validators[0]
	out, err := network.Orb(t.Context(), "subscribe", "echo-direct", "--deposit", "100000uorb", "--from", "bob", "--gateway", v.Gateway, "--home", network.Home)
	require.NoError(t, err, out)
	program := filepath.Join(t.TempDir(), "client")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../examples/client").CombinedOutput()
	require.NoError(t, err, string(built))

	require.NoError(t, v.SuperNode.Stop())
	defer func() { require.NoError(t, v.SuperNode.Start(t.Context())) }()
	const calls = 3
	for range calls {
		cmd := exec.CommandContext(t.Context(), program, "--home", network.Home, "--from", "bob", "--rpc", v.RPC, "--grpc", v.GRPC, "--function", "echo-direct")
		cmd.Stdin = strings.NewReader("straight")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		answer, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		require.Equal(t, "straight", string(answer))
	}
	requireSettled(t, dial(t), function.Id, calls)
}
