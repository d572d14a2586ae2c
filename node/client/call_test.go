package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

func call(t *testing.T, c *Client, body string) (*Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	fn, err := c.Lookup(ctx, "echo")
	if err != nil {
		return nil, err
	}
	answer, err := c.Call(ctx, fn, "", []byte(body))
	if err == nil {
		require.Equal(t, body, string(answer.Body))
	}
	return answer, err
}

// callMany makes calls from several callers and fails the test when any fails.
func callMany(t *testing.T, c *Client, callers, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range calls {
				if _, err := call(t, c, fmt.Sprintf("%d/%d", caller, i)); err != nil {
					t.Errorf("call failed: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func requirePaid(t *testing.T, n *testNetwork, served uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return n.redeemable() == served }, 5*time.Second, time.Millisecond,
		"receipts for %d of %d", n.redeemable(), served)
}

func TestCallAndPay(t *testing.T) {
	n := newNetwork(t, 3)
	c := n.client(t, nil)
	answer, err := call(t, c, "hello")
	require.NoError(t, err)
	require.Contains(t, n.hosts, answer.Host)
	require.Equal(t, uint64(7), answer.Fuel)
	callMany(t, c, 16, 50)
	requirePaid(t, n, 801)

	for _, l := range n.lanes {
		require.GreaterOrEqual(t, l.Cap, uint64(firstCap), "a sixth of the balance would be more")
	}
	for _, h := range n.hosts {
		require.NotZero(t, h.served, "load is spread")
	}
}

func TestHotPathAsksNothing(t *testing.T) {
	n := newNetwork(t, 2)
	n.params.LaneBlocks = 1000
	c := n.client(t, nil)
	callMany(t, c, 1, 10)
	queries, txs := n.counts()
	callMany(t, c, 4, 20)
	after, txsAfter := n.counts()
	require.Equal(t, queries, after)
	require.Equal(t, txs, txsAfter)
}

func TestFaultsArePaid(t *testing.T) {
	n := newNetwork(t, 1)
	n.host(0).fault = receipt.FaultExit
	c := n.client(t, nil)
	answer, err := call(t, c, "x")
	require.NoError(t, err)
	require.Equal(t, receipt.FaultExit, answer.Fault)
	requirePaid(t, n, 1)
}

func TestStrangersCredit(t *testing.T) {
	n := newNetwork(t, 1)
	n.host(0).credit = 1
	c := n.client(t, nil)
	callMany(t, c, 8, 20)
	requirePaid(t, n, 160)
}

func TestFailover(t *testing.T) {
	for _, status := range []peer.Status{peer.StatusBusy, peer.StatusUnavailable, peer.StatusInternal, peer.StatusNoLane, peer.StatusUnpaid} {
		t.Run(status.String(), func(t *testing.T) {
			n := newNetwork(t, 3)
			c := n.client(t, nil)
			callMany(t, c, 1, 1)
			n.host(0).set(func() { n.host(0).refuse = status })
			n.host(1).set(func() { n.host(1).refuse = status })
			callMany(t, c, 4, 10)
			requirePaid(t, n, 41)
		})
	}
}

// Hosts die with calls in flight: no call fails, nobody is charged twice, and who comes back is called again.
func TestHostKilled(t *testing.T) {
	n := newNetwork(t, 3)
	c := n.client(t, nil)
	callMany(t, c, 1, 1)
	for _, h := range n.hosts {
		h.set(func() { h.delay = time.Millisecond })
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for i := range 3 {
			time.Sleep(50 * time.Millisecond)
			h := n.host(i)
			h.kill()
			time.Sleep(50 * time.Millisecond)
			h.set(func() { h.down = false })
			time.Sleep(300 * time.Millisecond)
		}
	}()
	calls := uint64(1)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := call(t, c, "x"); err != nil {
					t.Errorf("call failed: %v", err)
				}
				mu.Lock()
				calls++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Eventually(t, c.settled, 5*time.Second, time.Millisecond)
	require.LessOrEqual(t, n.redeemable(), calls)
	require.GreaterOrEqual(t, n.redeemable()+3*8, calls, "each break costs a host at most its credit")
}

func TestLostResponseIsNotPaid(t *testing.T) {
	n := newNetwork(t, 2)
	c := n.client(t, nil)
	callMany(t, c, 1, 4)
	requirePaid(t, n, 4)
	for i := range 2 {
		n.host(i).set(func() { n.host(i).cut = n.host(i).served + 1 })
	}
	callMany(t, c, 1, 20)
	require.Eventually(t, c.settled, 5*time.Second, time.Millisecond)
	require.LessOrEqual(t, n.redeemable(), uint64(24))
}

func TestLiarIsDropped(t *testing.T) {
	n := newNetwork(t, 2)
	c := n.client(t, nil)
	liar := n.host(0)
	liar.lie = true
	callMany(t, c, 4, 20)
	liar.mu.Lock()
	defer liar.mu.Unlock()
	require.Less(t, liar.served, 20)
	for _, l := range liar.lanes {
		require.Zero(t, l.held.Count)
	}
}

func TestRestartGoesOnWithLanes(t *testing.T) {
	n := newNetwork(t, 2)
	first := n.client(t, nil)
	callMany(t, first, 2, 10)
	requirePaid(t, n, 20)
	require.NoError(t, first.Close(t.Context()))
	lanes := len(n.lanes)

	second := n.client(t, func(cfg *Config) { cfg.SessionKey = first.cfg.SessionKey })
	callMany(t, second, 2, 10)
	requirePaid(t, n, 40)
	require.Len(t, n.lanes, lanes)
}

// TestClosed: nobody waits for what a closed client will not do.
func TestClosed(t *testing.T) {
	n := newNetwork(t, 1)
	c := n.client(t, nil)
	fn, err := c.Lookup(t.Context(), "echo")
	require.NoError(t, err)
	require.NoError(t, c.Close(t.Context()))
	_, err = c.Call(t.Context(), fn, "", []byte("hello"))
	require.ErrorIs(t, err, ErrClosed)
	_, err = c.Lookup(t.Context(), "another")
	require.ErrorIs(t, err, ErrClosed)
}

func TestCrashNeverPaysTwice(t *testing.T) {
	n := newNetwork(t, 1)
	n.host(0).credit = 100
	first := n.client(t, nil)
	callMany(t, first, 1, 10)
	requirePaid(t, n, 10)
	n.host(0).set(func() { n.host(0).silent = true })
	for _, l := range first.set(owner, testFunction).snapshot() {
		l.mu.Lock()
		l.window = 5
		l.mu.Unlock()
	}
	callMany(t, first, 1, 5) // served, never paid
	n.host(0).kill()
	n.host(0).set(func() { n.host(0).down, n.host(0).silent = false, false })

	second := n.client(t, func(cfg *Config) { cfg.SessionKey = first.cfg.SessionKey })
	callMany(t, second, 1, 3)
	requirePaid(t, n, 13)
}

func TestRaisedInTheBackground(t *testing.T) {
	n := newNetwork(t, 1)
	n.sub.Balance = math.NewInt(50 * 40) // a first lane of 20
	c := n.client(t, nil)
	callMany(t, c, 1, 1)
	hold := make(chan struct{})
	n.mu.Lock()
	n.hold = hold
	n.mu.Unlock()
	callMany(t, c, 1, 15) // past half, while the transaction hangs
	close(hold)
	require.Eventually(t, func() bool { l, _ := n.lane(n.lanes[0].Id); return l.Cap > 20 }, 5*time.Second, time.Millisecond)
}

// TestLaneUsedUpAtOnce: lanes that lacked nothing a moment ago are raised when that has changed.
func TestLaneUsedUpAtOnce(t *testing.T) {
	n := newNetwork(t, 1)
	n.sub.Balance = math.NewInt(50 * 200) // a first lane of 100
	c := n.client(t, nil)
	callMany(t, c, 1, 1)
	fn, err := c.Lookup(t.Context(), "echo")
	require.NoError(t, err)
	<-c.provision(c.set(owner, fn.Id), fn)
	callMany(t, c, 4, 30)
	l, _ := n.lane(n.lanes[0].Id)
	require.Greater(t, l.Cap, uint64(120))
}

// TestNewsWhileProvisioning: what blocks tell does not wait for provisioning while that waits for it.
func TestNewsWhileProvisioning(t *testing.T) {
	n := newNetwork(t, 1)
	c := n.client(t, nil)
	callMany(t, c, 1, 1)
	fn, err := c.Lookup(t.Context(), "echo")
	require.NoError(t, err)
	set := c.set(owner, fn.Id)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for range 2_000 {
			set.mu.Lock()
			set.next = time.Time{}
			set.mu.Unlock()
			if running := c.provision(set, fn); running != nil {
				<-running
			}
		}
	})
	wg.Go(func() {
		for !ended(done) {
			c.refresh(func(setKey) bool { return true })
			c.expire([]byte("another"), 1)
		}
	})
	wg.Wait()
}

