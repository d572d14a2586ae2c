package verify

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	testChain     = "orb-test-1"
	testValidator = "orbvaloper1test"
)

// registry is x/functions in memory with one function and its claim, a sender for it, and a store of artifacts.
type registry struct {
	functionstypes.QueryClient
	function     functionstypes.Function
	version      functionstypes.Version
	claim        functionstypes.Claim
	attestations []functionstypes.Attestation
	height       int64
	artifact     []byte
	sendErr      error
	revealed     *functionstypes.MsgRevealAttestation
	kept         []string
}

func (r *registry) Function(context.Context, *functionstypes.QueryFunctionRequest, ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	return &functionstypes.QueryFunctionResponse{Function: r.function, Version: r.version}, nil
}

func (r *registry) Version(context.Context, *functionstypes.QueryVersionRequest, ...grpc.CallOption) (*functionstypes.QueryVersionResponse, error) {
	return &functionstypes.QueryVersionResponse{Version: r.version}, nil
}

func (r *registry) Claim(context.Context, *functionstypes.QueryClaimRequest, ...grpc.CallOption) (*functionstypes.QueryClaimResponse, error) {
	return &functionstypes.QueryClaimResponse{Claim: r.claim, Attestations: r.attestations}, nil
}

func (r *registry) Address() string { return "orb1attester" }

func (r *registry) Send(_ context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	if r.sendErr != nil {
		return nil, r.sendErr
	}
	switch m := msgs[0].(type) {
	case *functionstypes.MsgCommitAttestation:
		r.attestations = append(r.attestations, functionstypes.Attestation{ClaimId: m.ClaimId, Validator: testValidator, Commitment: m.Commitment})
		r.claim.Status = functionstypes.CLAIM_STATUS_REVEAL
	case *functionstypes.MsgRevealAttestation:
		r.revealed = m
	}
	return &chain.TxResult{}, nil
}

func (r *registry) Get(context.Context, string, uint64) ([]byte, error) {
	if r.artifact == nil {
		return nil, errors.New("nobody has it")
	}
	return r.artifact, nil
}

func (r *registry) Keep(_ context.Context, cid string) error {
	r.kept = append(r.kept, cid)
	return nil
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	artifact := []byte("not a module")
	sum, root := sha256.Sum256(artifact), possession.Root(artifact)
	r := &registry{height: 10, artifact: artifact}
	r.function = functionstypes.Function{Id: functionstypes.FunctionID(public), Owner: "orb1owner", Name: "echo", SigningKey: public}
	r.version = functionstypes.Version{
		FunctionId: r.function.Id, Number: 1, Complexity: 100, Owner: r.function.Owner, SigningKey: public,
		Artifact: functionstypes.Artifact{Cid: "bafy", Sha256: sum[:], MerkleRoot: root[:], Size_: uint64(len(artifact))},
	}
	r.version.Signature = ed25519.Sign(key, functionstypes.VersionSignBytes(testChain, r.function.Owner, r.function.Name, &r.version))
	r.claim = functionstypes.Claim{
		Id: make([]byte, 20), Kind: functionstypes.CLAIM_KIND_VERSION, FunctionId: r.function.Id, Version: 1, Status: functionstypes.CLAIM_STATUS_COMMIT, CommitUntil: 30,
		Electors: []functionstypes.Elector{{Validator: testValidator, Power: 1}},
	}
	return r
}

func (r *registry) worker(dir string) *Worker {
	return &Worker{log: slog.New(slog.DiscardHandler), ctx: context.Background(), running: make(map[string]bool), cfg: Config{
		Dir: dir, ChainID: testChain, Validator: testValidator, Functions: r, Sender: r, Artifacts: r,
		Height: func(context.Context) (int64, error) { return r.height, nil },
	}}
}

// attest commits and, after a restart, reveals.
func attest(t *testing.T, r *registry) *functionstypes.MsgRevealAttestation {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, r.worker(dir).work(t.Context(), r.claim))
	require.Len(t, r.attestations, 1)
	require.NoError(t, r.worker(dir).work(t.Context(), r.claim))
	m := r.revealed
	require.NotNil(t, m)
	require.NoError(t, m.Validate())
	require.Equal(t, r.attestations[0].Commitment, functionstypes.AttestationCommitment(
		testChain, r.claim.Id, testValidator, m.Verdict, m.ResponseHash, m.Fuel, m.Salt))
	return m
}

func TestBadArtifact(t *testing.T) {
	for name, change := range map[string]func(*registry){
		"bytes":     func(r *registry) { r.artifact = []byte("not A module") },
		"size":      func(r *registry) { r.artifact = append(r.artifact, 0) },
		"root":      func(r *registry) { r.version.Artifact.MerkleRoot = make([]byte, 32) },
		"signature": func(r *registry) { r.version.Complexity++ },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry(t)
			change(r)
			require.Equal(t, functionstypes.VERDICT_BAD_ARTIFACT, attest(t, r).Verdict)
		})
	}
}

func TestBadModule(t *testing.T) {
	require.Equal(t, functionstypes.VERDICT_BAD_MODULE, attest(t, newRegistry(t)).Verdict)
}

