package verify

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// fetchTimeout bounds one attempt to fetch an artifact.
	fetchTimeout = 10 * time.Second
	// lastBlocks before the end of the commit phase an artifact that cannot be fetched is called unavailable.
	lastBlocks = 5
	// sampleFuel is how far beyond the stated complexity a sample runs before it is stopped.
	sampleFuel = 10
	// maxRunning bounds the claims that are worked on at once.
	maxRunning = 2
	pollEvery  = 500 * time.Millisecond
	pageSize   = 100
)

// Sender gets transactions of the attester onto the chain. *chain.Sender is one.
type Sender interface {
	// Send returns when the messages are in a block and have succeeded.
	Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error)
	// Address is the attester's account.
	Address() string
}

// Artifacts gets artifacts by CID. *artifact.Store is one.
type Artifacts interface {
	// Get returns the artifact, from peers when it is not here. It fails when it has more than maxBytes. What was fetched goes after a
	// while unless it is kept.
	Get(ctx context.Context, cid string, maxBytes uint64) ([]byte, error)
	// Keep makes it stay.
	Keep(ctx context.Context, cid string) error
}

// Program is a loaded artifact. *runtime.Program is one.
type Program interface {
	Run(ctx context.Context, contract functionstypes.Contract, request []byte) (runtime.Outcome, error)
	Close(ctx context.Context) error
}