func TestNobodyPays(t *testing.T) {
	requirePayment := func(t *testing.T, n *testNetwork, code string) *Client {
		t.Helper()
		c := n.client(t, nil)
		_, err := call(t, c, "x")
		var payment *PaymentError
		require.ErrorAs(t, err, &payment)
		require.Equal(t, code, payment.Code)
		require.Equal(t, owner, payment.Payer)
		return c
	}
	t.Run("no subscription", func(t *testing.T) {
		n := newNetwork(t, 1)
		sub := n.sub
		n.sub = nil
		c := requirePayment(t, n, CodeNoSubscription)
		n.sub = sub
		n.block(c, &rewardstypes.EventSubscribed{Payer: owner, FunctionId: testFunction})
		callMany(t, c, 1, 1)
	})
	t.Run("empty", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Balance = math.ZeroInt()
		requirePayment(t, n, CodeNoSubscription)
	})
	t.Run("used up", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Balance = math.NewInt(49)
		requirePayment(t, n, CodeExhausted)
	})
	t.Run("another delegate", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Public = false
		requirePayment(t, n, CodeNotDelegate)
	})
	t.Run("price limit", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Limits.MaxPrice = math.NewInt(49)
		requirePayment(t, n, CodeLimit)
	})
	t.Run("lock limit", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Limits.MaxLocked = math.NewInt(50 * 10)
		c := n.client(t, nil)
		callMany(t, c, 1, 1)
		require.True(t, n.sub.Locked.LTE(math.NewInt(50*10)))
	})
	t.Run("lock limit reached", func(t *testing.T) {
		n := newNetwork(t, 1)
		n.sub.Limits.MaxLocked, n.sub.Locked = math.NewInt(50), math.NewInt(50)
		requirePayment(t, n, CodeLimit)
	})
}

