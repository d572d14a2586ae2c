package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestUpdateIsCharged: an update costs its verification, which its attesters get whether it is accepted or not; the escrow stays.
func TestUpdateIsCharged(t *testing.T) {
	for _, status := range []functionstypes.ClaimStatus{functionstypes.CLAIM_STATUS_ACCEPTED, functionstypes.CLAIM_STATUS_REJECTED} {
		s := newSuite(t)
		quote := s.quote()
		s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
		before := s.escrow()
		next := version
		next.Number = 2
		fn := s.world.functions[functionID]
		fee := quote.Verification.Amount.Int64()
		require.ErrorIs(t, s.keeper.AfterVersionProposed(s.ctx, fn, next, uorb(fee-1)), types.ErrMaxCost)
		require.NoError(t, s.keeper.AfterVersionProposed(s.ctx, fn, next, uorb(funds)))
		s.endBlock()
		require.NoError(t, s.keeper.AfterClaimDecided(s.ctx, functionstypes.Claim{
			Kind: functionstypes.CLAIM_KIND_VERSION, FunctionId: functionID, Version: 2, Status: status,
		}, []string{attester}))
		s.endBlock()
		require.Equal(t, -quote.Total.Amount.Int64()-fee, s.gained(owner))
		require.Equal(t, 2*fee, s.gained(attester))
		require.Equal(t, before, s.escrow())
	}
}

// TestPruneFunction: everybody gets back what lies unused, once no lane is open.
func TestPruneFunction(t *testing.T) {
	s := newSuite(t)
	quote := s.quote()
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
	s.subscribe(10_000, types.NoLimits())
	s.open(delegate, 100)
	s.endBlock()
	fn := s.world.functions[functionID]
	done, err := s.keeper.PruneFunction(s.ctx, fn, 10)
	require.NoError(t, err)
	require.False(t, done, "a lane is open")

	s = newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
	s.subscribe(10_000, types.NoLimits())
	s.endBlock()
	require.NoError(t, s.keeper.AfterFunctionEnded(s.ctx, fn))
	done, err = s.keeper.PruneFunction(s.ctx, fn, 1)
	require.NoError(t, err)
	require.False(t, done, "one entry at a time")
	for range 2 {
		s.endBlock()
		done, err = s.keeper.PruneFunction(s.ctx, fn, 2)
		require.NoError(t, err)
		require.True(t, done, "and done stays done")
	}
	s.endBlock()
	require.Equal(t, -quote.Verification.Amount.Int64(), s.gained(owner))
	require.Zero(t, s.gained(payer))
	require.Zero(t, s.held().Amount.Int64())
}
