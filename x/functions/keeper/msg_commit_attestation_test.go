package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestCommitAttestation(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 10)
	id := s.deploy("markdown").ClaimId
	s.superNode("late", 50)

	require.ErrorIs(t, s.commit("stranger", valid("stranger", id)), types.ErrNotSuperNode)
	require.ErrorIs(t, s.commit("late", valid("late", id)), types.ErrNotElector)
	require.ErrorIs(t, s.commit("vera", valid("vera", make([]byte, 20))), types.ErrNotFound)
	require.ErrorIs(t, s.commit("vera", valid("vera", []byte("short"))), types.ErrInvalidAttestation)
	require.ErrorIs(t, s.reveal(valid("vera", id)), types.ErrWrongPhase)

	require.NoError(t, s.commit("vera", valid("vera", id)))
	require.ErrorIs(t, s.commit("vera", verdict("vera", id, types.VERDICT_BAD_MODULE)), types.ErrExists)
	require.Equal(t, types.CLAIM_STATUS_COMMIT, s.claim(id).Status)
	s.roundTrip()

	s.ctx = s.ctx.WithBlockHeight(20)
	require.NoError(t, s.commit("walt", valid("walt", id)))
	claim := s.claim(id)
	require.Equal(t, types.CLAIM_STATUS_REVEAL, claim.Status, "all have committed")
	require.EqualValues(t, 20+30, claim.RevealUntil, "the reveal phase keeps its length")
}

func TestCommitAttestationAfterItsDeadline(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.deploy("markdown").ClaimId
	s.ctx = s.ctx.WithBlockHeight(s.claim(id).CommitUntil + 1)
	require.ErrorIs(t, s.commit("vera", valid("vera", id)), types.ErrWrongPhase)
	s.ctx = s.ctx.WithBlockHeight(s.claim(id).CommitUntil)
	require.NoError(t, s.commit("vera", valid("vera", id)))
}
