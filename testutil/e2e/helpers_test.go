package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// dial returns a chain client that closes with the test.
func dial(t *testing.T) *chain.Client {
	t.Helper()
	client, err := chain.Dial(t.Context(), chain.Config{RPC: network.Validators[0].RPC, GRPC: network.Validators[0].GRPC})
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

// deploy runs the command that an owner would, and returns the function once it is ACTIVE and seeded by all nodes.
func deploy(t *testing.T, source, name string, flags ...string) functionstypes.Function {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := append([]string{"tx", "functions", "deploy", source, "--name", name, "--from", "alice", "--yes"}, flags...)
	out, err := network.Orbchaind(ctx, args...)
	require.NoError(t, err, out)

	client := dial(t)
	answer, err := client.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: name})
	require.NoError(t, err)
	require.Equal(t, functionstypes.FUNCTION_STATUS_ACTIVE, answer.Function.Status)
	require.Eventually(t, func() bool { return len(nodeSeeds(t, client, answer.Function.Id)) == len(network.Nodes) },
		time.Minute, 200*time.Millisecond, "not every node has seeded %s", name)
	return answer.Function
}

// sponsor has the owner pay for more calls than any test makes.
func sponsor(t *testing.T, name string) {
	t.Helper()
	out, err := network.Orb(t.Context(), "subscribe", name, "--public", "--deposit", "10000000uorb", "--from", "alice",
		"--gateway", network.Validators[0].Gateway, "--home", network.Home)
	require.NoError(t, err, out)
}

// nodeSeeds returns the Orb IDs of the network's nodes that seed a function; super nodes are left out.
func nodeSeeds(t *testing.T, client *chain.Client, function string) []string {
	t.Helper()
	answer, err := client.Seeding().Seeds(t.Context(), &seedingtypes.QuerySeedsRequest{FunctionId: function})
	require.NoError(t, err)
	var ids []string
	for _, seed := range answer.Seeds {
		for _, node := range network.Nodes {
			if seed.Seed.OrbId == node.OrbID {
				ids = append(ids, node.OrbID)
			}
		}
	}
	return ids
}

// call posts body to a function and returns the whole answer.
func call(ctx context.Context, path string, body []byte, header ...string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, network.Validators[0].Gateway+"/f/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response, answer, err
}

// mustCall is call for tests in which every call has to give 200.
func mustCall(t *testing.T, path string, body []byte, header ...string) []byte {
	t.Helper()
	response, answer, err := call(t.Context(), path, body, header...)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
	return answer
}

// failure is the body of every error of a gateway.
type failure struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Price   string `json:"price"`
		How     string `json:"how"`
	} `json:"error"`
}

// requireFailure checks status and code of a failed call and returns the error.
func requireFailure(t *testing.T, path string, body []byte, status int, code string) failure {
	t.Helper()
	response, answer, err := call(t.Context(), path, body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, "%s", answer)
	var f failure
	require.NoError(t, json.Unmarshal(answer, &f), "%s", answer)
	require.Equal(t, code, f.Error.Code)
	require.NotEmpty(t, f.Error.Message)
	return f
}

// redeemed sums what has been settled for a function over all its lanes.
func redeemed(t *testing.T, client *chain.Client, function string) (requests uint64) {
	t.Helper()
	answer, err := client.Rewards().Lanes(t.Context(), &rewardstypes.QueryLanesRequest{FunctionId: function})
	require.NoError(t, err)
	for _, lane := range answer.Lanes {
		requests += lane.Redeemed
	}
	return requests
}

// requireSettled waits until exactly the number of requests served has been settled, and makes sure that no more follows.
func requireSettled(t *testing.T, client *chain.Client, function string, served uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return redeemed(t, client, function) >= served }, time.Minute, 200*time.Millisecond,
		"settled only %d of %d requests", redeemed(t, client, function), served)
	time.Sleep(3 * time.Second)
	require.Equal(t, served, redeemed(t, client, function))
}

// balance returns an account's uorb.
func balance(t *testing.T, client *chain.Client, address string) math.Int {
	t.Helper()
	amount, err := client.Balance(t.Context(), address, "uorb")
	require.NoError(t, err)
	return amount
}
