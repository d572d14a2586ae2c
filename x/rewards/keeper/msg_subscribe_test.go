package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

func TestSubscribe(t *testing.T) {
	s := newSuite(t)
	s.subscribe(1_000, types.NoLimits())
	s.subscribe(500, types.Limits{MaxPrice: math.NewInt(60), MaxLocked: math.ZeroInt(), MaxSpend: math.ZeroInt()})
	s.endBlock()

	require.Equal(t, int64(-1_500), s.gained(payer))
	require.Equal(t, int64(1_500), s.held().Amount.Int64())
	subscription := s.subscription()
	require.Equal(t, "1500", subscription.Balance.String())
	require.Equal(t, delegate, subscription.Delegate)
	require.Equal(t, "60", subscription.Limits.MaxPrice.String())
}

func TestSubscribeRefuses(t *testing.T) {
	valid := func() *types.MsgSubscribe {
		return &types.MsgSubscribe{Payer: payer, FunctionId: functionID, Deposit: uorb(100), Limits: types.NoLimits()}
	}
	for name, c := range map[string]struct {
		change func(*suite, *types.MsgSubscribe)
		err    error
	}{
		"an unknown function":  {func(_ *suite, m *types.MsgSubscribe) { m.FunctionId = "orbfn1x" }, functionstypes.ErrNotFound},
		"another denom":        {func(_ *suite, m *types.MsgSubscribe) { m.Deposit = sdk.NewInt64Coin("uatom", 5) }, types.ErrInvalidSubscription},
		"a negative deposit":   {func(_ *suite, m *types.MsgSubscribe) { m.Deposit.Amount = math.NewInt(-5) }, types.ErrInvalidSubscription},
		"no deposit at first":  {func(_ *suite, m *types.MsgSubscribe) { m.Deposit = uorb(0) }, types.ErrInvalidSubscription},
		"a bad delegate":       {func(_ *suite, m *types.MsgSubscribe) { m.Delegate = "orb1x" }, types.ErrInvalidSubscription},
		"a negative limit":     {func(_ *suite, m *types.MsgSubscribe) { m.Limits.MaxSpend = math.NewInt(-1) }, types.ErrInvalidSubscription},
		"missing limits":       {func(_ *suite, m *types.MsgSubscribe) { m.Limits = types.Limits{} }, types.ErrInvalidSubscription},
		"public by a stranger": {func(_ *suite, m *types.MsgSubscribe) { m.Public = true }, types.ErrInvalidSubscription},
		"more than there is":   {func(_ *suite, m *types.MsgSubscribe) { m.Deposit = uorb(funds + 1) }, sdkerrors.ErrInsufficientFunds},
		"to a rejected function": {func(s *suite, _ *types.MsgSubscribe) {
			fn := s.world.functions[functionID]
			fn.Status = functionstypes.FUNCTION_STATUS_REJECTED
			s.world.functions[functionID] = fn
		}, types.ErrInvalidSubscription},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			msg := valid()
			c.change(s, msg)
			ctx, _ := s.ctx.CacheContext()
			_, err := s.msgs.Subscribe(ctx, msg)
			require.ErrorIs(t, err, c.err)
			s.endBlock()
			require.Zero(t, s.gained(payer))
		})
	}
}
