package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/node/verify"
	"github.com/orbnetwork/orb/pkg/possession"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	fetchTimeout = time.Minute
	// seedsAtOnce bounds the seeds that are on their way to the chain, and so the artifacts that are in memory for it.
	seedsAtOnce = 32
	// retryAfter is how long functions rest that could not be taken.
	retryAfter = 3 * time.Second
	// maxWanted bounds the functions that wait to be looked at.
	maxWanted = 100_000
	pageSize  = 200
	// hintPause is how long repeated hints about a function that is served are not followed, and maxHinted bounds those remembered.
	hintPause = 10 * time.Second
	maxHinted = 10_000
	// walkEvery is how often all functions are looked at, whatever was heard: what was missed is caught up then.
	walkEvery = 10 * time.Minute
	// rolloverGrace is how long a replaced version is served to callers that have not heard of it.
	rolloverGrace = time.Minute
	// everything stands in the wanted list for a walk over all functions.
	everything = ""
)

// errUnwanted says that a function is outside of the policy or not to be served.
var errUnwanted = errors.New("not wanted")

// errUnasked says that the chain has not told what becomes of a function.
var errUnasked = errors.New("asking for the function")

// Program is one version, ready to run. *runtime.Program is one.
type Program interface {
	// Run serves one request. An error is the host's own fault and not charged; a guest's fault is an outcome.
	Run(ctx context.Context, contract functionstypes.Contract, request []byte) (runtime.Outcome, error)
	Close(ctx context.Context) error
}

// function is one that the host serves.
type function struct {
	name    string
	version functionstypes.Version
	program Program
	// served counts requests, over all versions.
	served atomic.Uint64
}

// seedLoop takes functions on. It starts with all that are active: those this node seeds already come first.
func (h *Host) seedLoop() { h.takeOn(map[string]bool{everything: true}) }

// takeOn takes on what is pending, and then what comes up.
func (h *Host) takeOn(pending map[string]bool) {
	walk := time.NewTicker(walkEvery)
	defer walk.Stop()
	for {
		rest := h.seedAll(pending)
		timer := time.NewTimer(retryAfter)
		if len(rest) == 0 {
			timer.Stop()
		}
		select {
		case <-h.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-h.wake:
		case <-walk.C:
			h.want(everything)
		}
		timer.Stop()
		h.mu.Lock()
		pending = h.wanted
		h.wanted = make(map[string]bool)
		h.mu.Unlock()
		maps.Copy(pending, rest)
	}
}

// seedAll takes what it can and returns what has to be tried again. Functions are fetched and loaded one after the other; seeds that are ready go
// on chain meanwhile, as many in a transaction as have come up since the last one.
func (h *Host) seedAll(pending map[string]bool) map[string]bool {
	rest := make(map[string]bool)
	whole := pending[everything]
	if whole {
		delete(pending, everything)
		if err := h.remain(h.ctx); err != nil {
			h.failed("registering again", err)
		}
		if err := h.list(pending); err != nil {
			h.failed("listing functions", err)
			rest[everything] = true
			whole = false
		}
	}
	var mu sync.Mutex
	outcome := func(id string, err error) {
		switch {
		case errors.Is(err, errUnwanted):
			h.log.Info("function not taken", "function", id, "reason", err)
		case err != nil:
			h.failed("seeding "+id, err)
			mu.Lock()
			defer mu.Unlock()
			rest[id] = true
			whole = whole && !errors.Is(err, errUnasked)
		}
	}
	var seeding errgroup.Group
	seeding.SetLimit(seedsAtOnce)
	for id := range pending {
		if h.ctx.Err() != nil {
			break
		}
		finish, err := h.seed(h.ctx, id)
		if err != nil || finish == nil {
			outcome(id, err)
			continue
		}
		seeding.Go(func() error {
			outcome(id, finish())
			return nil
		})
	}
	_ = seeding.Wait() // what failed is in rest
	if whole && h.ctx.Err() == nil {
		h.collect()
	}
	return rest
}

// list adds every active function to pending and learns which ones this node seeds.
func (h *Host) list(pending map[string]bool) error {
	page := &query.PageRequest{Limit: pageSize}
	for {
		answer, err := h.cfg.Seeding.Seeds(h.ctx, &seedingtypes.QuerySeedsRequest{OrbId: h.orbID, Pagination: page})
		if err != nil {
			return err
		}
		h.mu.Lock()
		for _, s := range answer.Seeds {
			h.seeds[s.Seed.FunctionId] = s.Seed.Paid
			pending[s.Seed.FunctionId] = true
		}
		h.mu.Unlock()
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Limit: pageSize, Key: answer.Pagination.NextKey}
	}
	page = &query.PageRequest{Limit: pageSize}
	for {
		answer, err := h.cfg.Functions.Functions(h.ctx, &functionstypes.QueryFunctionsRequest{Pagination: page})
		if err != nil {
			return err
		}
		for _, f := range answer.Functions {
			if f.Serves() {
				pending[f.Id] = true
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			return nil
		}
		page = &query.PageRequest{Limit: pageSize, Key: answer.Pagination.NextKey}
	}
}

