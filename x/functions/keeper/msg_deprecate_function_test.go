package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func deprecation(id string) *types.MsgDeprecateFunction {
	return &types.MsgDeprecateFunction{Owner: person("alice").String(), FunctionId: id}
}

// TestDeprecateFunction follows a function from its notice to the day on which nothing is left of it.
func TestDeprecateFunction(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	s.superNode("vera", 10)
	id := s.active("markdown")
	require.Equal(t, funds-params.NameDeposit.Amount.Int64(), s.balance("alice"))
	s.endBlock(10)
	require.Equal(t, params.NameDeposit, s.held())
	response, err := s.msgs.DeprecateFunction(s.ctx, deprecation(id))
	require.NoError(t, err)
	require.Equal(t, s.ctx.BlockHeight()+int64(params.NoticeBlocks), response.Ends)
	_, err = s.msgs.DeprecateFunction(s.ctx, deprecation(id))
	require.ErrorIs(t, err, types.ErrNotActive, "notice is given once")
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.ErrorIs(t, err, types.ErrNotActive)
	s.roundTrip()

	s.endBlock(response.Ends - 1)
	_, _, err = s.keeper.ActiveVersion(s.ctx, id)
	require.NoError(t, err, "it serves to the end of its notice")
	s.endBlock(response.Ends)
	_, _, err = s.keeper.ActiveVersion(s.ctx, id)
	require.ErrorIs(t, err, types.ErrNotActive)
	fn := s.function(id)
	require.Equal(t, types.FUNCTION_STATUS_ENDED, fn.Status)
	require.Equal(t, response.Ends+int64(params.WindDownBlocks), fn.Prunes)
	require.Equal(t, []types.Function{fn}, s.hooks.ended)
	require.NotZero(t, s.version(id, 1), "nodes can still prove it")
	again := deployment("second")
	again.Name = "markdown"
	_, err = s.msgs.DeployFunction(s.ctx, resigned(again, "second"))
	require.NoError(t, err, "the name is free")
	s.endBlock(response.Ends + 1)
	require.EqualValues(t, funds-params.NameDeposit.Amount.Int64(), s.balance("alice"), "one deposit came back, one went")
	s.roundTrip()

	s.hooks.busy = 1
	s.endBlock(fn.Prunes)
	require.NotZero(t, s.function(id), "a lane is open")
	s.roundTrip()
	s.endBlock(s.function(id).Prunes)
	_, err = s.keeper.GetFunction(s.ctx, id)
	require.ErrorIs(t, err, types.ErrNotFound)
	require.Len(t, s.hooks.pruned, 1)
	_, err = s.keeper.GetVersion(s.ctx, id, 1)
	require.ErrorIs(t, err, types.ErrNotFound)
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.Len(t, exported.Functions, 1)
	require.Len(t, exported.Claims, 1)
	require.Empty(t, exported.Attestations)
	require.Equal(t, []string{id}, exported.Pruned)
	s.roundTrip()
	_, err = s.msgs.DeployFunction(s.ctx, deployment("markdown"))
	require.ErrorIs(t, err, types.ErrExists, "an id is used once")
}

func TestDeprecateFunctionRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	stolen := deprecation(id)
	stolen.Owner = person("bob").String()
	_, err := s.msgs.DeprecateFunction(s.ctx, stolen)
	require.ErrorIs(t, err, types.ErrNotOwner)
	_, err = s.msgs.DeprecateFunction(s.ctx, deprecation(s.deploy("pending").Id))
	require.ErrorIs(t, err, types.ErrNotActive)
}

// TestUpdateDecidedAfterTheEnd: an update that is still being verified when its function ends never serves, and its attesters are paid.
func TestUpdateDecidedAfterTheEnd(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.NoticeBlocks, params.WindDownBlocks = 1, 1
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	s.superNode("vera", 10)
	id := s.active("markdown")
	response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)
	_, err = s.msgs.DeprecateFunction(s.ctx, deprecation(id))
	require.NoError(t, err)
	for range 4 {
		s.endBlock(s.ctx.BlockHeight())
	}
	require.Equal(t, types.FUNCTION_STATUS_ENDED, s.function(id).Status, "an open claim holds the function")
	s.attest(valid("vera", response.ClaimId), "vera")
	require.Len(t, s.hooks.activated, 1)
	require.Len(t, s.hooks.decided, 2)
	require.Equal(t, types.VERSION_STATUS_RETIRED, s.version(id, 2).Status)
	s.roundTrip()
	s.endBlock(s.function(id).Prunes)
	_, err = s.keeper.GetFunction(s.ctx, id)
	require.ErrorIs(t, err, types.ErrNotFound)
}

