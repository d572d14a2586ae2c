package types_test

import (
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/functions/types"
)

// TestDisputeSplit: whatever the figures, what went in comes out, no part is negative, and the loser's gain is never positive.
func TestDisputeSplit(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 10_000 {
		d := types.Dispute{Deposit: math.NewInt(1 + r.Int63n(1<<50)), SlashBps: 5_000, ReporterBps: uint32(r.Intn(types.BasisPoints))}
		d.Fee = math.NewInt(r.Int63n(d.Deposit.Int64()))
		status := []types.ClaimStatus{types.CLAIM_STATUS_ACCEPTED, types.CLAIM_STATUS_REJECTED, types.CLAIM_STATUS_EXPIRED}[r.Intn(3)]
		slashed := math.ZeroInt()
		if status == types.CLAIM_STATUS_REJECTED {
			slashed = math.NewInt(r.Int63n(1 << 50))
		}
		agreed := status != types.CLAIM_STATUS_EXPIRED || r.Intn(2) == 0
		s := d.Split(status, agreed, slashed)
		for _, part := range []math.Int{s.Fee, s.Returned, s.Reward, s.Burned} {
			require.False(t, part.IsNegative())
		}
		require.Equal(t, d.Deposit.Add(slashed).String(), s.Fee.Add(s.Returned).Add(s.Reward).Add(s.Burned).String())
		require.True(t, s.Reward.IsZero() || s.Reward.LT(slashed), "a host that reports itself loses")
		switch {
		case status == types.CLAIM_STATUS_ACCEPTED:
			require.True(t, s.Returned.IsZero() && s.Reward.IsZero(), "the reporter loses its deposit")
		case !agreed:
			require.Equal(t, d.Deposit, s.Returned, "nobody knows, nobody pays")
		case slashed.GTE(d.Fee):
			require.True(t, s.Returned.Equal(d.Deposit) || status == types.CLAIM_STATUS_EXPIRED, "the reporter of a lie pays nothing")
		}
	}
}