// seedsOf visits the seeds of a function as long as visit says so.
func (h *Host) seedsOf(ctx context.Context, id string, visit func(seedingtypes.SeedWithNode) bool) error {
	page := &query.PageRequest{Limit: pageSize}
	for {
		answer, err := h.cfg.Seeding.Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: id, Pagination: page})
		if err != nil {
			return fmt.Errorf("asking for the seeds of %s: %w", id, err)
		}
		for _, s := range answer.Seeds {
			if !visit(s) {
				return nil
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			return nil
		}
		page = &query.PageRequest{Limit: pageSize, Key: answer.Pagination.NextKey}
	}
}

// seed makes the host serve a function's active version. finish, when there is anything left to do, makes the node a seed of it.
func (h *Host) seed(ctx context.Context, id string) (finish func() error, err error) {
	answer, err := h.cfg.Functions.Function(ctx, &functionstypes.QueryFunctionRequest{Function: id})
	if notFound(err) {
		h.drop(id)
		return nil, fmt.Errorf("%w: the chain does not know it", errUnwanted)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnasked, err)
	}
	fn, version := answer.Function, answer.Version
	demand := h.demanded(fn.Id)
	h.mu.Lock()
	held := h.functions[fn.Id]
	paid, seeded := h.seeds[fn.Id]
	h.mu.Unlock()
	ended := fn.Status == functionstypes.FUNCTION_STATUS_ENDED
	switch {
	case ended && held != nil:
		return nil, nil // nobody calls it, but it is proven until it is pruned
	case !fn.Serves() && (!ended || !paid):
		h.drop(fn.Id)
		return nil, fmt.Errorf("%w: it is not active", errUnwanted)
	case h.refused(fn.Id):
		if seeded {
			if err := h.unseed(ctx, fn.Id); err != nil {
				return nil, err
			}
		}
		h.drop(fn.Id)
		return nil, fmt.Errorf("%w: the operator has removed it", errUnwanted)
	case held != nil && held.version.Number == version.Number && seeded:
		return nil, nil
	case !seeded:
		if err := h.accept(fn, version); err != nil {
			return nil, err
		}
		if demand == nil && held == nil && !h.always(fn.Id) {
			if err := h.standing(ctx, fn); err != nil {
				return nil, err
			}
		}
	}
	if err := h.makeRoom(fn.Id, version); err != nil {
		if seeded && errors.Is(err, errUnwanted) {
			err = errors.Join(err, h.unseed(ctx, fn.Id))
			h.drop(fn.Id)
		}
		return nil, err
	}
	artifact, err := h.fetch(ctx, fn, version)
	if err != nil {
		return nil, err
	}
	if held == nil || held.version.Number != version.Number {
		program, err := h.cfg.Load(ctx, artifact, runtime.Limits{Fuel: version.FuelLimit, Memory: version.MemoryLimit})
		if err != nil {
			return nil, fmt.Errorf("loading: %w", err)
		}
		// Served from here on: callers learn of the host by the seed on chain, and the program is there before it.
		taken := &function{name: fn.Name, version: version, program: program}
		if held != nil {
			taken.served.Store(held.served.Load())
		}
		h.mu.Lock()
		replaced := h.functions[fn.Id] // unless it had to make room
		h.functions[fn.Id] = taken
		h.mu.Unlock()
		if replaced != nil {
			h.retire(fn.Id, replaced)
		}
	}
	if seeded {
		return nil, nil
	}
	return func() error {
		err := h.acknowledge(ctx, fn, artifact, demand)
		if errors.Is(err, errUnwanted) || errors.Is(err, seedingtypes.ErrFull) {
			h.drop(fn.Id)
			return fmt.Errorf("%w: %w", errUnwanted, err)
		}
		return err
	}, nil
}

// drop stops serving a function.
func (h *Host) drop(id string) {
	h.mu.Lock()
	f := h.functions[id]
	delete(h.functions, id)
	h.mu.Unlock()
	if f != nil {
		h.log.Info("function dropped", "function", id, "name", f.name)
		h.retire(id, f)
	}
}