func TestUnavailableOnlyNearTheEnd(t *testing.T) {
	r := newRegistry(t)
	r.artifact = nil
	require.ErrorIs(t, r.worker(t.TempDir()).work(t.Context(), r.claim), errLater)
	require.Empty(t, r.attestations)
	r.height = r.claim.CommitUntil - lastBlocks
	require.Equal(t, functionstypes.VERDICT_UNAVAILABLE, attest(t, r).Verdict)
}

// A commitment that may or may not have arrived is sent again as it was.
func TestCommitRepeatsTheSameOpinion(t *testing.T) {
	r := newRegistry(t)
	w := r.worker(t.TempDir())
	r.sendErr = errors.New("the chain is away")
	require.Error(t, w.work(t.Context(), r.claim))
	first, err := w.load(r.claim.Id)
	require.NoError(t, err)
	r.sendErr = nil
	require.NoError(t, w.work(t.Context(), r.claim))
	again, err := w.load(r.claim.Id)
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func TestTidy(t *testing.T) {
	for status, kept := range map[functionstypes.ClaimStatus][]string{
		functionstypes.CLAIM_STATUS_ACCEPTED: {"bafy"},
		functionstypes.CLAIM_STATUS_REJECTED: nil,
	} {
		r := newRegistry(t)
		w := r.worker(t.TempDir())
		require.NoError(t, w.work(t.Context(), r.claim))
		require.NoError(t, w.tidy(map[string]bool{hex.EncodeToString(r.claim.Id): true}))
		_, err := w.load(r.claim.Id)
		require.NoError(t, err, "an open claim's opinion stays")
		r.claim.Status = status
		require.NoError(t, w.tidy(nil))
		_, err = w.load(r.claim.Id)
		require.Error(t, err)
		require.Equal(t, kept, r.kept)
	}
}

type program struct{ outcome runtime.Outcome }

func (p program) Run(context.Context, functionstypes.Contract, []byte) (runtime.Outcome, error) {
	return p.outcome, nil
}

func (program) Close(context.Context) error { return nil }

func TestVerdictOfTheSample(t *testing.T) {
	for want, outcome := range map[functionstypes.Verdict]runtime.Outcome{
		functionstypes.VERDICT_VALID:          {Fuel: 100, Response: []byte("answer")},
		functionstypes.VERDICT_BAD_COMPLEXITY: {Fuel: 101, Response: []byte("answer")},
		functionstypes.VERDICT_BAD_SAMPLE:     {Fuel: 50, Fault: receipt.FaultTrap},
	} {
		r := newRegistry(t)
		w := r.worker(t.TempDir())
		w.cfg.Load = func(_ context.Context, _ []byte, limits runtime.Limits) (Program, error) {
			require.Equal(t, uint64(1000), limits.Fuel)
			return program{outcome}, nil
		}
		var o opinion
		require.NoError(t, w.rerun(t.Context(), r.version, nil, &o))
		require.Equal(t, want, o.Verdict)
	}
}

// TestVerdictOfADispute: everything that the host signed has to be right, under the limits that it had.
func TestVerdictOfADispute(t *testing.T) {
	right := runtime.Outcome{Fuel: 700, Response: []byte("answer")}
	sum := sha256.Sum256(right.Response)
	for name, test := range map[string]struct {
		outcome runtime.Outcome
		want    functionstypes.Verdict
	}{
		"as signed":        {right, functionstypes.VERDICT_VALID},
		"another response": {runtime.Outcome{Fuel: 700, Response: []byte("another")}, functionstypes.VERDICT_BAD_RESULT},
		"other fuel":       {runtime.Outcome{Fuel: 701, Response: right.Response}, functionstypes.VERDICT_BAD_RESULT},
		"a fault":          {runtime.Outcome{Fuel: 700, Response: right.Response, Fault: receipt.FaultTrap}, functionstypes.VERDICT_BAD_RESULT},
	} {
		r := newRegistry(t)
		r.version.FuelLimit = 900
		r.claim.Kind = functionstypes.CLAIM_KIND_RESULT
		r.claim.Dispute = &functionstypes.Dispute{
			Request: []byte("request"), Result: receipt.Result{ResponseHash: sum[:], Fuel: right.Fuel},
		}
		w := r.worker(t.TempDir())
		w.cfg.Load = func(_ context.Context, _ []byte, limits runtime.Limits) (Program, error) {
			require.Equal(t, uint64(900), limits.Fuel)
			return program{test.outcome}, nil
		}
		var o opinion
		require.NoError(t, w.replay(t.Context(), r.claim, r.version, nil, &o))
		require.Equal(t, test.want, o.Verdict, name)
		require.Equal(t, test.outcome.Fuel, o.Fuel)
		require.Equal(t, functionstypes.DisputeWitness(r.claim.Id, test.outcome.Response), o.ResponseHash)
	}
}

// TestDisputeWithoutTheArtifact: nobody is to blame for an artifact that does not match an accepted version.
func TestDisputeWithoutTheArtifact(t *testing.T) {
	r := newRegistry(t)
	r.claim.Dispute = &functionstypes.Dispute{}
	require.Equal(t, functionstypes.VERDICT_UNAVAILABLE, attest(t, r).Verdict)
}
