package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestRevealAttestationActivates(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 20)
	deployed := s.deploy("markdown")
	id := deployed.ClaimId
	for _, name := range []string{"vera", "walt"} {
		require.NoError(t, s.commit(name, valid(name, id)))
	}
	require.NoError(t, s.reveal(valid("vera", id)))
	require.ErrorIs(t, s.reveal(valid("vera", id)), types.ErrExists)
	require.Empty(t, s.hooks.decided)
	s.roundTrip()
	require.NoError(t, s.reveal(valid("walt", id)))

	claim := s.claim(id)
	require.Equal(t, types.CLAIM_STATUS_ACCEPTED, claim.Status)
	require.Equal(t, valid("vera", id).ResponseHash, claim.ResponseHash)
	require.Equal(t, []types.Claim{claim}, s.hooks.decided)
	require.ElementsMatch(t, []string{person("vera-attester").String(), person("walt-attester").String()}, s.hooks.payees[0])
	fn, version, err := s.keeper.ActiveVersion(s.ctx, deployed.Id)
	require.NoError(t, err)
	require.Equal(t, types.FUNCTION_STATUS_ACTIVE, fn.Status)
	require.Equal(t, types.VERSION_STATUS_ACTIVE, version.Status)
	open, err := s.queries.OpenClaims(s.ctx, &types.QueryOpenClaimsRequest{})
	require.NoError(t, err)
	require.Empty(t, open.Claims)
	s.roundTrip()
}

func TestRevealAttestationRejects(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	deployed := s.deploy("markdown")
	lie := verdict("vera", deployed.ClaimId, types.VERDICT_BAD_MODULE)
	require.NoError(t, s.commit("vera", lie))
	require.NoError(t, s.reveal(lie))

	version, err := s.keeper.GetVersion(s.ctx, deployed.Id, 1)
	require.NoError(t, err)
	require.Equal(t, types.VERSION_STATUS_REJECTED, version.Status)
	require.Equal(t, types.VERDICT_BAD_MODULE, version.Reason)
	fn, err := s.keeper.GetFunction(s.ctx, deployed.Id)
	require.NoError(t, err)
	require.Equal(t, types.FUNCTION_STATUS_REJECTED, fn.Status)
	_, err = s.queries.Function(s.ctx, &types.QueryFunctionRequest{Function: "markdown"})
	require.Error(t, err, "the name is free again")
	s.roundTrip()
}

func TestRevealAttestationMustMatch(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 10)
	id := s.deploy("markdown").ClaimId
	for _, name := range []string{"vera", "walt"} {
		require.NoError(t, s.commit(name, valid(name, id)))
	}
	for name, change := range map[string]func(*types.MsgRevealAttestation){
		"fuel":     func(m *types.MsgRevealAttestation) { m.Fuel++ },
		"response": func(m *types.MsgRevealAttestation) { m.ResponseHash = make([]byte, 32) },
		"salt":     func(m *types.MsgRevealAttestation) { m.Salt = make([]byte, 32) },
		"attester": func(m *types.MsgRevealAttestation) { m.Attester = person("walt-attester").String() },
	} {
		reveal := valid("vera", id)
		change(reveal)
		require.ErrorIs(t, s.reveal(reveal), types.ErrCommitmentMismatch, name)
	}
	for name, change := range map[string]func(*types.MsgRevealAttestation){
		"unspecified":       func(m *types.MsgRevealAttestation) { m.Verdict = types.VERDICT_UNSPECIFIED },
		"expired":           func(m *types.MsgRevealAttestation) { m.Verdict = types.VERDICT_EXPIRED },
		"valid without":     func(m *types.MsgRevealAttestation) { m.ResponseHash = nil },
		"bad with response": func(m *types.MsgRevealAttestation) { m.Verdict = types.VERDICT_BAD_SAMPLE },
		"salt size":         func(m *types.MsgRevealAttestation) { m.Salt = nil },
	} {
		reveal := valid("vera", id)
		change(reveal)
		require.ErrorIs(t, s.reveal(reveal), types.ErrInvalidAttestation, name)
	}
	s.ctx = s.ctx.WithBlockHeight(s.claim(id).RevealUntil + 1)
	require.ErrorIs(t, s.reveal(valid("vera", id)), types.ErrWrongPhase)
}

func TestRevealAttestationFailsWithItsHook(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.deploy("markdown").ClaimId
	require.NoError(t, s.commit("vera", valid("vera", id)))
	s.hooks.refuse = errRefused
	require.ErrorIs(t, s.reveal(valid("vera", id)), errRefused)
}