// retire serves a version on for a while, then gives it up with its artifact.
func (h *Host) retire(id string, f *function) {
	h.mu.Lock()
	older := h.previous[id]
	h.previous[id] = f
	h.mu.Unlock()
	if older != nil {
		h.release(older)
	}
	h.tasks.Go(func() {
		timer := time.NewTimer(rolloverGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-h.ctx.Done():
			return // Close ends it
		}
		h.mu.Lock()
		current := h.previous[id] == f
		if current {
			delete(h.previous, id)
		}
		h.mu.Unlock()
		if current {
			h.release(f)
		}
	})
}

// release closes a version that is served no more. Its artifact goes unless another function has the same.
func (h *Host) release(f *function) {
	if err := f.program.Close(h.ctx); err != nil {
		h.failed(fmt.Sprintf("closing version %d of %s", f.version.Number, f.name), err)
	}
	h.mu.Lock()
	shared := false
	for _, held := range []map[string]*function{h.functions, h.previous} {
		for _, other := range held {
			shared = shared || other.version.Artifact.Cid == f.version.Artifact.Cid
		}
	}
	h.mu.Unlock()
	if shared {
		return
	}
	if err := h.cfg.Artifacts.Delete(h.ctx, f.version.Artifact.Cid); err != nil {
		h.failed("deleting "+f.version.Artifact.Cid, err)
	}
}

// fetch gets an artifact and checks that it is what the chain says. Nothing else is ever served.
func (h *Host) fetch(ctx context.Context, fn functionstypes.Function, version functionstypes.Version) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	artifact, err := h.cfg.Artifacts.Get(ctx, version.Artifact.Cid, version.Artifact.Size_)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", version.Artifact.Cid, err)
	}
	if err := verify.Version(h.cfg.ChainID, fn, version, artifact); err != nil {
		// The bytes go by themselves, unless another function has the same.
		return nil, fmt.Errorf("%w: %w", errUnwanted, err)
	}
	return artifact, h.cfg.Artifacts.Keep(ctx, version.Artifact.Cid)
}

// application is the message that asks for a seed, with the answer to its challenge.
func (h *Host) application(ctx context.Context, id string, artifact []byte) (*seedingtypes.MsgSeed, error) {
	challenge, err := h.cfg.Seeding.Challenge(ctx, &seedingtypes.QueryChallengeRequest{OrbId: h.orbID, FunctionId: id})
	if err != nil {
		return nil, fmt.Errorf("asking for the challenge: %w", err)
	}
	proof, err := prove(artifact, challenge.ChunkIndex)
	if err != nil {
		return nil, err
	}
	return &seedingtypes.MsgSeed{Operator: h.cfg.Sender.Address(), OrbId: h.orbID, FunctionId: id, Epoch: challenge.Epoch, Proof: proof}, nil
}

// acknowledge answers the challenge for a new seed.
func (h *Host) acknowledge(ctx context.Context, fn functionstypes.Function, artifact []byte, demand *asked) error {
	msg, err := h.application(ctx, fn.Id, artifact)
	if err != nil {
		return err
	}
	var least uint64
	if demand != nil {
		fees, err := h.cfg.Sender.Fee(ctx, msg)
		if errors.Is(err, seedingtypes.ErrFull) {
			if msg.Displace, err = h.vacated(ctx, fn.Id); err != nil {
				return err
			}
			fees, err = h.cfg.Sender.Fee(ctx, msg)
		}
		if err != nil {
			return fmt.Errorf("asking for the gas of seeding: %w", err)
		}
		if least, err = h.worth(ctx, fn, demand, fees.AmountOf(functionstypes.Denom)); err != nil {
			return err
		}
	}
	result, err := h.cfg.Sender.Send(ctx, msg)
	paid := false
	switch {
	case errors.Is(err, seedingtypes.ErrExists):
		// An earlier attempt was included after all; the walk at the next start tells which kind it is.
	case err != nil:
		return fmt.Errorf("acknowledging: %w", err)
	default:
		paid = paidBy(result)
	}
	h.mu.Lock()
	h.seeds[fn.Id] = paid
	h.mu.Unlock()
	if demand != nil {
		h.mirrored(fn.Id, demand.from, least)
	}
	h.log.Info("function seeded", "function", fn.Id, "name", fn.Name, "paid", paid, "on_demand", demand != nil)
	return nil
}

// paidBy tells whether what came first in a transaction has made the node a paid seed.
func paidBy(result *chain.TxResult) bool {
	response, is := result.MsgResponses[0].(*seedingtypes.MsgSeedResponse)
	return is && response.Paid
}

func prove(artifact []byte, index uint64) (seedingtypes.Proof, error) {
	chunk, path, err := possession.Prove(artifact, index)
	if err != nil {
		return seedingtypes.Proof{}, fmt.Errorf("proving possession: %w", err)
	}
	return seedingtypes.Proof{Chunk: chunk, Path: path}, nil
}

func notFound(err error) bool { return status.Code(err) == codes.NotFound }
