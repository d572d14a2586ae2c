// Package host is the node's side of seeding and serving: it decides which functions to seed, proves that it has them, serves requests
// on lanes, keeps the receipts that pay for them on disk, and settles them on chain. Package client describes the exchange with callers.
package host

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/orbid"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Sender gets transactions of the operator onto the chain. *chain.Sender is one.
type Sender interface {
	// Send returns when the messages are in a block and have succeeded.
	Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error)
	// Fee is what sending would cost now.
	Fee(ctx context.Context, msgs ...sdk.Msg) (sdk.Coins, error)
	// Address is the operator's account.
	Address() string
}

// Artifacts gets artifacts by CID. *artifact.Store is one.
type Artifacts interface {
	// Get returns the artifact, from peers when it is not here. It fails when it has more than maxBytes. What was fetched goes after a
	// while unless it is kept.
	Get(ctx context.Context, cid string, maxBytes uint64) ([]byte, error)
	// Keep makes it stay.
	Keep(ctx context.Context, cid string) error
	// Delete removes it from here.
	Delete(ctx context.Context, cid string) error
	// Kept returns what stays, with sizes in bytes.
	Kept(ctx context.Context) (map[string]uint64, error)
}

// Config of a Host. What has no default is required.
type Config struct {
	// Dir is where receipts are kept.
	Dir     string
	ChainID string
	// Key is the node key; its Orb ID names the host.
	Key     ed25519.PrivateKey
	Moniker string
	// Addresses are the multiaddrs, without the peer part, to register on chain.
	Addresses []string
	Policy    Policy

	Functions functionstypes.QueryClient
	Seeding   seedingtypes.QueryClient
	Rewards   rewardstypes.QueryClient
	Sender    Sender
	Artifacts Artifacts
	// Load makes a program of an artifact that has been checked.
	Load func(ctx context.Context, artifact []byte, limits runtime.Limits) (Program, error)

	// OpenOnly never puts up the bond that paid seeds need: all seeds are open ones.
	OpenOnly bool
	// MaxInFlight bounds the requests that run or wait; 0 takes 32 per CPU.
	MaxInFlight int
	// Budget is how much of something else that the node has is used, e.g. bandwidth, in per mille; at 1000 requests are refused. nil is nothing.
	Budget func() uint32
	// Nodes is about how many there are in the network, so that not all step in at once; nil is one.
	Nodes func() int
	// MirrorFor is how long a function that is taken on demand has to earn the gas of taking it, again and again, before it is given up; 0
	// takes none on demand.
	MirrorFor time.Duration
	// SettleEvery is the longest that something earned waits for settlement; 0 takes 30 s.
	SettleEvery time.Duration
	// SettleAt is how much may be earned and not settled, in uorb, before that; 0 takes 1 ORB.
	SettleAt uint64
	// SettleMargin is how many times its gas a settlement has to be worth to be sent because of its age; one that is near its end or over
	// SettleAt has to be worth its gas once. 0 settles whatever it costs.
	SettleMargin uint64
	// Registerer takes the host's metrics; nil for none.
	Registerer prometheus.Registerer
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Host seeds and serves. It is safe for concurrent use; it handles the requests of a *peer.Host.
type Host struct {
	cfg     Config
	orbID   string
	log     *slog.Logger
	receipt *receiptLog
	signers signers
	height  atomic.Int64

	mu        sync.Mutex
	closing   bool
	lanes     map[string]*lane
	lookups   map[string]bool
	functions map[string]*function
	// previous are versions that were replaced a moment ago: callers that have not heard of it are still served.
	previous map[string]*function
	// inherited are artifacts, by CID with their sizes, that an earlier run has kept and of which it is not known yet whether they are served.
	inherited map[string]uint64
	policy    Policy
	wanted    map[string]bool
	hinted    map[string]time.Time
	settledAt time.Time
	seeds     map[string]bool // by function id, whether paid
	lastError string
	// heard is what was last announced of functions, onDemand the demands that the seed loop is to answer, mirrors what was taken on demand.
	heard      balance.Calls
	onDemand   map[string]*asked
	mirrors    map[string]*mirror
	distrusted map[string]time.Time
	// steppedIn is when the node last took a function on demand.
	steppedIn time.Time

	// slots are requests that run or wait, running those that have a CPU.
	inflight atomic.Int64
	running  chan struct{}
	busy     occupancy
	requests sync.WaitGroup

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	wake   chan struct{}
	blocks chan chain.Block

	served, earned atomic.Uint64
	metrics        metrics
}

// New opens the receipts of an earlier run. Start begins to seed; Close ends.
func New(cfg Config) (*Host, error) {
	if len(cfg.Key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("node key has %d bytes, want %d", len(cfg.Key), ed25519.PrivateKeySize)
	}
	if cfg.MaxInFlight == 0 {
		cfg.MaxInFlight = 32 * goruntime.GOMAXPROCS(0)
	}
	if cfg.SettleEvery == 0 {
		cfg.SettleEvery = 30 * time.Second
	}
	if cfg.SettleAt == 0 {
		cfg.SettleAt = 1_000_000
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	slots := 2 * goruntime.GOMAXPROCS(0)
	h := &Host{
		cfg: cfg, orbID: orbid.FromKey(cfg.Key.Public().(ed25519.PublicKey)), log: cfg.Log,
		signers: signers{keys: make(map[string]*signer)},
		lanes:   make(map[string]*lane), lookups: make(map[string]bool), functions: make(map[string]*function),
		previous: make(map[string]*function), policy: cfg.Policy, settledAt: time.Now(),
		wanted: make(map[string]bool), hinted: make(map[string]time.Time), seeds: make(map[string]bool),
		heard: make(balance.Calls), onDemand: make(map[string]*asked), mirrors: make(map[string]*mirror),
		distrusted: make(map[string]time.Time),
		running:    make(chan struct{}, slots), busy: occupancy{slots: slots},
		wake: make(chan struct{}, 1), blocks: make(chan chain.Block, 16),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	receipts, records, err := openLog(filepath.Join(cfg.Dir, "receipts.db"), func(err error) { h.failed("keeping receipts", err) })
	if err != nil {
		h.cancel()
		return nil, err
	}
	h.receipt = receipts
	if h.metrics, err = newMetrics(h, cfg.Registerer); err != nil {
		h.cancel()
		return nil, errors.Join(err, receipts.close())
	}
	mirrors, err := receipts.mirrors()
	if err != nil {
		h.cancel()
		return nil, errors.Join(err, receipts.close())
	}
	for _, m := range mirrors {
		h.mirrors[m.function] = &mirror{since: time.Now(), least: m.least}
	}
	for _, r := range records {
		s := h.signers.of(r.lane.SessionKey)
		s.paid(0, r.receipt.Count)
		h.lanes[string(r.lane.Id)] = newLane(r, s)
	}
	return h, nil
}

// ID is the host's Orb ID.
func (h *Host) ID() string { return h.orbID }

// Start registers the node and begins to seed, prove and settle. It returns once the node is on chain; functions follow.
func (h *Host) Start(ctx context.Context, height int64) error {
	h.height.Store(height)
	if err := h.register(ctx); err != nil {
		return err
	}
	if err := h.inherit(ctx); err != nil {
		return err
	}
	h.tasks.Go(h.follow)
	h.tasks.Go(h.seedLoop)
	h.tasks.Go(h.settleLoop)
	h.tasks.Go(h.proveLoop)
	h.tasks.Go(h.mirrorLoop)
	return nil
}

// register binds node and operator on chain, unless that is so already, and puts up the bond for paid seeds.
func (h *Host) register(ctx context.Context) error {
	operator := h.cfg.Sender.Address()
	answer, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	switch {
	case notFound(err):
		if _, err := h.cfg.Sender.Send(ctx, &seedingtypes.MsgRegisterNode{
			Operator: operator, OrbId: h.orbID, Moniker: h.cfg.Moniker, Addresses: h.cfg.Addresses,
			Signature: ed25519.Sign(h.cfg.Key, seedingtypes.RegistrationSignBytes(h.cfg.ChainID, operator, h.orbID)),
		}); err != nil {
			return fmt.Errorf("registering node %s: %w", h.orbID, err)
		}
		return h.bond(ctx, math.ZeroInt())
	case err != nil:
		return fmt.Errorf("asking the chain for node %s: %w", h.orbID, err)
	}
	node := answer.Node
	if node.Operator != operator {
		return fmt.Errorf("node %s is run by %s, not by %s", h.orbID, node.Operator, operator)
	}
	if node.Moniker != h.cfg.Moniker || !slices.Equal(node.Addresses, h.cfg.Addresses) {
		if _, err := h.cfg.Sender.Send(ctx, &seedingtypes.MsgUpdateNode{
			Operator: operator, OrbId: h.orbID, Moniker: h.cfg.Moniker, Addresses: h.cfg.Addresses,
		}); err != nil {
			// An operator who lives on an allowance of gas has none for this; the DHT knows better addresses anyway.
			h.failed("updating the node on chain", err)
		}
	}
	return h.bond(ctx, node.Bond)
}

// remain registers the node again when the chain has forgotten it, as it does with those that were away for long.
func (h *Host) remain(ctx context.Context) error {
	_, err := h.cfg.Seeding.Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: h.orbID})
	if !notFound(err) {
		return nil // it is there, or nobody can tell
	}
	return h.register(ctx)
}

// bond puts up what paid seeds need beyond what is bonded. An operator who cannot hosts without them.
func (h *Host) bond(ctx context.Context, bonded math.Int) error {
	if h.cfg.OpenOnly {
		return nil
	}
	answer, err := h.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("asking for the params of x/seeding: %w", err)
	}
	missing := math.NewIntFromUint64(answer.Params.MinBond).Sub(bonded)
	if !missing.IsPositive() {
		return nil
	}
	if _, err := h.cfg.Sender.Send(ctx, &seedingtypes.MsgBond{
		Operator: h.cfg.Sender.Address(), OrbId: h.orbID, Amount: sdk.NewCoin(functionstypes.Denom, missing),
	}); err != nil {
		h.log.Warn("no bond, so all seeds are open ones", "needed", missing.String(), "error", err)
	}
	return nil
}