// Config of a Worker. Everything but Log is required.
type Config struct {
	// Dir is where commitments are kept until they are revealed.
	Dir     string
	ChainID string
	// Validator is the operator address that the super node is registered with.
	Validator string

	Functions functionstypes.QueryClient
	Sender    Sender
	Artifacts Artifacts
	// Load makes a program of an artifact that has passed Version.
	Load func(ctx context.Context, artifact []byte, limits runtime.Limits) (Program, error)
	// Height is the chain's latest.
	Height func(context.Context) (int64, error)
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Worker attests the claims in which its validator is an elector.
type Worker struct {
	cfg    Config
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.Mutex
	running map[string]bool
}

// Start begins to work. Close ends it; a claim that was committed to is revealed after the next start.
func Start(cfg Config) (*Worker, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the folder of commitments: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	w := &Worker{cfg: cfg, log: cfg.Log, running: make(map[string]bool)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.tasks.Go(w.poll)
	return w, nil
}

// Close gives up what is under way.
func (w *Worker) Close() {
	w.cancel()
	w.tasks.Wait()
}

func (w *Worker) poll() {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := w.scan(); err != nil && w.ctx.Err() == nil {
			w.log.Debug("open claims not read", "error", err)
		}
		select {
		case <-w.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// scan starts work on every open claim that is this validator's.
func (w *Worker) scan() error {
	open := make(map[string]bool)
	page := &query.PageRequest{Limit: pageSize}
	for {
		answer, err := w.cfg.Functions.OpenClaims(w.ctx, &functionstypes.QueryOpenClaimsRequest{Pagination: page})
		if err != nil {
			return fmt.Errorf("asking for open claims: %w", err)
		}
		for _, claim := range answer.Claims {
			open[hex.EncodeToString(claim.Id)] = true
			if w.elects(claim) {
				w.begin(claim)
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			return w.tidy(open)
		}
		page = &query.PageRequest{Limit: pageSize, Key: answer.Pagination.NextKey}
	}
}

func (w *Worker) elects(claim functionstypes.Claim) bool {
	for _, elector := range claim.Electors {
		if elector.Validator == w.cfg.Validator {
			return true
		}
	}
	return false
}

func (w *Worker) begin(claim functionstypes.Claim) {
	id := hex.EncodeToString(claim.Id)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[id] || len(w.running) >= maxRunning {
		return
	}
	w.running[id] = true
	w.tasks.Go(func() {
		if err := w.work(w.ctx, claim); err != nil && w.ctx.Err() == nil {
			w.log.Warn("claim not attested, will try again", "claim", id, "function", claim.FunctionId, "error", err)
		}
		w.mu.Lock()
		delete(w.running, id)
		w.mu.Unlock()
	})
}

// work takes a claim one step on.
func (w *Worker) work(ctx context.Context, claim functionstypes.Claim) error {
	answer, err := w.cfg.Functions.Claim(ctx, &functionstypes.QueryClaimRequest{ClaimId: hex.EncodeToString(claim.Id)})
	if err != nil {
		return fmt.Errorf("asking for the claim: %w", err)
	}
	claim = answer.Claim
	var own *functionstypes.Attestation
	for i := range answer.Attestations {
		if answer.Attestations[i].Validator == w.cfg.Validator {
			own = &answer.Attestations[i]
		}
	}
	switch {
	case claim.Status == functionstypes.CLAIM_STATUS_COMMIT && own == nil:
		return w.commit(ctx, claim)
	case claim.Status == functionstypes.CLAIM_STATUS_REVEAL && own != nil && !own.Revealed:
		return w.reveal(ctx, claim)
	}
	return nil
}

// opinion is a verdict with what makes its commitment; it is on disk before the commitment leaves.
type opinion struct {
	Verdict      functionstypes.Verdict `json:"verdict"`
	ResponseHash []byte                 `json:"response_hash,omitempty"`
	Fuel         uint64                 `json:"fuel,omitempty"`
	Salt         []byte                 `json:"salt"`
	// CID of the artifact, which is kept when the claim is accepted.
	CID string `json:"cid"`
}

// errLater says that there is no verdict yet.
var errLater = errors.New("the artifact cannot be fetched yet")

func (w *Worker) commit(ctx context.Context, claim functionstypes.Claim) error {
	o, err := w.load(claim.Id)
	if errors.Is(err, os.ErrNotExist) {
		if o, err = w.judge(ctx, claim); err != nil {
			return err
		}
		err = w.store(claim.Id, o)
	}
	if err != nil {
		return err
	}
	commitment := functionstypes.AttestationCommitment(w.cfg.ChainID, claim.Id, w.cfg.Validator, o.Verdict, o.ResponseHash, o.Fuel, o.Salt)
	_, err = w.cfg.Sender.Send(ctx, &functionstypes.MsgCommitAttestation{
		Attester: w.cfg.Sender.Address(), ClaimId: claim.Id, Commitment: commitment,
	})
	if err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	w.log.Info("claim judged", "function", claim.FunctionId, "version", claim.Version, "verdict", o.Verdict.String(), "fuel", o.Fuel)
	return nil
}

func (w *Worker) reveal(ctx context.Context, claim functionstypes.Claim) error {
	o, err := w.load(claim.Id)
	if err != nil {
		return fmt.Errorf("reading the own commitment: %w", err)
	}
	_, err = w.cfg.Sender.Send(ctx, &functionstypes.MsgRevealAttestation{
		Attester: w.cfg.Sender.Address(), ClaimId: claim.Id, Verdict: o.Verdict, ResponseHash: o.ResponseHash, Fuel: o.Fuel, Salt: o.Salt,
	})
	if err != nil {
		return fmt.Errorf("revealing: %w", err)
	}
	return nil
}

// judge forms the verdict. An error is this machine's own fault and says nothing about the claim.
func (w *Worker) judge(ctx context.Context, claim functionstypes.Claim) (opinion, error) {
	o := opinion{Salt: make([]byte, 32)}
	if _, err := rand.Read(o.Salt); err != nil {
		return o, fmt.Errorf("making a salt: %w", err)
	}
	fn, err := w.cfg.Functions.Function(ctx, &functionstypes.QueryFunctionRequest{Function: claim.FunctionId})
	if err != nil {
		return o, fmt.Errorf("asking for function %s: %w", claim.FunctionId, err)
	}
	answer, err := w.cfg.Functions.Version(ctx, &functionstypes.QueryVersionRequest{FunctionId: claim.FunctionId, Number: claim.Version})
	if err != nil {
		return o, fmt.Errorf("asking for version %d of %s: %w", claim.Version, claim.FunctionId, err)
	}
	version := answer.Version
	o.CID = version.Artifact.Cid
	artifact, err := w.fetch(ctx, version)
	if err != nil {
		height, heightErr := w.cfg.Height(ctx)
		if heightErr != nil || ctx.Err() != nil || height+lastBlocks < claim.CommitUntil {
			return o, errors.Join(errLater, err, heightErr)
		}
		o.Verdict = functionstypes.VERDICT_UNAVAILABLE
		return o, nil
	}
	err = Version(w.cfg.ChainID, fn.Function, version, artifact)
	switch {
	case err != nil && claim.Dispute != nil:
		o.Verdict = functionstypes.VERDICT_UNAVAILABLE // of an accepted version that is all there is to say
	case errors.Is(err, ErrModule):
		o.Verdict = functionstypes.VERDICT_BAD_MODULE
	case err != nil:
		o.Verdict = functionstypes.VERDICT_BAD_ARTIFACT
	case claim.Dispute != nil:
		err = w.replay(ctx, claim, version, artifact, &o)
		return o, err
	default:
		err = w.rerun(ctx, version, artifact, &o)
		return o, err
	}
	return o, nil
}

func (w *Worker) fetch(ctx context.Context, version functionstypes.Version) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	artifact, err := w.cfg.Artifacts.Get(ctx, version.Artifact.Cid, version.Artifact.Size_)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", version.Artifact.Cid, err)
	}
	return artifact, nil
}

// rerun runs the sample and enters what came of it.
func (w *Worker) rerun(ctx context.Context, version functionstypes.Version, artifact []byte, o *opinion) error {
	outcome, err := w.run(ctx, version, artifact, version.Complexity*sampleFuel, version.Sample.Request)
	if err != nil {
		return err
	}
	o.Fuel = outcome.Fuel
	switch {
	case outcome.Fault == receipt.FaultFuel:
		o.Verdict = functionstypes.VERDICT_BAD_COMPLEXITY
	case outcome.Fault != receipt.FaultNone:
		o.Verdict = functionstypes.VERDICT_BAD_SAMPLE
	case outcome.Fuel != version.Complexity:
		o.Verdict = functionstypes.VERDICT_BAD_COMPLEXITY
	default:
		o.Verdict = functionstypes.VERDICT_VALID
		sum := sha256.Sum256(outcome.Response)
		o.ResponseHash = sum[:]
	}
	return nil
}

// replay runs a disputed request under the limits that its host had, and compares everything that the host signed.
func (w *Worker) replay(ctx context.Context, claim functionstypes.Claim, version functionstypes.Version, artifact []byte, o *opinion) error {
	outcome, err := w.run(ctx, version, artifact, version.FuelLimit, claim.Dispute.Request)
	if err != nil {
		return err
	}
	signed, sum := claim.Dispute.Result, sha256.Sum256(outcome.Response)
	o.Verdict = functionstypes.VERDICT_BAD_RESULT
	if bytes.Equal(sum[:], signed.ResponseHash) && outcome.Fuel == signed.Fuel && uint32(outcome.Fault) == signed.Outcome {
		o.Verdict = functionstypes.VERDICT_VALID
	}
	o.Fuel, o.ResponseHash = outcome.Fuel, functionstypes.DisputeWitness(claim.Id, outcome.Response)
	return nil
}

func (w *Worker) run(ctx context.Context, version functionstypes.Version, artifact []byte, fuel uint64, request []byte) (runtime.Outcome, error) {
	program, err := w.cfg.Load(ctx, artifact, runtime.Limits{Fuel: fuel, Memory: version.MemoryLimit})
	if err != nil {
		return runtime.Outcome{}, fmt.Errorf("loading the artifact: %w", err)
	}
	outcome, err := program.Run(ctx, version.Contract, request)
	if err := errors.Join(err, program.Close(ctx)); err != nil {
		return runtime.Outcome{}, fmt.Errorf("running the request: %w", err)
	}
	return outcome, nil
}

func (w *Worker) path(id []byte) string {
	return filepath.Join(w.cfg.Dir, hex.EncodeToString(id)+".json")
}

func (w *Worker) load(id []byte) (opinion, error) {
	var o opinion
	data, err := os.ReadFile(w.path(id))
	if err != nil {
		return o, err
	}
	err = json.Unmarshal(data, &o)
	return o, err
}

// store makes an opinion durable before anybody hears of it.
func (w *Worker) store(id []byte, o opinion) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	fresh := w.path(id) + ".new"
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("storing the commitment: %w", err)
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("storing the commitment: %w", err)
	}
	if err := os.Rename(fresh, w.path(id)); err != nil {
		return fmt.Errorf("storing the commitment: %w", err)
	}
	return nil
}

// tidy ends with claims that are decided: the artifact of an accepted one is kept. Any other goes by itself, unless another version has
// the same.
func (w *Worker) tidy(open map[string]bool) error {
	entries, err := os.ReadDir(w.cfg.Dir)
	if err != nil {
		return fmt.Errorf("reading commitments: %w", err)
	}
	for _, entry := range entries {
		name, isOpinion := strings.CutSuffix(entry.Name(), ".json")
		id, err := hex.DecodeString(name)
		w.mu.Lock()
		running := w.running[name]
		w.mu.Unlock()
		if !isOpinion || err != nil || open[name] || running {
			continue
		}
		answer, err := w.cfg.Functions.Claim(w.ctx, &functionstypes.QueryClaimRequest{ClaimId: name})
		if err != nil && status.Code(err) != codes.NotFound { // a claim is removed with its function
			return fmt.Errorf("asking for claim %s: %w", name, err)
		}
		if err == nil && answer.Claim.IsOpen() {
			continue // opened since the list was read
		}
		if err == nil && answer.Claim.Kind == functionstypes.CLAIM_KIND_VERSION && answer.Claim.Status == functionstypes.CLAIM_STATUS_ACCEPTED {
			w.keep(id)
		}
		if err := os.Remove(w.path(id)); err != nil {
			return fmt.Errorf("removing a commitment: %w", err)
		}
	}
	return nil
}

// keep holds on to the artifact of a version that was accepted.
func (w *Worker) keep(id []byte) {
	o, err := w.load(id)
	if err == nil {
		err = w.cfg.Artifacts.Keep(w.ctx, o.CID)
	}
	if err != nil {
		w.log.Warn("artifact not kept", "claim", hex.EncodeToString(id), "error", err)
	}
}
