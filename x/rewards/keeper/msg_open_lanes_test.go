package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

func TestOpenLanes(t *testing.T) {
	for name, opener := range map[string]string{"the payer": payer, "the delegate": delegate} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			s.subscribe(10_000, types.NoLimits())
			first, second := s.open(opener, 20), s.open(opener, 30)
			require.NotEqual(t, first, second)
			s.endBlock()

			require.Equal(t, "7500", s.subscription().Balance.String())
			require.Equal(t, "2500", s.subscription().Locked.String())
			lane := s.lane(first)
			require.Equal(t, opener, lane.Opener)
			require.Equal(t, "50", lane.Price.String())
			require.Equal(t, uint32(3_000), lane.OwnerShareBps)
			require.Equal(t, types.DefaultParams().FeeSplit, lane.FeeSplit)
			for _, query := range []*types.QueryLanesRequest{{FunctionId: functionID}, {Payer: payer}, {OrbId: host}} {
				answer, err := s.queries.Lanes(s.ctx, query)
				require.NoError(t, err)
				require.Len(t, answer.Lanes, 2)
			}
		})
	}
}

// TestRaiseKeepsTerms: a raise changes cap and life and nothing else. Once price, share or fee have changed a lane is not raised any more, or
// its old terms would live for ever.
func TestRaiseKeepsTerms(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	id := s.open(delegate, 20)
	before := s.lane(id)
	s.endBlock()

	_, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{{LaneId: id, Price: uorb(0), Cap: 50}}})
	require.NoError(t, err)

	after := s.lane(id)
	require.Equal(t, uint64(50), after.Cap)
	require.Greater(t, after.Expiry, before.Expiry)
	before.Cap, before.Expiry, before.Closes = after.Cap, after.Expiry, after.Closes
	require.Equal(t, before, after)
	require.Equal(t, "7500", s.subscription().Balance.String())
	s.endBlock()

	raise := &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{{LaneId: id, Price: uorb(0), Cap: 60}}}
	for _, change := range []func(*functionstypes.Function, *types.Params){
		func(fn *functionstypes.Function, _ *types.Params) { fn.Price = uorb(70) },
		func(fn *functionstypes.Function, _ *types.Params) { fn.OwnerShareBps = 9_000 },
		func(_ *functionstypes.Function, params *types.Params) { params.FeeSplit.FeeBps = 5_000 },
	} {
		fn, params := s.world.functions[functionID], types.DefaultParams()
		changed := fn
		change(&changed, &params)
		s.world.functions[functionID] = changed
		_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
		require.NoError(t, err)
		_, err = s.msgs.OpenLanes(s.ctx, raise)
		require.ErrorIs(t, err, types.ErrPrice)
		s.world.functions[functionID] = fn
	}
	require.Equal(t, after, s.lane(id))
}

func TestOpenLanesRefuses(t *testing.T) {
	limits := func(maxPrice, maxLocked, maxSpend int64) types.Limits {
		return types.Limits{MaxPrice: math.NewInt(maxPrice), MaxLocked: math.NewInt(maxLocked), MaxSpend: math.NewInt(maxSpend)}
	}
	for name, c := range map[string]struct {
		limits types.Limits
		opener string
		change func(*suite, *types.MsgOpenLanes)
		err    error
	}{
		"a stranger": {opener: stranger, err: types.ErrUnauthorized},
		"an attester, for a private subscription": {opener: attester, err: types.ErrUnauthorized},
		"no entry":               {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries = nil }, err: types.ErrInvalidBatch},
		"an unknown function":    {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].FunctionId = "x" }, err: functionstypes.ErrNotFound},
		"another price":          {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].Price = uorb(49) }, err: types.ErrPrice},
		"a node that is no host": {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].OrbId = "x" }, err: types.ErrNotHost},
		"nobody's subscription":  {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].Payer = stranger }, err: types.ErrNotFound},
		"a short session key":    {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].SessionKey = []byte{1} }, err: types.ErrInvalidLane},
		"cap zero":               {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].Cap = 0 }, err: types.ErrInvalidLane},
		"a cap over the bound":   {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].Cap = 1 << 63 }, err: types.ErrInvalidLane},
		"more than the balance":  {change: func(_ *suite, m *types.MsgOpenLanes) { m.Entries[0].Cap = 201 }, err: types.ErrInsufficientBalance},
		"max_price":              {limits: limits(49, 0, 0), err: types.ErrLimit},
		"max_locked":             {limits: limits(0, 499, 0), err: types.ErrLimit},
		"max_spend":              {limits: limits(0, 0, 499), err: types.ErrLimit},
		"all or none": {change: func(_ *suite, m *types.MsgOpenLanes) {
			m.Entries = append(m.Entries, entry(1), entry(1_000))
		}, err: types.ErrInsufficientBalance},
		"raising what is not there": {change: func(_ *suite, m *types.MsgOpenLanes) {
			m.Entries[0].LaneId = make([]byte, 20)
		}, err: types.ErrLaneClosed},
		"a function that is not active": {change: func(s *suite, _ *types.MsgOpenLanes) {
			fn := s.world.functions[functionID]
			fn.Status = functionstypes.FUNCTION_STATUS_PENDING
			s.world.functions[functionID] = fn
		}, err: functionstypes.ErrNotActive},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			if c.limits.MaxPrice.IsNil() {
				c.limits = types.NoLimits()
			}
			s.subscribe(10_000, c.limits)
			msg := &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{entry(10)}}
			if c.opener != "" {
				msg.Opener = c.opener
			}
			if c.change != nil {
				c.change(s, msg)
			}
			ctx, _ := s.ctx.CacheContext()
			_, err := s.msgs.OpenLanes(ctx, msg)
			require.ErrorIs(t, err, c.err)
			s.endBlock()
			require.Equal(t, "10000", s.subscription().Balance.String())
		})
	}
}

// TestLimitsBindTheDelegate: what a thieving delegate can lock is what the payer allowed, epoch by epoch; the payer itself is free.
func TestLimitsBindTheDelegate(t *testing.T) {
	s := newSuite(t)
	s.subscribe(100_000, types.Limits{MaxPrice: math.ZeroInt(), MaxLocked: math.ZeroInt(), MaxSpend: math.NewInt(1_000)})
	s.open(delegate, 20)
	ctx, _ := s.ctx.CacheContext()
	_, err := s.msgs.OpenLanes(ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{entry(1)}})
	require.ErrorIs(t, err, types.ErrLimit)
	s.world.epoch++
	s.open(delegate, 20)
	s.open(payer, 500)
	s.endBlock()
}

// TestPublicSubscription: super nodes may open lanes on what an owner pays for everybody, strangers may not.
func TestPublicSubscription(t *testing.T) {
	s := newSuite(t)
	_, err := s.msgs.Subscribe(s.ctx, &types.MsgSubscribe{Payer: owner, FunctionId: functionID, Deposit: uorb(1_000), Limits: types.NoLimits(), Public: true})
	require.NoError(t, err)
	e := entry(10)
	e.Payer = owner
	_, err = s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: attester, Entries: []types.LaneEntry{e}})
	require.NoError(t, err)
	_, err = s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: stranger, Entries: []types.LaneEntry{e}})
	require.ErrorIs(t, err, types.ErrUnauthorized)
	s.endBlock()
}
