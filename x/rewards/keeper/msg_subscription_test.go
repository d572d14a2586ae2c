package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestTopUp: anybody adds to a subscription; delegate and limits stay.
func TestTopUp(t *testing.T) {
	s := newSuite(t)
	limits := types.Limits{MaxPrice: math.NewInt(60), MaxLocked: math.ZeroInt(), MaxSpend: math.ZeroInt()}
	s.subscribe(1_000, limits)
	_, err := s.msgs.TopUp(s.ctx, &types.MsgTopUp{Sender: stranger, Payer: payer, FunctionId: functionID, Amount: uorb(500)})
	require.NoError(t, err)
	s.endBlock()
	require.Equal(t, "1500", s.subscription().Balance.String())
	require.Equal(t, delegate, s.subscription().Delegate)
	require.Equal(t, limits, s.subscription().Limits)
	require.EqualValues(t, -500, s.gained(stranger))
	for name, c := range map[string]struct {
		msg types.MsgTopUp
		err error
	}{
		"nothing":         {types.MsgTopUp{Sender: stranger, Payer: payer, FunctionId: functionID, Amount: uorb(0)}, types.ErrInvalidSubscription},
		"no subscription": {types.MsgTopUp{Sender: stranger, Payer: stranger, FunctionId: functionID, Amount: uorb(1)}, types.ErrNotFound},
		"no function":     {types.MsgTopUp{Sender: stranger, Payer: payer, FunctionId: "x", Amount: uorb(1)}, functionstypes.ErrNotFound},
	} {
		_, err := s.msgs.TopUp(s.ctx, &c.msg)
		require.ErrorIs(t, err, c.err, name)
	}
	s.endBlock()
	require.EqualValues(t, -500, s.gained(stranger))
}

// TestSetDelegate: from now on the delegate before opens and raises nothing, and what it has locked is the payer's to let expire.
func TestSetDelegate(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	id := s.open(delegate, 20)
	_, err := s.msgs.SetDelegate(s.ctx, &types.MsgSetDelegate{Payer: payer, FunctionId: functionID, Delegate: stranger, Limits: types.NoLimits()})
	require.NoError(t, err)
	for _, e := range []types.LaneEntry{entry(1), {LaneId: id, Price: uorb(price), Cap: 30}} {
		_, err = s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{e}})
		require.ErrorIs(t, err, types.ErrUnauthorized)
	}
	s.open(stranger, 5)
	_, err = s.msgs.SetDelegate(s.ctx, &types.MsgSetDelegate{Payer: payer, FunctionId: functionID, Delegate: "nobody", Limits: types.NoLimits()})
	require.ErrorIs(t, err, types.ErrInvalidSubscription)
	_, err = s.msgs.SetDelegate(s.ctx, &types.MsgSetDelegate{Payer: stranger, FunctionId: functionID, Limits: types.NoLimits()})
	require.ErrorIs(t, err, types.ErrNotFound)
	s.endBlock()
}

// TestUnsubscribe: the balance returns at once, what lanes hold stays good for their hosts and returns as they close, and the last one takes the
// subscription with it.
func TestUnsubscribe(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	id := s.open(delegate, 100)
	s.endBlock()
	answer, err := s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
	require.NoError(t, err)
	require.Equal(t, types.MsgUnsubscribeResponse{Returned: uorb(5_000), Locked: uorb(5_000)}, *answer)
	s.endBlock()
	require.EqualValues(t, -5_000, s.gained(payer))
	for _, opener := range []string{payer, delegate} {
		_, err = s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: opener, Entries: []types.LaneEntry{entry(1)}})
		require.Error(t, err)
	}
	for _, send := range []func() error{
		func() error {
			_, err := s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
			return err
		},
		func() error {
			_, err := s.msgs.TopUp(s.ctx, &types.MsgTopUp{Sender: payer, Payer: payer, FunctionId: functionID, Amount: uorb(1)})
			return err
		},
	} {
		require.ErrorIs(t, send(), types.ErrUnsubscribed)
	}
	_, err = s.settle(sign(id, 60))
	require.NoError(t, err, "the host is paid what it has served")
	s.endBlock()
	s.skipTo(s.lane(id).Closes)
	s.endBlock()
	require.EqualValues(t, -3_000, s.gained(payer))
	_, err = s.queries.Subscription(s.ctx, &types.QuerySubscriptionRequest{Payer: payer, FunctionId: functionID})
	require.Error(t, err, "nothing is left of it")
	require.True(t, s.held().IsZero())
}