// Observe takes what a block changed. Every block has to come here, in order.
func (h *Host) Observe(block chain.Block) {
	select {
	case h.blocks <- block:
	case <-h.ctx.Done():
	}
}

// Hint names a function that may be new or have changed; whether it has, the chain is asked, but not for every repetition.
func (h *Host) Hint(functionID string) {
	now := time.Now()
	h.mu.Lock()
	if len(h.hinted) >= maxHinted {
		maps.DeleteFunc(h.hinted, func(_ string, at time.Time) bool { return now.Sub(at) > hintPause })
	}
	at, recent := h.hinted[functionID]
	held := h.functions[functionID] != nil
	if recent && held && now.Sub(at) < hintPause || len(h.hinted) >= maxHinted || len(h.wanted) >= maxWanted {
		h.mu.Unlock()
		return
	}
	h.hinted[functionID] = now
	h.mu.Unlock()
	h.wantNew(functionID)
}

// wantNew has a function looked at. One that is not served here waits a while by chance: were all nodes to take it at once, none would see that it
// has hosts enough.
func (h *Host) wantNew(id string) {
	h.mu.Lock()
	held, replicas := h.functions[id] != nil, h.policy.Replicas
	h.mu.Unlock()
	if !held && replicas > 0 {
		if delay := balance.Delay(1-rand.Float64(), h.nodes(), replicas); delay > 0 {
			time.AfterFunc(delay, func() { h.want(id) })
			return
		}
	}
	h.want(id)
}

