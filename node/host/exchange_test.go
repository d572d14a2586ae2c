package host

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"google.golang.org/grpc"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const (
	testChain    = "orb-test-1"
	testFunction = "orbfn1test"
	testPrice    = 50
)

// ledger is x/rewards in memory: lanes, and what settlements paid.
type ledger struct {
	rewardstypes.QueryClient
	mu    sync.Mutex
	lanes map[string]*rewardstypes.Lane
	// fail, when set, is what the next settlement fails with.
	fail error
	txs  int
	// base and each are what a settlement costs, and costs more for each entry.
	base, each int64
	estimates  int
}

func (l *ledger) Params(context.Context, *rewardstypes.QueryParamsRequest, ...grpc.CallOption) (*rewardstypes.QueryParamsResponse, error) {
	return &rewardstypes.QueryParamsResponse{Params: rewardstypes.Params{MaxEntries: 2, Denom: "uorb"}}, nil
}

func (l *ledger) Lane(_ context.Context, r *rewardstypes.QueryLaneRequest, _ ...grpc.CallOption) (*rewardstypes.QueryLaneResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := l.lanes[r.LaneId]
	if lane == nil {
		return nil, errors.New("unknown")
	}
	return &rewardstypes.QueryLaneResponse{Lane: *lane}, nil
}

func (l *ledger) Address() string { return "orb1operator" }

func (l *ledger) Fee(_ context.Context, msgs ...sdk.Msg) (sdk.Coins, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.estimates++
	return sdk.NewCoins(sdk.NewInt64Coin("uorb", l.base+l.each*int64(len(msgs[0].(*rewardstypes.MsgSettle).Receipts)))), nil
}

func (l *ledger) Send(_ context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.txs++
	if err := l.fail; err != nil {
		l.fail = nil
		return nil, err
	}
	response := &rewardstypes.MsgSettleResponse{}
	result := &chain.TxResult{}
	for _, r := range msgs[0].(*rewardstypes.MsgSettle).Receipts {
		lane := l.lanes[fmt.Sprintf("%x", r.LaneId)]
		if err := errors.Join(lane.Admit(r.Count, 1), r.Verify(testChain, lane.SessionKey)); err != nil {
			response.Outcomes = append(response.Outcomes, rewardstypes.SettleOutcome{Code: rewardstypes.ErrStale.ABCICode()})
			continue
		}
		response.Outcomes = append(response.Outcomes, rewardstypes.SettleOutcome{Requests: r.Count - lane.Redeemed})
		lane.Redeemed = r.Count
	}
	result.MsgResponses = append(result.MsgResponses, response)
	return result, nil
}

func (l *ledger) redeemed(lane []byte) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lanes[fmt.Sprintf("%x", lane)].Redeemed
}

// echo answers with its request.
type echo struct{}

func (echo) Run(_ context.Context, _ functionstypes.Contract, request []byte) (runtime.Outcome, error) {
	if string(request) == "broken host" {
		return runtime.Outcome{}, errors.New("out of host memory")
	}
	return runtime.Outcome{Response: request, Fuel: 7}, nil
}

func (echo) Close(context.Context) error { return nil }

// caller follows the rules that package client states, with the faults that a test asks for.
type caller struct {
	t       *testing.T
	session ed25519.PrivateKey
	host    ed25519.PublicKey
	conn    *peer.Conn
	lane    []byte

	mu      sync.Mutex
	count   uint64
	mute    bool
	results map[uint64]receipt.Result
	states  chan *peer.LaneState
}

func (c *caller) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func (c *caller) connect(h *Host) {
	c.states = make(chan *peer.LaneState, 1)
	known := make(chan struct{})
	var conn *peer.Conn
	conn = peer.Pipe("caller", h, func(message peer.Control) {
		<-known
		c.control(conn, message)
	})
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	close(known)
	require.NoError(c.t, c.conn.Send(&peer.Hello{LaneIDs: [][]byte{c.lane}}))
}

