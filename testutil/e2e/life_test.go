package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cosmossdk.io/math"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// specExamples returns the inputs of the CommonMark spec's examples, which goldmark's module carries.
func specExamples(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark").Output()
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_test", "spec.json"))
	require.NoError(t, err)
	var cases []struct {
		Markdown string `json:"markdown"`
	}
	require.NoError(t, json.Unmarshal(data, &cases))
	inputs := make([]string, len(cases))
	for i, c := range cases {
		inputs[i] = c.Markdown
	}
	return inputs
}

// TestLife takes one function from source to paid hosts and checks every balance on the way.
func TestLife(t *testing.T) {
	client := dial(t)
	ctx := t.Context()
	alice := network.Accounts["alice"]

	function := deploy(t, "../../examples/markdown", "markdown-life", "--price", "50uorb")
	require.Equal(t, alice, function.Owner)
	require.Equal(t, "50uorb", function.Price.String())

	inputs := specExamples(t)[:100]
	before := balance(t, client, alice)
	for _, input := range inputs {
		require.NotEmpty(t, mustCall(t, "markdown-life", []byte(input)))
	}
	requireSettled(t, client, function.Id, uint64(len(inputs)))

	lanes, err := client.Rewards().Lanes(ctx, &rewardstypes.QueryLanesRequest{FunctionId: function.Id})
	require.NoError(t, err)
	total := price.Split{
		Spent: math.ZeroInt(), Host: math.ZeroInt(), Owner: math.ZeroInt(), Fee: math.ZeroInt(),
		Burned: math.ZeroInt(), Gateway: math.ZeroInt(), Validators: math.ZeroInt(),
	}
	for _, lane := range lanes.Lanes {
		part := lane.FeeSplit.Of(lane.Price, lane.OwnerShareBps, lane.Redeemed)
		total.Spent, total.Owner = total.Spent.Add(part.Spent), total.Owner.Add(part.Owner)
		total.Host, total.Fee = total.Host.Add(part.Host), total.Fee.Add(part.Fee)
	}
	require.Equal(t, math.NewInt(50*int64(len(inputs))).String(), total.Spent.String())
	require.Equal(t, total.Spent.String(), total.Host.Add(total.Owner).Add(total.Fee).String())
	require.Equal(t, before.Add(total.Owner).String(), balance(t, client, alice).String(), "the owner is paid its share and nothing else moves")
}

// TestSameBalanceEverywhere reads one balance over CLI, REST and gRPC.
func TestSameBalanceEverywhere(t *testing.T) {
	bob := network.Accounts["bob"]
	byGRPC := balance(t, dial(t), bob)

	response, err := http.Get(network.Validators[0].REST + "/cosmos/bank/v1beta1/balances/" + bob)
	require.NoError(t, err)
	defer response.Body.Close()
	var byREST struct {
		Balances []struct{ Denom, Amount string }
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&byREST))
	require.Len(t, byREST.Balances, 1)
	require.Equal(t, byGRPC.String(), byREST.Balances[0].Amount)

	out, err := network.Orbchaind(t.Context(), "query", "bank", "balances", bob, "--output", "json")
	require.NoError(t, err)
	var byCLI struct {
		Balances []struct{ Denom, Amount string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &byCLI))
	require.Equal(t, byGRPC.String(), byCLI.Balances[0].Amount)
}

// TestBothContracts calls an http and a filter function; what the wasm gives equals what the same code gives natively, which each
// example's own tests check in depth.
func TestBothContracts(t *testing.T) {
	deploy(t, "../../examples/wordcount", "wordcount-both", "--price", "50uorb")
	native := exec.Command("go", "run", "../../examples/wordcount")
	native.Stdin = strings.NewReader("to be or not to be\n")
	want, err := native.Output()
	require.NoError(t, err)
	require.Equal(t, string(want), string(mustCall(t, "wordcount-both", []byte("to be or not to be\n"))))

	deploy(t, "../../examples/thumbnail", "thumbnail-both", "--price", "80uorb")
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	picture, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "src/image/testdata/video-001.png"))
	require.NoError(t, err)
	small := mustCall(t, "thumbnail-both?w=32", picture, "Content-Type", "image/png")
	require.True(t, bytes.HasPrefix(small, []byte("\x89PNG")))
	require.Less(t, len(small), len(picture))
}

// TestComplexityAgrees: what the deployer measured is what the attesters found, or the version would not be ACTIVE, and what a host
// reports for the sample itself.
func TestComplexityAgrees(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-fuel", "--price", "50uorb")
	client := dial(t)
	answer, err := client.Functions().Version(t.Context(), &functionstypes.QueryVersionRequest{FunctionId: function.Id, Number: 1})
	require.NoError(t, err)
	response, body, err := call(t.Context(), "echo-fuel", answer.Version.Sample.Request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	require.Equal(t, math.NewIntFromUint64(answer.Version.Complexity).String(), response.Header.Get("Orb-Fuel"))
}

// TestREST looks at the registry as a browser would.
func TestREST(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-rest", "--price", "50uorb")
	for _, key := range []string{function.Id, function.Name} {
		response, err := http.Get(network.Validators[0].REST + "/orb/functions/v1/functions/" + key)
		require.NoError(t, err)
		defer response.Body.Close()
		var answer struct {
			Function struct{ ID, Name, Status string }
		}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
		require.Equal(t, function.Name, answer.Function.Name)
		require.Equal(t, "FUNCTION_STATUS_ACTIVE", answer.Function.Status)
	}
	client := dial(t)
	supply, err := client.Bank().SupplyOf(t.Context(), &banktypes.QuerySupplyOfRequest{Denom: "uorb"})
	require.NoError(t, err)
	require.True(t, supply.Amount.IsPositive())
}
