package client

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/peer"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Dialer connects to hosts. *peer.Host is one; a super node's also reaches the host in its own process.
type Dialer interface {
	// Dial returns a connection to the node; control is called for what the node sends outside of responses, one at a time and in
	// order.
	Dial(ctx context.Context, orbID string, addrs []string, control func(peer.Control)) (*peer.Conn, error)
}

// Sender gets transactions of the opener onto the chain. *chain.Sender is one.
type Sender interface {
	// Send returns when the messages are in a block and have succeeded.
	Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error)
}

// Challenger asks connected hosts to show what they claim to seed. *peer.Host is one.
type Challenger interface {
	// Challenge fails with peer.ErrNotHeld when the host says that it does not have the version.
	Challenge(ctx context.Context, orbID string, c peer.Challenge) (*peer.Possession, error)
}

// Config of a client. Everything but Challenger, Own, Registerer and Log is required.
type Config struct {
	ChainID string
	// Height is the chain's when the client starts; Observe moves it.
	Height int64
	// SessionKey signs receipts; see LoadKey.
	SessionKey ed25519.PrivateKey
	// Opener is the account that opens lanes and signs Sender's transactions: a payer, its delegate, or a super node's attester.
	Opener string

	Functions functionstypes.QueryClient
	Seeding   seedingtypes.QueryClient
	Rewards   rewardstypes.QueryClient
	Sender    Sender
	Dialer    Dialer
	// Challenger has hosts challenged whenever a connection to them is made; nil trusts them until they serve.
	Challenger Challenger

	// Own is the Orb ID of the caller's own host, which serves only what nobody else does; empty without one.
	Own string
	// Registerer takes the client's metrics; nil for none.
	Registerer prometheus.Registerer
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Client calls functions and pays for them. It is safe for concurrent use.
type Client struct {
	cfg       Config
	directory *directory
	metrics   metrics
	height    atomic.Int64

	ctx    context.Context
	cancel context.CancelFunc
	// mu guards closing too: no task starts once it has begun.
	mu     sync.Mutex
	closed bool
	tasks  sync.WaitGroup
	sets   map[setKey]*laneSet
	hosts  map[string]*host
	params *rewardstypes.Params
	// tallies are what was seen of functions, by id.
	tallies map[string]*tally
}

type setKey struct{ payer, functionID string }

// New returns a client. Close it.
//
// What it knows of the chain is as of the first time it asked. A program that lives longer than a few calls gives every block to
// Observe.
func New(cfg Config) (*Client, error) {
	if len(cfg.SessionKey) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("session key has %d bytes, want %d", len(cfg.SessionKey), ed25519.PrivateKeySize)
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	c := &Client{cfg: cfg, sets: make(map[setKey]*laneSet), hosts: make(map[string]*host), tallies: make(map[string]*tally)}
	c.height.Store(cfg.Height)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.directory = newDirectory(cfg.Functions, cfg.Seeding, c.background, c.ctx.Done())
	var err error
	if c.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, err
	}
	return c, nil
}

