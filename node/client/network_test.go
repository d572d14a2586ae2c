package client

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

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	opener = "orb1opener"
	owner  = "orb1owner"
)

// testChain is the chain in memory: one function, its hosts, its public subscription and the lanes opened on it.
type testNetwork struct {
	functionstypes.QueryClient

	mu       sync.Mutex
	height   int64
	function functionstypes.Function
	seeds    []seedingtypes.SeedWithNode
	sub      *rewardstypes.Subscription
	lanes    []rewardstypes.Lane
	params   rewardstypes.Params
	hosts    map[string]*testHost
	// queries counts what the chain was asked, and txs what was sent.
	queries, txs int
	// artifact is the function's.
	artifact []byte
	// hold, when set, keeps transactions from being included until it is closed.
	hold chan struct{}
}

func newNetwork(t *testing.T, hosts int) *testNetwork {
	t.Helper()
	n := &testNetwork{
		height: 10,
		function: functionstypes.Function{
			Id: testFunction, Owner: owner, Name: "echo", Status: functionstypes.FUNCTION_STATUS_ACTIVE, ActiveVersion: 1,
			Price: sdk.NewCoin("uorb", math.NewInt(50)),
		},
		sub: &rewardstypes.Subscription{
			Payer: owner, FunctionId: testFunction, Public: true, Balance: math.NewInt(1_000_000), Locked: math.ZeroInt(), Spent: math.ZeroInt(),
			Limits: rewardstypes.Limits{MaxPrice: math.ZeroInt(), MaxLocked: math.ZeroInt(), MaxSpend: math.ZeroInt()},
		},
		params: rewardstypes.Params{LaneBlocks: 100, MaxLaneCap: 10_000, MaxEntries: 100},
		hosts:  make(map[string]*testHost),
	}
	for range hosts {
		n.addHost(t)
	}
	return n
}

func (n *testNetwork) addHost(t *testing.T) *testHost {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h := &testHost{id: orbid.FromKey(public), key: key, network: n, credit: 8, lanes: make(map[string]*testLane)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[h.id] = h
	n.seeds = append(n.seeds, seedingtypes.SeedWithNode{
		Seed: seedingtypes.Seed{FunctionId: testFunction, OrbId: h.id}, Node: seedingtypes.Node{OrbId: h.id},
	})
	return h
}

func (n *testNetwork) host(i int) *testHost { return n.hosts[n.seeds[i].Seed.OrbId] }

// client returns a client of the network, with a session key of its own unless one is given.
func (n *testNetwork) client(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	_, session, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	cfg := Config{
		ChainID: testChain, Height: n.height, SessionKey: session, Opener: opener,
		Functions: n, Seeding: seedingQueries{testNetwork: n}, Rewards: rewardsQueries{testNetwork: n}, Sender: n, Dialer: n,
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx) // hosts that a test has broken never settle
	})
	return c
}

func (n *testNetwork) Function(_ context.Context, r *functionstypes.QueryFunctionRequest, _ ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queries++
	if r.Function != n.function.Name && r.Function != n.function.Id {
		return nil, status.Error(codes.NotFound, "no such function")
	}
	return &functionstypes.QueryFunctionResponse{Function: n.function, Version: n.version()}, nil
}

func (n *testNetwork) version() functionstypes.Version {
	v := functionstypes.Version{Number: n.function.ActiveVersion}
	if n.artifact != nil {
		root := possession.Root(n.artifact)
		v.Artifact = functionstypes.Artifact{MerkleRoot: root[:], Size_: uint64(len(n.artifact))}
	}
	return v
}

type seedingQueries struct {
	seedingtypes.QueryClient
	*testNetwork
}

func (q seedingQueries) Seeds(context.Context, *seedingtypes.QuerySeedsRequest, ...grpc.CallOption) (*seedingtypes.QuerySeedsResponse, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queries++
	return &seedingtypes.QuerySeedsResponse{Seeds: append([]seedingtypes.SeedWithNode(nil), q.seeds...)}, nil
}

type rewardsQueries struct {
	rewardstypes.QueryClient
	*testNetwork
}

func (q rewardsQueries) Params(context.Context, *rewardstypes.QueryParamsRequest, ...grpc.CallOption) (*rewardstypes.QueryParamsResponse, error) {
	return &rewardstypes.QueryParamsResponse{Params: q.params}, nil
}

func (q rewardsQueries) Subscription(_ context.Context, r *rewardstypes.QuerySubscriptionRequest, _ ...grpc.CallOption) (*rewardstypes.QuerySubscriptionResponse, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queries++
	if q.sub == nil || q.sub.Payer != r.Payer {
		return nil, status.Error(codes.NotFound, "no such subscription")
	}
	return &rewardstypes.QuerySubscriptionResponse{Subscription: *q.sub}, nil
}

func (q rewardsQueries) Lanes(_ context.Context, r *rewardstypes.QueryLanesRequest, _ ...grpc.CallOption) (*rewardstypes.QueryLanesResponse, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queries++
	var lanes []rewardstypes.Lane
	for _, l := range q.lanes {
		if l.Payer == r.Payer {
			lanes = append(lanes, l)
		}
	}
	return &rewardstypes.QueryLanesResponse{Lanes: lanes}, nil
}

// Send includes MsgOpenLanes by the rules of x/rewards that matter here.
func (n *testNetwork) Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	n.mu.Lock()
	hold := n.hold
	n.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.txs++
	for _, entry := range msgs[0].(*rewardstypes.MsgOpenLanes).Entries {
		requests := entry.Cap
		index := -1
		for i := range n.lanes {
			if string(n.lanes[i].Id) == string(entry.LaneId) {
				index = i
				requests = entry.Cap - n.lanes[i].Cap
			}
		}
		cost := entry.Price.Amount.MulRaw(int64(requests))
		if cost.GT(n.sub.Balance) || requests == 0 || entry.Cap > n.params.MaxLaneCap {
			return nil, errors.New("the lane is refused")
		}
		n.sub.Balance, n.sub.Locked = n.sub.Balance.Sub(cost), n.sub.Locked.Add(cost)
		if index < 0 {
			n.sub.Lanes++
			id := sha256.Sum256(fmt.Append(nil, n.sub.Lanes))
			n.lanes = append(n.lanes, rewardstypes.Lane{
				Id: id[:receipt.LaneIDSize], Payer: entry.Payer, FunctionId: entry.FunctionId, OrbId: entry.OrbId, SessionKey: entry.SessionKey,
				Price: entry.Price.Amount, FeeSplit: price.FeeSplit{},
			})
			index = len(n.lanes) - 1
		}
		n.lanes[index].Cap, n.lanes[index].Expiry = entry.Cap, n.height+int64(n.params.LaneBlocks)
	}
	return &chain.TxResult{}, nil
}

func (n *testNetwork) lane(id []byte) (rewardstypes.Lane, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.lanes {
		if string(l.Id) == string(id) {
			return l, true
		}
	}
	return rewardstypes.Lane{}, false
}

func (n *testNetwork) counts() (queries, txs int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queries, n.txs
}

// block tells a client of a block with events.
func (n *testNetwork) block(c *Client, events ...proto.Message) {
	n.mu.Lock()
	n.height++
	height := n.height
	n.mu.Unlock()
	c.Observe(chain.Block{Height: height, Events: events})
}

// redeemable sums what hosts hold receipts for.
func (n *testNetwork) redeemable() (total uint64) {
	for _, h := range n.hosts {
		h.mu.Lock()
		for _, l := range h.lanes {
			total += l.held.Count
		}
		h.mu.Unlock()
	}
	return total
}
