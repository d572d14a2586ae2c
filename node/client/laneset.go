package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cosmossdk.io/math"
	"github.com/cosmos/cosmos-sdk/types/query"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/orbnetwork/orb/node/balance"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	// firstCap is how many requests a lane is opened for, if there is money for them.
	firstCap = 500
	// ahead is for how long a lane is filled, at the pace of its requests since it was last filled; and growth how much larger than the last
	// filling one may be, since a pace may have been a moment's.
	ahead  = time.Minute
	growth = 8
	// provisionTimeout covers dialing and a transaction with its retries.
	provisionTimeout = 30 * time.Second
	// provisionPause is how long an attempt that changed nothing keeps the next one away, unless a lane runs low meanwhile.
	provisionPause = time.Second
	// provisionEvery is how often hosts are looked for that were not reachable when lanes were last opened.
	provisionEvery = 15 * time.Second
)

// laneSet holds the lanes of one payer to one function.
type laneSet struct {
	payer, functionID string
	signal            signal

	mu    sync.Mutex
	lanes []*lane
	// found says that the chain was asked for lanes of an earlier run.
	found bool
	// running is closed when the provisioning under way ends.
	running chan struct{}
	// next is when provisioning may run again, err why the last one failed, and low how many lanes it has left low.
	next time.Time
	err  error
	low  int
	// seen is what the lanes were last provisioned for, and last when that was.
	seen *Function
	last time.Time
}

// signal wakes everybody who waits.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that the next raise closes.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

func (s *laneSet) snapshot() []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lanes)
}

// provision starts opening and raising lanes unless that is under way or was just tried, and returns a channel that is closed when it
// ends; nil when nothing was to be started.
func (c *Client) provision(s *laneSet, fn *Function) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return s.running
	}
	if time.Now().Before(s.next) && (s.err != nil || c.lowLocked(s) <= s.low) {
		return nil
	}
	done := make(chan struct{})
	s.running = done
	c.background(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, provisionTimeout)
		defer cancel()
		changed, err := c.provisionOnce(ctx, s, fn)
		var payment *PaymentError
		if err != nil && ctx.Err() == nil && !errors.As(err, &payment) { // who does not pay is told so, not the operator
			c.cfg.Log.Warn("lanes not provisioned", "function", fn.Name, "payer", s.payer, "error", err)
		}
		s.mu.Lock()
		s.running, s.err, s.low, s.seen, s.last = nil, err, c.lowLocked(s), fn, time.Now()
		if !changed {
			s.next = time.Now().Add(provisionPause)
		}
		s.mu.Unlock()
		close(done)
		s.signal.raise()
	})
	return done
}

// lowLocked counts the lanes of the set that want to be raised.
func (c *Client) lowLocked(s *laneSet) (count int) {
	params := c.lastParams()
	for _, l := range s.lanes {
		if params != nil && l.low(c.height.Load(), int64(params.LaneBlocks)) {
			count++
		}
	}
	return count
}

// provisionOnce finds the lanes of an earlier run, connects to hosts, and opens or raises, in one transaction, what the live ones
// lack. It reports whether it changed anything.
func (c *Client) provisionOnce(ctx context.Context, s *laneSet, fn *Function) (bool, error) {
	s.mu.Lock()
	found := s.found
	s.mu.Unlock()
	if !found {
		if err := c.readLanes(ctx, s); err != nil {
			return false, err
		}
	}
	params, err := c.rewardsParams(ctx)
	if err != nil {
		return false, err
	}
	live := c.liveHosts(ctx, fn, s)
	if len(live) == 0 {
		return false, ErrNoHost
	}
	wanted := s.wanted(live, c.height.Load(), params, terms{fn.Price.Amount.String(), fn.OwnerShareBps, params.FeeSplit})
	if len(wanted) == 0 {
		return !found && len(s.snapshot()) > 0, nil
	}
	entries, err := c.afford(ctx, s, fn, wanted, len(live), params)
	if err != nil {
		return false, err
	}
	if _, err := c.cfg.Sender.Send(ctx, &rewardstypes.MsgOpenLanes{Opener: c.cfg.Opener, Entries: entries}); err != nil {
		c.directory.changed(about(fn.Id)) // its hosts may be others by now
		return false, notOpened(err, fn, s.payer)
	}
	c.metrics.openings.Add(float64(len(entries)))
	return true, c.readLanes(ctx, s)
}

// want is a lane to raise, or a host to open one to.
type want struct {
	host *host
	lane *lane
}

