package host

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
)

// lose ends the host as a power cut does, loses its receipts and starts it again.
func (s *setup) lose(t *testing.T) {
	t.Helper()
	s.crash(t)
	require.NoError(t, os.Remove(filepath.Join(s.dir, "receipts.db")))
	s.start(t)
}

func (s *setup) await(t *testing.T, c *caller, count uint64) {
	t.Helper()
	require.Eventually(t, func() bool { _, held := s.host.lane(c.lane).state(); return held.Count == count }, time.Second, time.Millisecond)
}

// A host that has lost its receipts is told by its payers where they are.
func TestLostReceipts(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	for i := range 20 {
		c.served(fmt.Sprint(i))
	}
	s.await(t, c, 20)
	require.NoError(t, s.host.settle(t.Context(), 0, false))
	s.lose(t)
	c.conn.Close()
	c.connect(s.host)
	require.Nil(t, (<-c.states).Receipt)
	require.Equal(t, uint64(21), c.served("and on").Sequence)
	s.close(t)
	require.Equal(t, uint64(21), s.ledger.redeemed(c.lane))
}

// Where both sides have lost what the chain has redeemed, nothing is served until the payer has read the chain.
func TestBothLostReceipts(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	for i := range 20 {
		c.served(fmt.Sprint(i))
	}
	s.await(t, c, 20)
	require.NoError(t, s.host.settle(t.Context(), 0, false))
	s.lose(t)
	c.conn.Close()
	c.set(func() { c.count, c.results = 0, nil })
	c.connect(s.host)
	<-c.states
	response := c.call("for nothing")
	require.Equal(t, peer.StatusNoLane, response.Status, response.Message)

	c.conn.Close()
	c.set(func() { c.count = 20 })
	c.connect(s.host)
	<-c.states
	require.Equal(t, uint64(21), c.served("paid").Sequence)
	s.close(t)
	require.Equal(t, uint64(21), s.ledger.redeemed(c.lane))
}

// The payer's number may be over the cap that the host knows: the lane was raised, and the host has not seen that block yet.
func TestNumberOverKnownCap(t *testing.T) {
	s := newSetup(t)
	c := s.caller(t, 1, 1000)
	c.served("first")
	s.await(t, c, 1)
	c.conn.Close()
	s.ledger.mu.Lock()
	s.ledger.lanes[fmt.Sprintf("%x", c.lane)].Cap = 2000
	s.ledger.mu.Unlock()
	c.set(func() { c.count = 1500 })
	c.connect(s.host)
	<-c.states
	require.Equal(t, uint64(1501), c.served("after the raise").Sequence)
	s.close(t)
	require.Equal(t, uint64(1501), s.ledger.redeemed(c.lane))
}

// What a settlement costs decides whether it is sent.
func TestSettlesWhatIsWorthIt(t *testing.T) {
	for name, c := range map[string]struct {
		margin, requests uint64
		// over is what the gas costs beyond the worth, divided by the margin.
		over    int64
		settled bool
	}{
		"at any cost":      {0, 1, 1_000_000, true},
		"at a loss":        {1, 1, 1, false},
		"at its cost":      {1, 1, 0, true},
		"below the margin": {10, 20, 1, false},
		"at the margin":    {10, 20, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			caller := s.caller(t, 1, 1000)
			for i := range c.requests {
				caller.served(fmt.Sprint(i))
			}
			s.await(t, caller, c.requests)
			worth := accrued(s.host.lane(caller.lane).state()).Int64()
			s.ledger.base = worth/int64(max(c.margin, 1)) + c.over
			require.NoError(t, s.host.settle(t.Context(), c.margin, false))
			require.Equal(t, c.settled, s.ledger.redeemed(caller.lane) == c.requests)
		})
	}
}

// Lanes that cost more than they bring do not keep those that bring something from being settled, and are not settled with them.
func TestWorthlessLanesStay(t *testing.T) {
	s := newSetup(t)
	s.ledger.each = 100
	rich, poor := s.caller(t, 1, 1000), s.caller(t, 2, 1000)
	for i := range 20 {
		rich.served(fmt.Sprint(i))
	}
	poor.served("one")
	s.await(t, rich, 20)
	s.await(t, poor, 1)
	require.NoError(t, s.host.settle(t.Context(), 1, false))
	require.Equal(t, uint64(20), s.ledger.redeemed(rich.lane))
	require.Zero(t, s.ledger.redeemed(poor.lane))
}

// A lane past its expiry is settled at once when it is worth its gas, whatever the margin, and the gas of one that is not is asked for
// no more than now and then.
func TestSettlesBeforeTheEnd(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	s.host.cfg.SettleMargin, s.host.cfg.SettleEvery = 1000, time.Hour
	s.ledger.base = 100
	good, dust := s.caller(t, 1, 1000), s.caller(t, 2, 1000)
	s.ledger.lanes[fmt.Sprintf("%x", dust.lane)].Expiry = 50
	for i := range 20 {
		good.served(fmt.Sprint(i))
	}
	dust.served("one")
	s.await(t, good, 20)
	s.await(t, dust, 1)
	s.host.tasks.Go(s.host.settleLoop)
	time.Sleep(3 * settleTick)
	require.Zero(t, s.ledger.redeemed(good.lane))
	s.host.height.Store(101)
	require.Eventually(t, func() bool { return s.ledger.redeemed(good.lane) == 20 }, 2*time.Second, 10*time.Millisecond)
	time.Sleep(5 * settleTick)
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	require.LessOrEqual(t, s.ledger.estimates, 4)
}