// background runs f with the client's life as its context; after Close it does nothing.
func (c *Client) background(f func(context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.tasks.Go(func() { f(c.ctx) })
}

// Lookup returns a function by name or id: from memory, except the first time. Errors: ErrUnknownFunction, ErrNotActive with the
// function, ErrClosed, or why the chain could not be asked.
func (c *Client) Lookup(ctx context.Context, nameOrID string) (*Function, error) {
	fn, err := c.directory.lookup(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	if !fn.Serves() {
		return fn, fmt.Errorf("%w: %s", ErrNotActive, nameOrID)
	}
	return fn, nil
}

// Observe takes what a block changed.
func (c *Client) Observe(block chain.Block) {
	c.height.Store(block.Height)
	c.directory.observe(block.Events)
	for _, event := range block.Events {
		switch event := event.(type) {
		case *rewardstypes.EventSubscribed:
			c.refresh(func(key setKey) bool { return key.payer == event.Payer && key.functionID == event.FunctionId })
		case *rewardstypes.EventRefunded:
			c.refresh(func(key setKey) bool { return key.functionID == event.FunctionId })
		case *rewardstypes.EventLaneExpires:
			c.expire(event.LaneId, event.Expiry)
		case *rewardstypes.EventLaneClosed:
			// The rest has returned to some subscription; which one is not worth a query.
			c.refresh(func(setKey) bool { return true })
		}
	}
}

// expire takes that a payer has let a lane expire early.
func (c *Client) expire(laneID []byte, expiry int64) {
	for _, s := range c.laneSets() {
		for _, l := range s.snapshot() {
			if bytes.Equal(l.id, laneID) {
				l.expires(expiry)
			}
		}
	}
}

// refresh lets sets that lacked money try again.
func (c *Client) refresh(matches func(setKey) bool) {
	for key, s := range c.laneSets() {
		if matches(key) {
			s.retry()
		}
	}
}

// laneSets returns the sets that there are. Whoever holds a set's lock may take the client's, never the other way round.
func (c *Client) laneSets() map[setKey]*laneSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sets)
}

func (c *Client) set(payer, functionID string) *laneSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := setKey{payer, functionID}
	s := c.sets[key]
	if s == nil {
		s = &laneSet{payer: payer, functionID: functionID}
		c.sets[key] = s
	}
	return s
}

func (c *Client) host(orbID string) (*host, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.hosts[orbID]; h != nil {
		return h, nil
	}
	h, err := newHost(orbID, orbID == c.cfg.Own)
	if err != nil {
		return nil, err
	}
	c.hosts[orbID] = h
	return h, nil
}

// hostsOf returns the hosts behind a function's seeds, with the addresses that they have now.
func (c *Client) hostsOf(fn *Function) []*host {
	hosts := make([]*host, 0, len(fn.Seeds))
	for _, seed := range fn.Seeds {
		h, err := c.host(seed.Seed.OrbId)
		if err != nil {
			continue // the chain only knows valid ids
		}
		h.mu.Lock()
		h.addrs = seed.Node.Addresses
		h.mu.Unlock()
		hosts = append(hosts, h)
	}
	return hosts
}

func (c *Client) sessionKey() []byte { return c.cfg.SessionKey.Public().(ed25519.PublicKey) }

// rewardsParams returns the params as of the first time; lanes carry what matters of later ones.
func (c *Client) rewardsParams(ctx context.Context) (*rewardstypes.Params, error) {
	if params := c.lastParams(); params != nil {
		return params, nil
	}
	answer, err := c.cfg.Rewards.Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return nil, fmt.Errorf("%w: asking for the params of x/rewards: %w", ErrChain, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.params = &answer.Params
	return c.params, nil
}

// lastParams is nil before the first time.
func (c *Client) lastParams() *rewardstypes.Params {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.params
}

// Close waits, as long as ctx allows, until the calls under way are done and every response has its receipt, then ends all connections.
func (c *Client) Close(ctx context.Context) error {
	err := c.drain(ctx)
	c.mu.Lock()
	c.closed = true
	hosts := slices.Collect(maps.Values(c.hosts))
	c.mu.Unlock()
	var ending sync.WaitGroup
	for _, h := range hosts {
		if conn := h.connection(); conn != nil {
			ending.Go(func() { conn.Finish(ctx) }) // with the last receipts
		}
	}
	ending.Wait()
	c.cancel()
	c.tasks.Wait()
	return err
}

func (c *Client) drain(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !c.settled() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("some hosts did not ask for their last receipts in time")
		}
	}
	return nil
}

func (c *Client) settled() bool {
	for _, s := range c.laneSets() {
		for _, l := range s.snapshot() {
			if !l.settled() {
				return false
			}
		}
	}
	return true
}
