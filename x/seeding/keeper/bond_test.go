package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

func (s *suite) bond(orbID string, amount int64) {
	s.Helper()
	_, err := s.msgs.Bond(s.ctx, &types.MsgBond{Operator: olga, OrbId: orbID, Amount: uorb(amount)})
	require.NoError(s, err)
}

func (s *suite) unbond(orbID string, amount int64) int64 {
	s.Helper()
	answer, err := s.msgs.Unbond(s.ctx, &types.MsgUnbond{Operator: olga, OrbId: orbID, Amount: uorb(amount)})
	require.NoError(s, err)
	return answer.Height
}

// TestBondReturns: what is bonded comes back, all of it, after its time and not before.
func TestBondReturns(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	s.bond(one, 1_000)
	require.EqualValues(t, -1_000, s.gained(olga))
	s.end()
	height := s.unbond(one, 400)
	require.EqualValues(t, 1+params().UnbondingBlocks, height)
	require.Equal(t, "600", s.node(one).Bond.String())
	s.begin(height - 1)
	s.end()
	require.EqualValues(t, -1_000, s.gained(olga))
	s.begin(height)
	s.end()
	require.EqualValues(t, -600, s.gained(olga))
	require.Empty(t, s.node(one).Unbonding)
}

func TestBondRefused(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	s.bond(one, 100)
	for name, c := range map[string]struct {
		operator, orbID string
		amount          sdk.Coin
		bond, unbond    error
	}{
		"not the operator":   {mallory, one, uorb(1), types.ErrNotOperator, types.ErrNotOperator},
		"no such node":       {olga, orbID("absent"), uorb(1), types.ErrNotFound, types.ErrNotFound},
		"nothing":            {olga, one, uorb(0), types.ErrInvalidAmount, types.ErrInvalidAmount},
		"less":               {olga, one, sdk.Coin{Denom: functionstypes.Denom, Amount: math.NewInt(-1)}, types.ErrInvalidAmount, types.ErrInvalidAmount},
		"other coins":        {olga, one, sdk.NewInt64Coin("uatom", 1), types.ErrInvalidAmount, types.ErrInvalidAmount},
		"more than there is": {olga, one, uorb(funds), sdkerrors.ErrInsufficientFunds, types.ErrInsufficientBond},
	} {
		ctx, _ := s.ctx.CacheContext()
		_, err := s.msgs.Bond(ctx, &types.MsgBond{Operator: c.operator, OrbId: c.orbID, Amount: c.amount})
		require.ErrorIs(t, err, c.bond, name)
		_, err = s.msgs.Unbond(ctx, &types.MsgUnbond{Operator: c.operator, OrbId: c.orbID, Amount: c.amount})
		require.ErrorIs(t, err, c.unbond, name)
	}
	for range 7 {
		s.unbond(one, 1)
	}
	_, err := s.msgs.Unbond(s.ctx, &types.MsgUnbond{Operator: olga, OrbId: one, Amount: uorb(1)})
	require.ErrorIs(t, err, types.ErrTooMany)
	s.end()
}

// TestSlash: a lost dispute takes its part of everything, also of what is on its way back, and no withdrawal outruns an open dispute.
func TestSlash(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	s.bond(one, 1_000)
	height := s.unbond(one, 400)
	s.end()
	operator, held, err := s.keeper.HoldBond(s.ctx, one)
	require.NoError(t, err)
	require.Equal(t, olga, operator)
	require.Equal(t, "1000", held.String())

	s.begin(height)
	s.end()
	require.EqualValues(t, -1_000, s.gained(olga), "the dispute holds it")
	slashed, err := s.keeper.SlashBond(s.ctx, one, 2_500)
	require.NoError(t, err)
	require.Equal(t, "250", slashed.String())
	require.Equal(t, "250", s.ledger.Holds(s.ctx, functionstypes.ModuleName).Amount.String())
	require.NoError(t, s.keeper.ReleaseBond(s.ctx, one))
	s.end()

	s.begin(height + 100)
	s.end()
	require.EqualValues(t, -700, s.gained(olga), "three quarters of the withdrawal are left")
	require.Equal(t, "450", s.node(one).Bond.String())
	_, _, err = s.keeper.HoldBond(s.ctx, orbID("absent"))
	require.ErrorIs(t, err, types.ErrNotFound)
	slashed, err = s.keeper.SlashBond(s.ctx, one, 10_000)
	require.NoError(t, err)
	require.Equal(t, "450", slashed.String())
	s.end()
}

// TestUnbondingsAreBounded: many withdrawals that end at once are paid back over several blocks.
func TestUnbondingsAreBounded(t *testing.T) {
	s := newSuite(t)
	var height int64
	names := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}
	for _, name := range names {
		one := s.register(name)
		s.bond(one, 10)
		height = s.unbond(one, 10)
	}
	s.end()
	for i, paid := range []int64{5, 10, 12} {
		s.begin(height + int64(i))
		s.end()
		require.EqualValues(t, 10*(paid-int64(len(names))), s.gained(olga))
	}
}

// TestDeadNodes: a node that gives no sign of life is forgotten with its seeds, a few entries a block, and its bond returns.
func TestDeadNodes(t *testing.T) {
	s := newSuite(t)
	one, two := s.register("one"), s.register("two")
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		s.seed(one, s.function(name, 1))
	}
	s.bond(one, 100)
	s.unbond(one, 30)
	for epoch := uint64(1); epoch <= params().DeadEpochs; epoch++ {
		s.epoch(epoch)
		if epoch%2 == 0 {
			_, err := s.msgs.UpdateNode(s.ctx, &types.MsgUpdateNode{Operator: olga, OrbId: two, Moniker: "alive"})
			require.NoError(t, err)
		}
	}
	require.Len(t, s.world.ended, 0)
	s.epoch(params().DeadEpochs + 1)
	for range 3 {
		s.end()
		s.begin(s.ctx.BlockHeight() + 1)
	}
	require.Len(t, s.world.ended, 0, "nothing was proven, so nothing was due")
	_, err := s.keeper.GetNode(s.ctx, one)
	require.ErrorIs(t, err, types.ErrNotFound)
	require.Equal(t, "alive", s.node(two).Moniker)
	require.EqualValues(t, 0, s.gained(olga))
	genesis, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.Empty(t, genesis.Seeds)
	require.Equal(t, one, s.register("one"), "its key may come back")
	s.end()
}