// wanted lists what hosts lack, hosts without any lane first: should money be short, it goes to those. A lane is raised while its terms
// are still today's.
func (s *laneSet) wanted(live []*host, height int64, params *rewardstypes.Params, today terms) []want {
	var openings, raises []want
	lanes := s.snapshot()
	for _, h := range live {
		var best *lane
		for _, l := range lanes {
			if l.host == h && (best == nil || l.rest(height) > best.rest(height)) {
				best = l
			}
		}
		switch {
		case best == nil || best.expired(height):
			openings = append(openings, want{host: h})
		case !best.low(height, int64(params.LaneBlocks)):
		case best.raisable(params.MaxLaneCap) == 0 || best.agreed() != today:
			openings = append(openings, want{host: h})
		default:
			raises = append(raises, want{host: h, lane: best})
		}
	}
	openings = append(openings, raises...)
	return openings[:min(len(openings), int(params.MaxEntries))]
}

// afford turns wants into entries that the subscription can pay, or returns a *PaymentError.
func (c *Client) afford(ctx context.Context, s *laneSet, fn *Function, wanted []want, hosts int, params *rewardstypes.Params) ([]rewardstypes.LaneEntry, error) {
	free, short, err := c.available(ctx, s, fn)
	if err != nil {
		return nil, err
	}
	price := fn.Price.Amount
	most := params.MaxLaneCap
	if price.IsPositive() {
		share := free.Quo(price.MulRaw(int64(2 * hosts)))
		if share.LT(math.NewIntFromUint64(most)) {
			most = max(share.Uint64(), 1)
		}
	}
	var entries []rewardstypes.LaneEntry
	for _, w := range wanted {
		requests := min(firstCap, most)
		if w.lane != nil {
			requests = min(w.lane.lacks(time.Now()), w.lane.raisable(params.MaxLaneCap), most)
		}
		cost := price.Mul(math.NewIntFromUint64(requests))
		if cost.GT(free) {
			break
		}
		free = free.Sub(cost)
		if w.lane != nil {
			entries = append(entries, rewardstypes.LaneEntry{LaneId: w.lane.id, Cap: w.lane.capacity() + requests, Price: fn.Price})
			continue
		}
		entries = append(entries, rewardstypes.LaneEntry{
			Payer: s.payer, FunctionId: s.functionID, OrbId: w.host.orbID,
			SessionKey: c.sessionKey(), Price: fn.Price, Cap: requests,
		})
	}
	if len(entries) == 0 {
		return nil, &PaymentError{Code: short, Function: fn, Payer: s.payer}
	}
	return entries, nil
}

// available is what the subscription and its limits leave this opener to lock, and the code of the PaymentError when that is too little; or a
// *PaymentError.
func (c *Client) available(ctx context.Context, s *laneSet, fn *Function) (free math.Int, short string, err error) {
	answer, err := c.cfg.Rewards.Subscription(ctx, &rewardstypes.QuerySubscriptionRequest{Payer: s.payer, FunctionId: s.functionID})
	if status.Code(err) == codes.NotFound {
		return math.Int{}, "", &PaymentError{Code: CodeNoSubscription, Function: fn, Payer: s.payer}
	}
	if err != nil {
		return math.Int{}, "", fmt.Errorf("%w: asking for the subscription of %s: %w", ErrChain, s.payer, err)
	}
	sub := answer.Subscription
	empty := sub.Balance.IsZero() && sub.Locked.IsZero()
	switch {
	case s.payer == c.cfg.Opener:
		if empty {
			return math.Int{}, "", &PaymentError{Code: CodeNoSubscription, Function: fn, Payer: s.payer}
		}
		return sub.Balance, CodeExhausted, nil
	case sub.Delegate != c.cfg.Opener && !sub.Public:
		return math.Int{}, "", &PaymentError{Code: CodeNotDelegate, Function: fn, Payer: s.payer}
	case empty:
		return math.Int{}, "", &PaymentError{Code: CodeNoSubscription, Function: fn, Payer: s.payer}
	}
	free = sub.Balance
	if limit := sub.Limits.MaxPrice; limit.IsPositive() && fn.Price.Amount.GT(limit) {
		return math.Int{}, "", &PaymentError{Code: CodeLimit, Function: fn, Payer: s.payer}
	}
	if limit := sub.Limits.MaxLocked; limit.IsPositive() {
		free = math.MinInt(free, limit.Sub(sub.Locked))
	}
	if limit := sub.Limits.MaxSpend; limit.IsPositive() {
		epoch, err := c.cfg.Seeding.Params(ctx, &seedingtypes.QueryParamsRequest{})
		if err != nil {
			return math.Int{}, "", fmt.Errorf("%w: asking for the epoch: %w", ErrChain, err)
		}
		if epoch.Epoch == sub.SpendEpoch {
			limit = limit.Sub(sub.Spent)
		}
		free = math.MinInt(free, limit)
	}
	if free.LT(sub.Balance) {
		return math.MaxInt(free, math.ZeroInt()), CodeLimit, nil
	}
	return free, CodeExhausted, nil
}

