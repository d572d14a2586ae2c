package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestUpdateAndRollback replaces a function that is being called by another program, goes back, and gives notice: no call fails.
func TestUpdateAndRollback(t *testing.T) {
	client := dial(t)
	ctx := t.Context()
	function := deploy(t, "../../examples/wordcount", "changing", "--price", "50uorb")
	words := mustCall(t, "changing", []byte("to be or not to be\n"))

	out, err := network.Orbchaind(ctx, "tx", "functions", "update", "../../examples/markdown", "--name", "changing", "--from", "alice", "--yes")
	require.NoError(t, err, out)
	versions, err := client.Functions().Versions(ctx, &functionstypes.QueryVersionsRequest{FunctionId: function.Id})
	require.NoError(t, err)
	require.Len(t, versions.Versions, 2)
	require.Equal(t, functionstypes.VERSION_STATUS_RETIRED, versions.Versions[0].Status)
	require.Equal(t, functionstypes.VERSION_STATUS_ACTIVE, versions.Versions[1].Status)
	requireServes(t, "2", func(answer string) bool { return strings.Contains(answer, "<p>to be or not to be</p>") })

	send(t, "functions", "rollback", function.Id, "1")
	requireServes(t, "1", func(answer string) bool { return answer == string(words) })

	send(t, "functions", "deprecate", function.Id)
	require.Eventually(t, func() bool {
		answer, err := client.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: "changing"})
		return err == nil && answer.Function.Status == functionstypes.FUNCTION_STATUS_DEPRECATED
	}, time.Minute, 200*time.Millisecond)
	require.Equal(t, string(words), string(mustCall(t, "changing", []byte("to be or not to be\n"))), "it serves through its notice")
}

// send has alice send a message by its generated command, and waits until the chain has accepted it.
func send(t *testing.T, args ...string) {
	t.Helper()
	args = append(append([]string{"tx"}, args...), "--from", "alice", "--yes", "--gas", "auto", "--gas-adjustment", "1.5",
		"--gas-prices", chain.DefaultGasPrices, "--output", "json")
	hash := accepted(t, args)
	accepted(t, []string{"query", "wait-tx", hash, "--output", "json"})
}

// accepted runs a command that answers with a transaction, and returns the hash of one that was not refused.
func accepted(t *testing.T, args []string) string {
	t.Helper()
	out, err := network.Orbchaind(t.Context(), args...)
	require.NoError(t, err, out)
	require.Contains(t, out, "{")
	var sent struct {
		Code   uint32 `json:"code"`
		TxHash string `json:"txhash"`
		RawLog string `json:"raw_log"`
	}
	_, answer, _ := strings.Cut(out, "{") // what gas was estimated stands before it
	require.NoError(t, json.NewDecoder(strings.NewReader("{"+answer)).Decode(&sent), out)
	require.Zero(t, sent.Code, sent.RawLog)
	return sent.TxHash
}

// requireServes calls until a version answers, and lets no call fail on the way.
func requireServes(t *testing.T, version string, is func(answer string) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		response, answer, err := call(t.Context(), "changing", []byte("to be or not to be\n"))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
		return response.Header.Get("Orb-Version") == version && is(string(answer))
	}, time.Minute, 200*time.Millisecond, "version %s does not serve", version)
}
