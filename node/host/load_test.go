package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOccupancy(t *testing.T) {
	now := time.Unix(1, 0)
	o := occupancy{slots: 4}
	require.Zero(t, o.add(now, 0))
	o.add(now, 4)
	now = now.Add(loadOver)
	require.InDelta(t, 632, o.add(now, 0), 1, "all slots for one time constant")
	now = now.Add(20 * loadOver)
	require.InDelta(t, 1000, o.add(now, -2), 1)
	now = now.Add(20 * loadOver)
	require.InDelta(t, 500, o.add(now, -2), 1, "half of them")
	now = now.Add(20 * loadOver)
	require.InDelta(t, 0, o.add(now, 0), 1, "none: the past is forgotten without anybody calling")
	require.Zero(t, o.add(now.Add(-time.Hour), 0), "a clock that goes back changes nothing")
}
