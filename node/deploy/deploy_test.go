package deploy

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const owner = "orb1owner"

// ledger is a chain with default params that registers one function and decides on it as told.
type ledger struct {
	balance    int64
	superNodes []functionstypes.SuperNode
	taken      *functionstypes.Function
	refusal    error
	verdict    functionstypes.VersionStatus
	reason     functionstypes.Verdict

	sent     *functionstypes.MsgDeployFunction
	proposed *functionstypes.MsgUpdateFunction
	rotated  *functionstypes.MsgRotateKey
}

type functionsQueries struct {
	functionstypes.QueryClient
	l *ledger
}

type rewardsQueries struct{ rewardstypes.QueryClient }

func (rewardsQueries) Params(context.Context, *rewardstypes.QueryParamsRequest, ...grpc.CallOption) (*rewardstypes.QueryParamsResponse, error) {
	return &rewardstypes.QueryParamsResponse{Params: rewardstypes.DefaultParams()}, nil
}

func (l *ledger) ChainID() string                       { return "orb-test" }
func (l *ledger) Functions() functionstypes.QueryClient { return functionsQueries{l: l} }
func (l *ledger) Rewards() rewardstypes.QueryClient     { return rewardsQueries{} }
func (l *ledger) Address() string                       { return owner }

func (l *ledger) Balance(_ context.Context, address, denom string) (math.Int, error) {
	if address != owner || denom != functionstypes.Denom {
		return math.Int{}, errors.New("asked for another account")
	}
	return math.NewInt(l.balance), nil
}

func (q functionsQueries) Params(context.Context, *functionstypes.QueryParamsRequest, ...grpc.CallOption) (*functionstypes.QueryParamsResponse, error) {
	return &functionstypes.QueryParamsResponse{Params: functionstypes.DefaultParams()}, nil
}

func (q functionsQueries) SuperNodes(context.Context, *functionstypes.QuerySuperNodesRequest, ...grpc.CallOption) (*functionstypes.QuerySuperNodesResponse, error) {
	return &functionstypes.QuerySuperNodesResponse{SuperNodes: q.l.superNodes}, nil
}

func (q functionsQueries) Function(_ context.Context, request *functionstypes.QueryFunctionRequest, _ ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	if q.l.taken != nil && request.Function == q.l.taken.Name {
		return &functionstypes.QueryFunctionResponse{Function: *q.l.taken}, nil
	}
	return nil, status.Error(codes.NotFound, "no such function")
}

func (q functionsQueries) Version(_ context.Context, request *functionstypes.QueryVersionRequest, _ ...grpc.CallOption) (*functionstypes.QueryVersionResponse, error) {
	if q.l.sent == nil && q.l.proposed == nil {
		return nil, status.Error(codes.NotFound, "no such version")
	}
	return &functionstypes.QueryVersionResponse{Version: functionstypes.Version{
		FunctionId: request.FunctionId, Number: request.Number, Status: q.l.verdict, Reason: q.l.reason,
	}}, nil
}

func (l *ledger) Send(_ context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	if l.refusal != nil {
		return nil, l.refusal
	}
	switch msg := msgs[0].(type) {
	case *functionstypes.MsgDeployFunction:
		l.sent = msg
	case *functionstypes.MsgUpdateFunction:
		l.proposed = msg
	case *functionstypes.MsgRotateKey:
		l.rotated = msg
	}
	return &chain.TxResult{Hash: "HASH"}, nil
}

// idle is a filter that counts down from 2000 and answers with nothing.
const idle = "\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" + // one type, that of a procedure
	"\x03\x02\x01\x00" + // one function of it
	"\x05\x03\x01\x00\x01" + // one page of memory
	"\x07\x13\x02\x06memory\x02\x00\x06_start\x00\x00" +
	"\x0a\x17\x01\x15\x01\x01\x7f\x41\xd0\x0f\x21\x00\x03\x40\x20\x00\x41\x01\x6b\x22\x00\x0d\x00\x0b\x0b"