func TestNoHost(t *testing.T) {
	n := newNetwork(t, 0)
	c := n.client(t, nil)
	_, err := call(t, c, "x")
	require.ErrorIs(t, err, ErrNoHost)

	h := n.addHost(t)
	n.block(c, &seedingtypes.EventSeeded{FunctionId: testFunction, OrbId: h.id})
	require.Eventually(t, func() bool { _, err := call(t, c, "x"); return err == nil }, 5*time.Second, 10*time.Millisecond)
}

func TestOwnHostIsTheLastResort(t *testing.T) {
	n := newNetwork(t, 2)
	own := n.host(1)
	c := n.client(t, func(cfg *Config) { cfg.Own = own.id })
	callMany(t, c, 2, 20)
	require.Zero(t, own.served)
	n.host(0).kill()
	callMany(t, c, 2, 20)
	require.NotZero(t, own.served)
}

func TestNewHostIsCalled(t *testing.T) {
	n := newNetwork(t, 1)
	c := n.client(t, nil)
	callMany(t, c, 1, 5)
	h := n.addHost(t)
	n.block(c, &seedingtypes.EventSeeded{FunctionId: testFunction, OrbId: h.id})
	require.Eventually(t, func() bool {
		callMany(t, c, 1, 1)
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.served > 0
	}, 5*time.Second, time.Millisecond)
}

func TestLookupFollowsTheChain(t *testing.T) {
	n := newNetwork(t, 1)
	n.function.Name = "later"
	c := n.client(t, nil)
	_, err := c.Lookup(t.Context(), "echo")
	require.ErrorIs(t, err, ErrUnknownFunction)

	n.mu.Lock()
	n.function.Name, n.function.Status = "echo", functionstypes.FUNCTION_STATUS_PENDING
	n.mu.Unlock()
	n.block(c, &functionstypes.EventFunctionDeployed{FunctionId: testFunction, Name: "echo"})
	require.Eventually(t, func() bool { _, err := c.Lookup(t.Context(), "echo"); return errors.Is(err, ErrNotActive) }, 5*time.Second, time.Millisecond)
	_, err = c.Lookup(t.Context(), "echo")
	require.ErrorIs(t, err, ErrNotActive)

	n.mu.Lock()
	n.function.Status = functionstypes.FUNCTION_STATUS_ACTIVE
	n.mu.Unlock()
	n.block(c, &functionstypes.EventVersionActivated{FunctionId: testFunction, Name: "echo"})
	require.Eventually(t, func() bool { _, err := call(t, c, "x"); return err == nil }, 5*time.Second, time.Millisecond)
}
