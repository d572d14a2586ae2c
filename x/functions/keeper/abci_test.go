package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestEndBlockExpiresWhatNobodyAttests(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	deployed := s.deploy("markdown")
	until := s.claim(deployed.ClaimId).CommitUntil
	s.endBlock(until - 1)
	require.Equal(t, types.CLAIM_STATUS_COMMIT, s.claim(deployed.ClaimId).Status)
	s.endBlock(until)

	claim := s.claim(deployed.ClaimId)
	require.Equal(t, types.CLAIM_STATUS_EXPIRED, claim.Status)
	require.Equal(t, types.VERDICT_EXPIRED, claim.Verdict)
	require.Equal(t, []types.Claim{claim}, s.hooks.decided)
	require.Empty(t, s.hooks.payees[0])
	s.roundTrip()
	_, err := s.msgs.DeployFunction(s.ctx, deployment("markdown"))
	require.ErrorIs(t, err, types.ErrExists, "an id is used once")
}

func TestEndBlockGoesOnWithTwoThirds(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 40)
	s.superNode("walt", 10)
	s.superNode("away", 10)
	id := s.deploy("markdown").ClaimId
	require.NoError(t, s.commit("vera", valid("vera", id)))
	require.NoError(t, s.commit("walt", verdict("walt", id, types.VERDICT_UNAVAILABLE)))
	s.endBlock(s.claim(id).CommitUntil)
	require.Equal(t, types.CLAIM_STATUS_REVEAL, s.claim(id).Status)
	require.ErrorIs(t, s.commit("away", valid("away", id)), types.ErrWrongPhase)
	require.NoError(t, s.reveal(valid("vera", id)))
	s.endBlock(s.claim(id).RevealUntil)
	require.Equal(t, types.CLAIM_STATUS_ACCEPTED, s.claim(id).Status)
	require.Len(t, s.hooks.payees[0], 1)
}

func TestEndBlockIsBounded(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	params := types.DefaultParams()
	params.MaxClaimsPerBlock = 2
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	for i := range 5 {
		s.deploy(fmt.Sprintf("function-%d", i))
	}
	height := s.ctx.BlockHeight() + int64(params.CommitBlocks)
	for _, want := range []int{2, 4, 5, 5} {
		s.endBlock(height)
		require.Len(t, s.hooks.decided, want)
		height++
	}
}

func TestEndBlockSurvivesItsHook(t *testing.T) {
	for name, fail := range map[string]func(*recorder){
		"error": func(r *recorder) { r.refuse = errRefused },
		"panic": func(r *recorder) { r.panics = true },
	} {
		s := newSuite(t)
		s.superNode("vera", 10)
		id := s.deploy("markdown").ClaimId
		fail(s.hooks)
		s.endBlock(s.claim(id).CommitUntil)
		require.Equal(t, types.CLAIM_STATUS_EXPIRED, s.claim(id).Status, name)
	}
}