// scene is a deploy of idle, described as testdata/shout is, that works.
type scene struct {
	chain    ledger
	options  Options
	steps    []string
	uploaded int
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{chain: ledger{balance: 100_000_000, verdict: functionstypes.VERSION_STATUS_ACTIVE}}
	source := filepath.Join(t.TempDir(), "idle.wasm")
	require.NoError(t, os.WriteFile(source, []byte(idle), 0o600))
	p, err := Build(t.Context(), source, nil, false)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.uploaded++
		fmt.Fprintf(w, `{"cid":%q}`, p.Artifact.Cid)
	}))
	t.Cleanup(server.Close)
	s.chain.superNodes = []functionstypes.SuperNode{{Endpoint: server.URL}}
	s.options = Options{
		Source: source, Name: "shout", Price: sdk.NewInt64Coin(functionstypes.Denom, 50), OwnerShareBps: 3_000, Plan: "starter",
		Key:      ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		Progress: func(step string) { s.steps = append(s.steps, step) },
	}
	s.options.Manifest, err = ReadManifest(shout)
	require.NoError(t, err)
	return s
}

func (s *scene) run(t *testing.T) (*Result, error) {
	t.Helper()
	return Run(t.Context(), &s.chain, &s.chain, s.options)
}

func TestRun(t *testing.T) {
	s := newScene(t)
	var quote Quote
	s.options.Confirm = func(q Quote) bool { quote = q; return true }
	result, err := s.run(t)
	require.NoError(t, err)

	msg := s.chain.sent
	require.Equal(t, owner, msg.Owner)
	require.Equal(t, functionstypes.CONTRACT_FILTER, msg.Contract)
	require.Equal(t, uint64(16<<20), msg.MemoryLimit)
	require.Equal(t, msg.Complexity*4, msg.FuelLimit)
	version := msg.Version()
	signed := functionstypes.VersionSignBytes("orb-test", owner, "shout", &version)
	require.True(t, ed25519.Verify(msg.SigningKey, signed, msg.Signature))
	require.Equal(t, sdk.NewCoin("uorb", quote.Total), msg.MaxCost)

	tariff := rewardstypes.DefaultParams().Tariff
	require.Equal(t, quote.Verification.Add(quote.Hosting).Add(quote.Included), quote.Total)
	require.Equal(t, math.NewInt(50*1_000), quote.Included, "the plan's thousand requests")
	require.True(t, quote.Verification.GTE(math.NewIntFromUint64(tariff.VerificationBase)))

	require.Equal(t, functionstypes.FunctionID(msg.SigningKey), result.ID)
	require.Equal(t, s.chain.superNodes[0].Endpoint+"/f/shout", result.URL)
	require.Equal(t, "HASH", result.TxHash)
	require.Equal(t, msg.Complexity, result.Complexity)
	require.Equal(t, quote.Total, result.Cost.Total)
	require.Equal(t, 1, s.uploaded)
	require.Equal(t, []string{
		"Building " + s.options.Source, "Running the sample request", "Uploading to " + s.chain.superNodes[0].Endpoint,
		"Registering shout", "Waiting for the super nodes to verify " + result.ID,
	}, s.steps)
}