// liveHosts returns hosts of the function that a connection to exists or can be made, as many as the set should have lanes to: those that it has
// lanes to, then those with room.
func (c *Client) liveHosts(ctx context.Context, fn *Function, s *laneSet) []*host {
	now := time.Now()
	most, laned := s.breadth(now), s.hosts()
	hosts := c.hostsOf(fn)
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	ranks := make(map[*host]int, len(hosts))
	for _, h := range hosts {
		switch {
		case slices.Contains(laned, h):
			ranks[h] = 0
		case h.last: // takes no other's place
			ranks[h] = 2
		case h.connection() == nil:
			ranks[h] = 3
		case balance.Room(h.said(now)): // known to work
			ranks[h] = 1
		default:
			ranks[h] = 4
		}
	}
	slices.SortStableFunc(hosts, func(a, b *host) int { return ranks[a] - ranks[b] })
	hosts = hosts[:min(len(hosts), 2*most)]
	ok := make([]bool, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		wg.Go(func() { ok[i] = c.connect(ctx, h) == nil })
	}
	wg.Wait()
	var live []*host
	for i, h := range hosts {
		if ok[i] && len(live) < most {
			live = append(live, h)
		}
	}
	return live
}

// readLanes takes over from the chain every lane of the set that this session key signs for.
func (c *Client) readLanes(ctx context.Context, s *laneSet) error {
	page := &query.PageRequest{Limit: pageSize}
	open := make(map[string]bool)
	for range maxPages {
		answer, err := c.cfg.Rewards.Lanes(ctx, &rewardstypes.QueryLanesRequest{Payer: s.payer, Pagination: page})
		if err != nil {
			return fmt.Errorf("%w: asking for lanes of %s: %w", ErrChain, s.payer, err)
		}
		for i := range answer.Lanes {
			if on := &answer.Lanes[i]; on.FunctionId == s.functionID && string(on.SessionKey) == string(c.sessionKey()) {
				open[string(on.Id)] = true
				c.adopt(s, on)
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Key: answer.Pagination.NextKey, Limit: pageSize}
	}
	height := c.height.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = true
	s.lanes = slices.DeleteFunc(s.lanes, func(l *lane) bool {
		gone := l.settled() && (l.expired(height) || !open[string(l.id)])
		if gone {
			l.host.mu.Lock()
			delete(l.host.lanes, string(l.id))
			l.host.mu.Unlock()
		}
		return gone
	})
	return nil
}

// adopt updates a lane that is known and takes up one that is not.
func (c *Client) adopt(s *laneSet, on *rewardstypes.Lane) {
	for _, l := range s.snapshot() {
		if string(l.id) == string(on.Id) {
			if ended := l.update(on); ended != nil {
				ended.Close()
			}
			return
		}
	}
	if c.height.Load() >= on.Expiry {
		return
	}
	h, err := c.host(on.OrbId)
	if err != nil {
		return // the chain only knows valid ids
	}
	l := &lane{
		id: on.Id, host: h, changed: s.signal.raise, window: firstWindow,
		ledger: ledger{
			chainID: c.cfg.ChainID, laneID: on.Id, functionID: on.FunctionId, session: c.cfg.SessionKey, host: h.key,
			results: make(map[uint64]delivered), oldest: 1,
		},
	}
	_ = l.update(on) // it is on no connection yet
	h.mu.Lock()
	h.lanes[string(l.id)] = l
	conn := h.conn
	h.mu.Unlock()
	s.mu.Lock()
	s.lanes = append(s.lanes, l)
	s.mu.Unlock()
	if conn != nil {
		c.hello(h, conn)
	}
}

func (l *lane) expired(height int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return height >= l.expiry
}

func (l *lane) capacity() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cap
}

func (l *lane) agreed() terms {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.terms
}

// raisable is by how much the chain raises the lane's cap at most.
func (l *lane) raisable(maxLaneCap uint64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maxLaneCap - min(l.cap-l.redeemed, maxLaneCap)
}

// rest is how many requests the lane still takes.
func (l *lane) rest(height int64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spentLocked(height) {
		return 0
	}
	return l.restLocked()
}

// failure returns why the last provisioning failed.
func (s *laneSet) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// reread makes the next provisioning ask the chain which lanes are open.
func (s *laneSet) reread() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found, s.seen = false, nil
}

// retry lets the next caller provision at once, e.g. after the subscription was topped up.
func (s *laneSet) retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var payment *PaymentError
	if errors.As(s.err, &payment) {
		s.next, s.err = time.Time{}, nil
	}
}
