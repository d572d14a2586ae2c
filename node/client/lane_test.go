package client

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name             string
		used, last, want uint64
		elapsed          time.Duration
	}{
		{"nothing used", 0, 500, firstCap, time.Hour},
		{"slow", 250, 500, firstCap, time.Hour},
		{"a minute's", 2000, 2500, 2000, time.Minute},
		{"what a minute would take", 1000, 2500, 6000, 10 * time.Second},
		{"a burst is no pace", 250, 500, growth * 500, time.Millisecond},
		{"grows from what there was", 40_000, 80_000, growth * 80_000, time.Second},
		{"a lane of one", 1, 1, firstCap, time.Minute},
		{"too much", math.MaxUint32, 1 << 40, math.MaxUint32 * 60, 0},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, pace(c.used, c.elapsed, c.last)) })
	}
}

// TestLaneLasts: however fast requests come, a lane is filled for longer than it takes to fill it again.
func TestLaneLasts(t *testing.T) {
	const perSecond, blocks = 1000, 30
	l, now, dry := &lane{cap: firstCap}, time.Now(), 0
	l.fillLocked(now)
	for second := range blocks {
		l.ledger.count += min(perSecond, l.restLocked())
		now = now.Add(time.Second)
		if l.restLocked() == 0 && second > 3 {
			dry++
		}
		if l.low(0, 0) {
			l.cap += l.lacks(now)
			l.fillLocked(now)
		}
	}
	require.Zero(t, dry)
}

// TestSpentLane: a lane that was filled with one request, as there was no money for more, is low once that is served.
func TestSpentLane(t *testing.T) {
	l := &lane{cap: 1}
	l.fillLocked(time.Now())
	require.False(t, l.low(0, 0))
	l.ledger.count = 1
	require.True(t, l.low(0, 0))
}

// TestWindow: refusals of one moment halve the window once, and each receipt that was waited for doubles it again.
func TestWindow(t *testing.T) {
	l := &lane{host: new(host), window: 32, inflight: 8, changed: func() {}}
	for range 8 {
		l.unpaid()
	}
	require.Equal(t, 16, l.window)
	require.Zero(t, l.inflight)
	l.inflight, l.pause = 1, time.Time{}
	l.unpaid()
	require.Equal(t, 8, l.window)
	l.paidLocked(new(receipt.Receipt))
	require.Equal(t, 8, l.window, "nobody waited")
	l.limited = true
	l.paidLocked(new(receipt.Receipt))
	require.Equal(t, 16, l.window)
}
