package chain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNextDue(t *testing.T) {
	last := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		before time.Time
		want   time.Duration
	}{
		{"the first block", time.Time{}, pollInterval},
		{"a block a second", last.Add(-time.Second), 750 * time.Millisecond},
		{"quick blocks", last.Add(-100 * time.Millisecond), pollInterval},
		{"after a halt", last.Add(-time.Hour), lastPause},
		{"time that goes backwards", last.Add(time.Second), pollInterval},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, nextDue(c.before, last)) })
	}
}