func (c *caller) control(conn *peer.Conn, message peer.Control) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn != c.conn {
		return
	}
	switch m := message.(type) {
	case *peer.LaneState:
		if m.Receipt != nil {
			c.count = max(c.count, m.Receipt.Count)
		}
		c.results = make(map[uint64]receipt.Result)
		select {
		case c.states <- m:
		default:
		}
	case *receipt.ResultBatch:
		if m.Verify(testChain, c.host) != nil || c.mute {
			return
		}
		var results []receipt.Result
		for s := m.From; s <= m.To; s++ {
			r, held := c.results[s]
			if !held {
				return // a test answers it after a reconnect
			}
			results = append(results, r)
		}
		if root := receipt.Root(results); string(root[:]) != string(m.Root) {
			c.t.Error("root of another batch")
		}
		c.count = max(c.count, m.To)
	}
	if c.mute {
		return
	}
	r := receipt.Sign(c.session, testChain, c.lane, c.count)
	_ = conn.Send(&r)
}

func (c *caller) call(body string) *peer.Response {
	c.mu.Lock() // batches must not overtake the entry below
	defer c.mu.Unlock()
	response, err := c.conn.Invoke(c.t.Context(), &peer.Request{LaneID: c.lane, FunctionID: testFunction, Version: 1, Body: []byte(body)})
	require.NoError(c.t, err)
	if response.Status == peer.StatusOK {
		request, answer := sha256.Sum256([]byte(body)), sha256.Sum256(response.Body)
		c.results[response.Sequence] = receipt.Result{
			Sequence: response.Sequence, RequestHash: request[:], ResponseHash: answer[:], Fuel: response.Fuel, Outcome: uint32(response.Fault),
		}
	}
	return response
}

// served calls until it is served.
func (c *caller) served(body string) *peer.Response {
	var response *peer.Response
	require.Eventually(c.t, func() bool {
		response = c.call(body)
		require.Contains(c.t, []peer.Status{peer.StatusOK, peer.StatusUnpaid}, response.Status, response.Message)
		return response.Status == peer.StatusOK
	}, 5*time.Second, time.Millisecond)
	return response
}

type setup struct {
	dir     string
	key     ed25519.PrivateKey
	ledger  *ledger
	host    *Host
	session ed25519.PrivateKey
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	_, session, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	s := &setup{dir: t.TempDir(), key: key, session: session, ledger: &ledger{lanes: make(map[string]*rewardstypes.Lane)}}
	s.start(t)
	return s
}

