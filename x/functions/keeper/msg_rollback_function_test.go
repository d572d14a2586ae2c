package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func rollback(id string, number uint64) *types.MsgRollbackFunction {
	return &types.MsgRollbackFunction{Owner: person("alice").String(), FunctionId: id, Version: number}
}

func TestRollbackFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)
	s.attest(valid("vera", response.ClaimId), "vera")
	response, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 3))
	require.NoError(t, err)

	_, err = s.msgs.RollbackFunction(s.ctx, rollback(id, 1))
	require.NoError(t, err)
	fn, serving, err := s.keeper.ActiveVersion(s.ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 1, serving.Number)
	require.Equal(t, types.VERSION_STATUS_ACTIVE, serving.Status)
	require.Equal(t, types.VERSION_STATUS_RETIRED, s.version(id, 2).Status)
	require.EqualValues(t, 3, fn.PendingVersion)
	require.Equal(t, serving, s.hooks.activated[2])
	s.roundTrip()

	s.attest(valid("vera", response.ClaimId), "vera")
	_, serving, err = s.keeper.ActiveVersion(s.ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 3, serving.Number, "what was being verified takes its place")
	require.Equal(t, types.VERSION_STATUS_RETIRED, s.version(id, 1).Status)
}

func TestRollbackFunctionRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)
	_, err = s.msgs.RollbackFunction(s.ctx, rollback(id, 2))
	require.ErrorIs(t, err, types.ErrNotRetired, "never accepted")
	s.attest(verdict("vera", response.ClaimId, types.VERDICT_BAD_SAMPLE), "vera")
	for number, want := range map[uint64]error{1: types.ErrNotRetired, 2: types.ErrNotRetired, 3: types.ErrNotFound} {
		_, err = s.msgs.RollbackFunction(s.ctx, rollback(id, number))
		require.ErrorIs(t, err, want)
	}
	stolen := rollback(id, 1)
	stolen.Owner = person("bob").String()
	_, err = s.msgs.RollbackFunction(s.ctx, stolen)
	require.ErrorIs(t, err, types.ErrNotOwner)
	pending := s.deploy("pending")
	_, err = s.msgs.RollbackFunction(s.ctx, rollback(pending.Id, 1))
	require.ErrorIs(t, err, types.ErrNotActive)
}
