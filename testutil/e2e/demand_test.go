package e2e_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/testutil/demand"
)

// TestDemandRises: one host is enough for a function until ten times as many calls come; then further nodes hear of it by gossip, become open seeds and serve, no call
// fails, and when the calls end they leave.
func TestDemandRises(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	result, err := demand.Run(ctx, demand.Options{
		Bin: bin, Home: filepath.Join(t.TempDir(), "net"), Nodes: 4, RateOut: 80_000, Progress: func(step string) { t.Log(step) },
	})
	require.NoError(t, err)
	t.Logf("first of %d further hosts after %s, enough after %s, gone after %s", result.Hosts-1, result.First, result.Enough, result.Left)
	require.Equal(t, 1, result.Before, "a host that is not busy stays alone")
	require.Greater(t, result.Hosts, 1)
	require.Greater(t, result.Serving, 1)
	require.Zero(t, result.Failed, "of %d calls; the last: %v", result.Calls, result.Failure)
	require.Less(t, result.First, 30*time.Second)
}