func (s *setup) start(t *testing.T) {
	t.Helper()
	var err error
	s.host, err = New(Config{
		Dir: s.dir, ChainID: testChain, Key: s.key, Rewards: s.ledger, Sender: s.ledger, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	s.host.height.Store(1)
	s.host.functions[testFunction] = &function{
		name: "echo", version: functionstypes.Version{FunctionId: testFunction, Number: 1}, program: echo{},
	}
}

// crash ends the host as a power cut does: nothing is finished or settled.
func (s *setup) crash(t *testing.T) {
	t.Helper()
	s.host.cancel()
	s.host.tasks.Wait()
	require.NoError(t, s.host.receipt.close())
}

func (s *setup) close(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.NoError(t, s.host.Close(ctx))
}

func (s *setup) caller(t *testing.T, number byte, limit uint64) *caller {
	t.Helper()
	id := make([]byte, receipt.LaneIDSize)
	id[0] = number
	s.ledger.lanes[fmt.Sprintf("%x", id)] = &rewardstypes.Lane{
		Id: id, FunctionId: testFunction, OrbId: s.host.ID(), SessionKey: s.session.Public().(ed25519.PublicKey),
		Price: math.NewInt(testPrice), OwnerShareBps: 5000, FeeSplit: price.FeeSplit{FeeBps: 500, BurnBps: 5000, GatewayBps: 5000},
		Cap: limit, Expiry: 100, Closes: 300,
	}
	c := &caller{t: t, session: s.session, host: s.key.Public().(ed25519.PublicKey), lane: id, results: make(map[uint64]receipt.Result)}
	c.connect(s.host)
	<-c.states
	return c
}

func TestServeAndSettle(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	for i := uint64(1); i <= 200; i++ {
		response := c.served(fmt.Sprint(i))
		require.Equal(t, i, response.Sequence)
		require.Equal(t, fmt.Sprint(i), string(response.Body))
	}
	s.close(t)
	require.Equal(t, uint64(200), s.ledger.redeemed(c.lane), "closing settles the last receipt")
	require.Zero(t, s.host.lane(c.lane).signer.open)
}

func TestStrangerGetsOneRequest(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c, other := s.caller(t, 1, 1000), s.caller(t, 2, 1000)
	c.set(func() { c.mute = true })
	require.Equal(t, peer.StatusOK, c.call("a").Status)
	require.Equal(t, peer.StatusUnpaid, c.call("b").Status)
	require.Equal(t, peer.StatusUnpaid, other.call("c").Status, "the budget is the signer's, not the lane's")
}

// TestWaitsForTheReceipt: with the budget used up, as many requests as the budget wait for a receipt, and no more.
func TestWaitsForTheReceipt(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 1000)
	c.set(func() { c.mute = true })
	require.Equal(t, peer.StatusOK, c.call("a").Status)
	invoke := func(ctx context.Context) *peer.Response {
		response, err := c.conn.Invoke(ctx, &peer.Request{LaneID: c.lane, FunctionID: testFunction, Version: 1})
		require.NoError(t, err)
		return response
	}
	waited := make(chan *peer.Response)
	go func() { waited <- invoke(t.Context()) }()
	signer := s.host.lane(c.lane).signer
	require.Eventually(t, func() bool { signer.mu.Lock(); defer signer.mu.Unlock(); return signer.waiting == 1 }, time.Second, time.Millisecond)
	require.Equal(t, peer.StatusUnpaid, invoke(t.Context()).Status, "a stranger may have one wait")
	r := receipt.Sign(c.session, testChain, c.lane, 1)
	require.NoError(t, c.conn.Send(&r))
	response := <-waited
	require.Equal(t, peer.StatusOK, response.Status)
	require.Equal(t, uint64(2), response.Sequence)
	require.Zero(t, signer.waiting)
}

func TestCredit(t *testing.T) {
	for paid, want := range map[uint64]uint64{0: 1, 1: 2, 62: 63, 63: 64, 64: 64, 1024: 64, 1040: 65, 16_384: 1024, 1 << 40: 1024, 1<<64 - 1: 1024} {
		require.Equal(t, want, Credit(paid), paid)
	}
}

func TestCreditGrowsToItsBound(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 10_000)
	for i := range 3 * easyCredit {
		c.served(fmt.Sprint(i))
	}
	l := s.host.lane(c.lane)
	require.Eventually(t, func() bool { _, held := l.state(); return held.Count == 3*easyCredit }, time.Second, time.Millisecond)
	c.set(func() { c.mute = true })
	for i := range easyCredit {
		require.Equal(t, peer.StatusOK, c.call(fmt.Sprint(i)).Status)
	}
	require.Equal(t, peer.StatusUnpaid, c.call("one more").Status)
}

func TestRefusals(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 2)
	require.Equal(t, peer.StatusInternal, c.call("broken host").Status)
	require.Equal(t, uint64(1), c.served("a").Sequence, "a failure of the host takes no number")
	require.Equal(t, uint64(2), c.served("b").Sequence)
	require.Equal(t, peer.StatusNoLane, c.call("over the cap").Status)
	for _, r := range []*peer.Request{
		{LaneID: c.lane, FunctionID: testFunction, Version: 2},
		{LaneID: c.lane, FunctionID: "orbfn1other", Version: 1},
	} {
		response, err := c.conn.Invoke(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, peer.StatusUnavailable, response.Status)
	}
	response, err := c.conn.Invoke(t.Context(), &peer.Request{LaneID: make([]byte, 20), FunctionID: testFunction, Version: 1})
	require.NoError(t, err)
	require.Equal(t, peer.StatusNoLane, response.Status)
	fresh := s.caller(t, 2, 10)
	s.host.height.Store(101)
	require.Equal(t, peer.StatusNoLane, fresh.call("expired").Status)
}