// Holds tells whether a function is served here.
func (h *Host) Holds(functionID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.functions[functionID] != nil
}

func (h *Host) signal() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *Host) follow() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case block := <-h.blocks:
			h.observe(block)
		}
	}
}

func (h *Host) observe(block chain.Block) {
	h.height.Store(block.Height)
	if block.Missed > 0 {
		h.want(everything)
	}
	for _, event := range block.Events {
		switch event := event.(type) {
		case *functionstypes.EventVersionActivated:
			h.wantNew(event.FunctionId)
		case *seedingtypes.EventSeeded:
			h.stepped(event)
		case *seedingtypes.EventDisplaced:
			if event.OrbId == h.orbID {
				h.displaced(event)
			}
		case *seedingtypes.EventUnseeded:
			if event.OrbId == h.orbID {
				h.unseeded(event.FunctionId)
			}
		case *seedingtypes.EventNodeRemoved:
			if event.OrbId == h.orbID {
				h.want(everything)
			}
		case *rewardstypes.EventLaneOpened:
			if event.Lane.OrbId == h.orbID {
				h.learn(event.Lane)
			}
		case *rewardstypes.EventLaneSettled:
			if l := h.lane(event.LaneId); l != nil {
				l.settled(event.Count)
			}
			if event.OrbId == h.orbID {
				h.earned.Add(event.Host.Amount.Uint64())
			}
		case *rewardstypes.EventLaneExpires:
			if l := h.lane(event.LaneId); l != nil {
				l.expires(event.Expiry, event.Closes)
			}
		case *rewardstypes.EventLaneClosed:
			h.forget(event.LaneId)
		default:
			h.changed(event)
		}
	}
}

