package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// TestNewcomer: a node whose operator owns nothing joins, seeds, serves, settles and earns, and nobody sends it money. Then it gives the function
// up, and stands for it on chain no more.
func TestNewcomer(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-newcomer", "--price", "5000uorb", "--plan", "starter")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	newcomer, err := network.Newcomer(ctx, "newcomer")
	require.NoError(t, err)
	stopped := false
	defer func() {
		if !stopped {
			require.NoError(t, newcomer.Stop())
		}
	}()
	status := func() node.Status { return statusOf(t, newcomer) }
	first := status()
	require.NotNil(t, first.Account)
	require.NotNil(t, first.Account.Grant, "it has a grant")
	require.Equal(t, network.Accounts["attester"], first.Account.Grant.Sponsor)
	require.Equal(t, int64(200_000), first.Account.Grant.Locked.Int64())

	seeds := func() bool {
		_, err := seedOf(ctx, t, function.Id, newcomer.OrbID)
		return err == nil
	}
	require.Eventually(t, seeds, time.Minute, 200*time.Millisecond, "seeded under the sponsor's allowance")
	for _, other := range network.Nodes {
		require.NoError(t, other.Stop())
	}
	defer func() {
		for _, other := range network.Nodes {
			require.NoError(t, other.Start(t.Context()))
		}
	}()
	require.Eventually(t, func() bool {
		for range 10 {
			mustCall(t, "echo-newcomer", []byte("hello"))
		}
		return status().Served >= 10
	}, time.Minute, 500*time.Millisecond, "it serves")
	require.Eventually(t, func() bool {
		account := status().Account
		return account != nil && account.Requests > 0 && account.Serving.IsPositive()
	}, time.Minute, 500*time.Millisecond, "settled under the sponsor's allowance")
	account := status().Account
	unlocked := first.Account.Grant.Locked.Sub(account.Grant.Locked)
	require.True(t, unlocked.IsPositive(), "the fees burned on its requests unlock its grant")
	require.Equal(t, account.Serving.Add(unlocked), account.Balance, "what it owns it has earned")

	out, err := network.Orb(ctx, "seed", "remove", "echo-newcomer", "--home", newcomer.Home)
	require.NoError(t, err, out)
	require.Eventually(t, func() bool { return !seeds() }, time.Minute, 200*time.Millisecond, "its earnings pay for leaving")
	stopped = true
	require.NoError(t, newcomer.Stop())
}

// seedOf returns a node's seed of a function.
func seedOf(ctx context.Context, t *testing.T, function, orbID string) (seedingtypes.Seed, error) {
	t.Helper()
	answer, err := dial(t).Seeding().Seeds(ctx, &seedingtypes.QuerySeedsRequest{OrbId: orbID})
	if err != nil {
		return seedingtypes.Seed{}, err
	}
	for _, seed := range answer.Seeds {
		if seed.Seed.FunctionId == function {
			return seed.Seed, nil
		}
	}
	return seedingtypes.Seed{}, seedingtypes.ErrNotFound
}