// TestReplayAcrossSubscriptions: a payer who leaves and comes back gets lanes with other ids, so that receipts of the first time pay nothing.
func TestReplayAcrossSubscriptions(t *testing.T) {
	s := newSuite(t)
	var old []byte
	for range 3 {
		s.subscribe(1_000, types.NoLimits())
		id := s.open(payer, 20)
		require.NotEqual(t, old, id)
		if old != nil {
			_, err := s.settle(sign(old, 10))
			require.ErrorIs(t, err, types.ErrNothingPaid)
		}
		old = id
		_, err := s.msgs.CloseLanes(s.ctx, &types.MsgCloseLanes{Sender: operator, LaneIds: [][]byte{id}})
		require.NoError(t, err)
		_, err = s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
		require.NoError(t, err)
		// Coming back in the same block finds the subscription as it was: its count of lanes goes on.
		s.subscribe(1_000, types.NoLimits())
		require.NotEqual(t, id, s.open(payer, 20))
		_, err = s.msgs.CloseLanes(s.ctx, &types.MsgCloseLanes{Sender: operator, LaneIds: [][]byte{s.lanes()[0].Id}})
		require.NoError(t, err)
		_, err = s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
		require.NoError(t, err)
		s.endBlock()
	}
	require.Zero(t, s.gained(payer))
}

func (s *suite) lanes() []types.Lane {
	s.t.Helper()
	answer, err := s.queries.Lanes(s.ctx, &types.QueryLanesRequest{Payer: payer})
	require.NoError(s.t, err)
	return answer.Lanes
}

// TestCloseLanes: a host closes at once; a payer lets its lanes expire now and takes nothing that was served: the two windows remain.
func TestCloseLanes(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	byHost, byPayer := s.open(delegate, 50), s.open(delegate, 50)
	s.endBlock()
	stop := func(sender string, id []byte) error {
		_, err := s.msgs.CloseLanes(s.ctx, &types.MsgCloseLanes{Sender: sender, LaneIds: [][]byte{id}})
		return err
	}
	require.ErrorIs(t, stop(stranger, byHost), types.ErrUnauthorized)
	require.ErrorIs(t, stop(owner, byHost), types.ErrUnauthorized)

	_, err := s.settle(sign(byHost, 30))
	require.NoError(t, err)
	require.NoError(t, stop(operator, byHost))
	require.ErrorIs(t, stop(operator, byHost), types.ErrLaneClosed)
	s.endBlock()
	require.Equal(t, "6000", s.subscription().Balance.String())
	_, err = s.settle(sign(byHost, 50))
	require.ErrorIs(t, err, types.ErrNothingPaid, "closed is closed")

	height, windows := s.ctx.BlockHeight(), 2*int64(types.DefaultParams().LaneBlocks)
	require.NoError(t, stop(payer, byPayer))
	require.ErrorIs(t, stop(delegate, byPayer), types.ErrLaneClosed, "it has expired")
	require.Equal(t, []int64{height, height + windows}, []int64{s.lane(byPayer).Expiry, s.lane(byPayer).Closes})
	s.endBlock()
	s.skipTo(height + windows)
	_, err = s.settle(sign(byPayer, 50))
	require.NoError(t, err, "no closing outruns a receipt")
	s.endBlock()
	require.Equal(t, "6000", s.subscription().Balance.String())
	require.Equal(t, "0", s.subscription().Locked.String())
}

// TestLanesOfDeprecated: lanes on a function with notice expire before it ends.
func TestLanesOfDeprecated(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	fn := s.world.functions[functionID]
	fn.Status, fn.Ends = functionstypes.FUNCTION_STATUS_DEPRECATED, s.ctx.BlockHeight()+10
	s.world.functions[functionID] = fn
	require.Equal(t, fn.Ends, s.lane(s.open(delegate, 10)).Expiry)
	fn.Status = functionstypes.FUNCTION_STATUS_ENDED
	s.world.functions[functionID] = fn
	_, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{entry(1)}})
	require.ErrorIs(t, err, functionstypes.ErrNotActive)
}