// changed looks again at a function of this host whenever x/functions says anything about it.
func (h *Host) changed(event proto.Message) {
	about, is := event.(interface{ GetFunctionId() string })
	if !is || !strings.HasPrefix(proto.MessageName(event), "orb.functions.") {
		return
	}
	if h.Holds(about.GetFunctionId()) {
		h.want(about.GetFunctionId())
	}
}

func (h *Host) want(id string) {
	h.mu.Lock()
	h.wanted[id] = true
	h.mu.Unlock()
	h.signal()
}

// Close stops taking requests, finishes those under way, settles what is earned as far as ctx allows, and closes the receipts.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	idle := make(chan struct{})
	go func() { h.requests.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	h.flushAll()
	h.settled(ctx) // gives callers a moment for the last receipts
	h.cancel()
	h.tasks.Wait()
	<-idle // who waited for a slot has left, and what runs ends within runtime.WallTime
	err := h.settle(ctx, min(h.cfg.SettleMargin, 1), true)
	h.mu.Lock()
	functions := append(slices.Collect(maps.Values(h.functions)), slices.Collect(maps.Values(h.previous))...)
	h.mu.Unlock()
	errs := []error{err}
	for _, f := range functions {
		errs = append(errs, f.program.Close(ctx))
	}
	return errors.Join(append(errs, h.receipt.close())...)
}

// settled waits until every result has its receipt, but not long: a caller that has gone sends none.
func (h *Host) settled(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for h.owed() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (h *Host) owed() bool {
	for _, l := range h.allLanes() {
		l.mu.Lock()
		owed := len(l.results) > 0
		l.mu.Unlock()
		if owed {
			return true
		}
	}
	return false
}

// Status is what a host tells its operator.
type Status struct {
	OrbID    string `json:"orb_id"`
	Operator string `json:"operator"`
	Height   int64  `json:"height"`
	// Functions by id.
	Functions []FunctionStatus `json:"functions"`
	// Served requests and earned uorb since the start; Unsettled uorb are on receipts and not on chain yet.
	Served    uint64   `json:"served"`
	Earned    uint64   `json:"earned_uorb"`
	Unsettled math.Int `json:"unsettled_uorb"`
	Lanes     int      `json:"lanes"`
	// ArtifactBytes on disk, of at most MaxBytes; 0 is no bound.
	ArtifactBytes uint64 `json:"artifact_bytes"`
	MaxBytes      uint64 `json:"max_bytes"`
	InFlight      int64  `json:"in_flight"`
	// NextSettlement is when earnings are next looked at because of their age.
	NextSettlement time.Time `json:"next_settlement"`
	// LastError is why a function was not taken, or a transaction failed, the last time that happened.
	LastError string `json:"last_error,omitempty"`
}

// FunctionStatus is one function that a host serves.
type FunctionStatus struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version uint64 `json:"version"`
	Paid    bool   `json:"paid"`
	// Mirror: it was taken because its hosts were busy, and is given up when it no longer pays.
	Mirror bool `json:"mirror,omitempty"`
	// Served requests since the start.
	Served uint64 `json:"served"`
}

// Status returns what the host does.
func (h *Host) Status() Status {
	s := Status{
		OrbID: h.orbID, Operator: h.cfg.Sender.Address(), Height: h.height.Load(), Functions: []FunctionStatus{},
		Served: h.served.Load(), Earned: h.earned.Load(), Unsettled: math.ZeroInt(), InFlight: h.inflight.Load(),
	}
	for _, l := range h.allLanes() {
		s.Unsettled = s.Unsettled.Add(accrued(l.state()))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.ArtifactBytes, s.MaxBytes = bytesOf(h.onDisk("")), h.policy.MaxBytes
	s.Lanes, s.LastError, s.NextSettlement = len(h.lanes), h.lastError, h.settledAt.Add(h.cfg.SettleEvery)
	for _, id := range slices.Sorted(maps.Keys(h.functions)) {
		f := h.functions[id]
		s.Functions = append(s.Functions, FunctionStatus{ID: id, Name: f.name, Version: f.version.Number, Paid: h.seeds[id], Mirror: h.mirrors[id] != nil, Served: f.served.Load()})
	}
	return s
}

// failed keeps and logs an error that nobody waits for.
func (h *Host) failed(what string, err error) {
	if h.ctx.Err() != nil {
		return
	}
	h.mu.Lock()
	h.lastError = fmt.Sprintf("%s: %s", what, err)
	h.mu.Unlock()
	h.log.Warn(what, "error", err)
}