// TestRejectedFunctionIsPruned: its deposit returns at once, and it goes when people have had the time to read why.
func TestRejectedFunctionIsPruned(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	deployed := s.deploy("markdown")
	s.attest(verdict("vera", deployed.ClaimId, types.VERDICT_BAD_MODULE), "vera")
	s.endBlock(10)
	require.EqualValues(t, funds, s.balance("alice"))
	require.True(t, s.held().IsZero())
	s.roundTrip()
	s.endBlock(s.function(deployed.Id).Prunes - 1)
	require.NotZero(t, s.function(deployed.Id))
	s.endBlock(s.function(deployed.Id).Prunes)
	_, err := s.keeper.GetFunction(s.ctx, deployed.Id)
	require.ErrorIs(t, err, types.ErrNotFound)
	s.roundTrip()
}

// TestPruningIsBounded: however much a function has gathered, a block removes no more than its budget.
func TestPruningIsBounded(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.MaxPrunesPerBlock = 3
	params.NoticeBlocks, params.WindDownBlocks = 1, 1
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	s.superNode("vera", 10)
	id := s.active("markdown")
	for number := range uint64(5) {
		response, err := s.msgs.UpdateFunction(s.ctx, update("markdown", number+2))
		require.NoError(t, err)
		s.attest(valid("vera", response.ClaimId), "vera")
	}
	_, err := s.msgs.DeprecateFunction(s.ctx, deprecation(id))
	require.NoError(t, err)
	entries := func() int {
		exported, err := s.keeper.ExportGenesis(s.ctx)
		require.NoError(t, err)
		return len(exported.Functions) + len(exported.Versions) + len(exported.Claims) + len(exported.Attestations)
	}
	for before := entries(); before > 0; {
		s.endBlock(s.ctx.BlockHeight())
		after := entries()
		require.LessOrEqual(t, before-after, 3)
		before = after
		s.roundTrip()
		require.Less(t, s.ctx.BlockHeight(), int64(40))
	}
}

// TestManyEndingsAreBounded: all functions ending at one height are moved on a few a block, the oldest first, and none is forgotten.
func TestManyEndingsAreBounded(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.MaxPrunesPerBlock = 2
	params.NoticeBlocks = 1
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	s.superNode("vera", 10)
	for i := range 5 {
		_, err := s.msgs.DeprecateFunction(s.ctx, deprecation(s.active(fmt.Sprintf("f-%d", i))))
		require.NoError(t, err)
	}
	s.endBlock(10)
	ended := 0
	for range 10 {
		s.endBlock(s.ctx.BlockHeight())
		require.LessOrEqual(t, len(s.hooks.ended)-ended, 2)
		ended = len(s.hooks.ended)
	}
	require.Equal(t, 5, ended)
	require.EqualValues(t, funds, s.balance("alice"), "every deposit came back")
}

// TestEndingSurvivesItsHooks: a function whose end fails goes on serving, is tried again later, and stands in nobody's way.
func TestEndingSurvivesItsHooks(t *testing.T) {
	for name, fail := range map[string]func(*recorder, bool){
		"error": func(r *recorder, on bool) { r.refuse = map[bool]error{true: errRefused}[on] },
		"panic": func(r *recorder, on bool) { r.panics = on },
	} {
		s := newSuite(t)
		s.superNode("vera", 10)
		id := s.active("markdown")
		response, err := s.msgs.DeprecateFunction(s.ctx, deprecation(id))
		require.NoError(t, err)
		fail(s.hooks, true)
		s.endBlock(response.Ends)
		require.Equal(t, types.FUNCTION_STATUS_DEPRECATED, s.function(id).Status, name)
		s.roundTrip()
		fail(s.hooks, false)
		s.endBlock(s.function(id).Ends)
		require.Equal(t, types.FUNCTION_STATUS_ENDED, s.function(id).Status, name)
		fail(s.hooks, true)
		s.endBlock(s.function(id).Prunes)
		s.endBlock(s.function(id).Prunes)
		if name == "error" {
			require.NotZero(t, s.function(id))
		}
	}
}