func TestForgedReceipt(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 1000)
	c.served("a")
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	l := s.host.lane(c.lane)
	for _, r := range []receipt.Receipt{
		receipt.Sign(stranger, testChain, c.lane, 50), receipt.Sign(c.session, "other", c.lane, 50), receipt.Sign(c.session, testChain, c.lane, 1001),
	} {
		_, err := l.receive(nil, testChain, &r)
		require.Error(t, err)
	}
	_, held := l.state()
	require.LessOrEqual(t, held.Count, uint64(1))
}

// What was served without a receipt is written off by a restart; the sequence goes on from the highest receipt.
func TestRestart(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	for i := range 20 {
		c.served(fmt.Sprint(i))
	}
	l := s.host.lane(c.lane)
	require.Eventually(t, func() bool { _, held := l.state(); return held.Count == 20 }, time.Second, time.Millisecond)
	c.set(func() { c.mute = true })
	require.Equal(t, uint64(21), c.call("lost").Sequence)
	s.crash(t)

	s.start(t)
	c.conn.Close()
	c.set(func() { c.mute, c.count, c.results = false, 0, nil }) // the caller has forgotten everything but its key
	c.connect(s.host)
	state := <-c.states
	require.Equal(t, uint64(20), state.Receipt.Count)
	require.Equal(t, uint64(21), c.served("again").Sequence)
	s.close(t)
	require.Equal(t, uint64(21), s.ledger.redeemed(c.lane))
}

// After a reconnect the payer's number stands, below or above the host's.
func TestReconnectPayersNumberStands(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	for i := range 10 {
		c.served(fmt.Sprint(i))
	}
	l := s.host.lane(c.lane)
	require.Eventually(t, func() bool { _, held := l.state(); return held.Count == 10 }, time.Second, time.Millisecond)

	c.set(func() { c.mute = true })
	require.Equal(t, uint64(11), c.call("undelivered").Sequence)
	c.conn.Close()
	c.set(func() { c.mute, c.results = false, map[uint64]receipt.Result{} })
	c.connect(s.host)
	require.Equal(t, uint64(11), (<-c.states).Served)
	require.Equal(t, uint64(11), c.served("delivered").Sequence, "the undelivered one is written off")

	c.conn.Close()
	c.set(func() { c.count = 40 })
	c.connect(s.host)
	<-c.states
	require.Equal(t, uint64(41), c.served("after").Sequence)
	s.close(t)
	require.Equal(t, uint64(41), s.ledger.redeemed(c.lane))
	require.Zero(t, l.signer.open)
}

func TestSettleRetriesAndSkips(t *testing.T) {
	s := newSetup(t)
	var callers []*caller
	for i := range 5 {
		c := s.caller(t, byte(i+1), 1000)
		c.served("a")
		callers = append(callers, c)
		require.Eventually(t, func() bool { _, held := s.host.lane(c.lane).state(); return held.Count == 1 }, time.Second, time.Millisecond)
	}
	// Somebody else has settled one of them.
	s.ledger.lanes[fmt.Sprintf("%x", callers[0].lane)].Redeemed = 1
	s.ledger.fail = errors.New("the chain is away")
	require.Error(t, s.host.settle(t.Context(), 0, false))
	require.NoError(t, s.host.settle(t.Context(), 0, false))
	for _, c := range callers {
		require.Equal(t, uint64(1), s.ledger.redeemed(c.lane))
		require.True(t, accrued(s.host.lane(c.lane).state()).IsZero())
	}
	txs := s.ledger.txs
	require.NoError(t, s.host.settle(t.Context(), 0, false))
	require.Equal(t, txs, s.ledger.txs, "nothing is left to settle")
	s.close(t)
}