// TestRunFails: whatever is in the way, the owner hears what, and nothing later has happened.
func TestRunFails(t *testing.T) {
	registered := &functionstypes.Function{Id: "orbfn1other", Name: "shout", Status: functionstypes.FUNCTION_STATUS_ACTIVE}
	for _, c := range []struct {
		name     string
		spoil    func(*scene)
		is       error
		wrong    string
		uploaded int
	}{
		{name: "no source", spoil: func(s *scene) { s.options.Source = "nowhere" }, wrong: "neither a function's folder nor a .wasm file"},
		{name: "bad manifest", spoil: func(s *scene) { s.options.Manifest.Contract = "x" }, wrong: "http nor filter"},
		{name: "bad name", spoil: func(s *scene) { s.options.Name = "A b" }, is: functionstypes.ErrInvalidName},
		{name: "greedy", spoil: func(s *scene) { s.options.OwnerShareBps = 10_001 }, wrong: "at most 10000"},
		{name: "name taken", spoil: func(s *scene) { s.chain.taken = registered }, wrong: "belongs to orbfn1other already; choose another with --name"},
		{
			name:  "sample fails",
			spoil: func(s *scene) { s.options.Source, s.options.Manifest.Sample = shout, "testdata/fail.txt" },
			wrong: "the sample request fails: the function ended with exit status 3",
		},
		{name: "no such plan", spoil: func(s *scene) { s.options.Plan = "gold" }, is: rewardstypes.ErrUnknownPlan, wrong: "there are bare, starter, standard"},
		{name: "other money", spoil: func(s *scene) { s.options.Price.Denom = "uatom" }, wrong: "this chain's money is uorb"},
		{name: "too dear", spoil: func(s *scene) { s.options.Price.Amount = math.NewInt(1 << 40) }, wrong: "the chain would refuse it: price"},
		{name: "too much memory", spoil: func(s *scene) { s.options.Manifest.MemoryMiB = 512 }, wrong: "memory limit of 536870912 bytes exceeds"},
		{name: "declined", spoil: func(s *scene) { s.options.Confirm = func(Quote) bool { return false } }, is: ErrCancelled},
		{name: "empty wallet", spoil: func(s *scene) { s.chain.balance = 0 }, is: ErrFunds, wrong: owner + " holds 0uorb, the deploy costs"},
		{name: "no super node", spoil: func(s *scene) { s.chain.superNodes = nil }, wrong: "name one with --supernode"},
		{
			name: "transaction refused",
			spoil: func(s *scene) {
				s.chain.refusal = &chain.TxError{Log: "name is taken", Codespace: "functions", Code: 9}
			},
			wrong:    "registering the function: transaction refused: name is taken",
			uploaded: 1,
		},
		{
			name: "rejected",
			spoil: func(s *scene) {
				s.chain.verdict, s.chain.reason = functionstypes.VERSION_STATUS_REJECTED, functionstypes.VERDICT_BAD_COMPLEXITY
			},
			is: ErrRejected, wrong: "BAD_COMPLEXITY", uploaded: 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			c.spoil(s)
			result, err := s.run(t)
			require.Nil(t, result)
			require.ErrorContains(t, err, c.wrong)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.Equal(t, c.uploaded, s.uploaded)
		})
	}
}

// TestRunInterrupted: who stops waiting for the verdict learns how to ask for it later.
func TestRunInterrupted(t *testing.T) {
	s := newScene(t)
	s.chain.verdict = functionstypes.VERSION_STATUS_PENDING
	ctx, cancel := context.WithCancel(t.Context())
	s.options.Progress = func(string) {
		if s.chain.sent != nil {
			cancel()
		}
	}
	_, err := Run(ctx, &s.chain, &s.chain, s.options)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "it goes on: ask with `query functions version orbfn1")
}

func TestQuoteText(t *testing.T) {
	s := newScene(t)
	var text string
	s.options.Confirm = func(q Quote) bool { text = q.Text(); return false }
	_, err := s.run(t)
	require.ErrorIs(t, err, ErrCancelled)
	for _, words := range []string{"verification", "never refunded", "hosting", "included calls", "1000 requests", "total", "plan starter"} {
		require.Contains(t, text, words)
	}
}

func TestShow(t *testing.T) {
	result, err := newScene(t).run(t)
	require.NoError(t, err)
	cmd := &cobra.Command{}
	var out bytes.Buffer
	cmd.SetOut(&out)
	require.NoError(t, show(cmd, result, "json"))
	var read map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	for _, field := range []string{"id", "name", "version", "cid", "sha256", "complexity", "fuel_limit", "cost", "txhash", "url"} {
		require.Contains(t, read, field)
	}
	require.Equal(t, result.Cost.Total.String(), read["cost"].(map[string]any)["total"])

	out.Reset()
	require.NoError(t, show(cmd, result, "text"))
	require.Contains(t, out.String(), "shout is ACTIVE\n  id          "+result.ID)
	require.Contains(t, out.String(), result.URL)
}
