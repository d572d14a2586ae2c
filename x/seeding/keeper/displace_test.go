package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// displace has a node take the place of another.
func (s *suite) displace(orbID, functionID, victim string) (bool, error) {
	s.Helper()
	msg := s.seedMsg(orbID, functionID)
	msg.Displace = victim
	ctx, write := s.ctx.CacheContext()
	answer, err := s.msgs.Seed(ctx, msg)
	if err != nil {
		return false, err
	}
	write()
	return answer.Paid, nil
}

func (s *suite) standing(orbID, functionID string) types.Seed {
	s.Helper()
	seed, err := s.keeper.GetSeed(s.ctx, functionID, orbID)
	require.NoError(s, err)
	return seed
}

// TestDisplaceStale: whoever stops proving loses its paid place to a node that proves, and can still claim what it had earned.
func TestDisplaceStale(t *testing.T) {
	s := newSuite(t)
	one, two, a := s.register("one"), s.register("two"), s.function("a", 1)
	s.seed(one, a)
	s.seed(two, a)
	s.epoch(2)
	s.mustProve(one)
	for epoch := uint64(3); epoch <= 2+params().StaleEpochs; epoch++ {
		s.epoch(epoch)
		_, err := s.displace(two, a, one)
		require.ErrorIs(t, err, types.ErrNotDisplaceable)
	}
	stale := 3 + params().StaleEpochs
	s.epoch(stale)
	paid, err := s.displace(two, a, one)
	require.NoError(t, err)
	require.True(t, paid)

	old := s.standing(one, a)
	require.False(t, old.Paid)
	require.Equal(t, stale, old.PaidThrough)
	first, last := s.node(one).Claimable(old)
	require.Equal(t, []uint64{1, 2}, []uint64{first, last}, "what was proven can be claimed")
	require.EqualValues(t, 1, s.node(two).PaidSeeds)
	require.EqualValues(t, 0, s.node(one).PaidSeeds)
	first, _ = s.node(two).Claimable(s.standing(two, a))
	require.Equal(t, stale+1, first, "an epoch has one paid seed in each place")
	_, err = s.displace(one, a, two)
	require.ErrorIs(t, err, types.ErrNotDisplaceable)
	s.end()
}

// TestDisplaceIdle: a paid seed that serves nothing for long loses its place to a host whose requests burn more than hosting pays. One
// request keeps it.
func TestDisplaceIdle(t *testing.T) {
	s := newSuite(t)
	one, two, a := s.register("one"), s.register("two"), s.function("a", 1)
	s.seed(one, a)
	s.seed(two, a)
	worth := math.NewInt(rate * int64(params().IdleEpochs))
	for epoch := uint64(1); epoch <= params().IdleEpochs+1; epoch++ {
		s.epoch(epoch)
		s.mustProve(one)
	}
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, two, 5, worth.SubRaw(1)))
	_, err := s.displace(two, a, one)
	require.ErrorIs(t, err, types.ErrNotDisplaceable, "its requests burn less than hosting pays")
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, two, 1, math.OneInt()))

	served := s.ctx
	ctx, _ := s.ctx.CacheContext()
	s.ctx = ctx
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, one, 1, math.OneInt()))
	_, err = s.displace(two, a, one)
	require.ErrorIs(t, err, types.ErrNotDisplaceable, "whoever serves keeps its place")
	s.ctx = served

	paid, err := s.displace(two, a, one)
	require.NoError(t, err)
	require.True(t, paid)
	s.end()
}

// TestDisplaceUnderbonded: paid seeds need their bond, and one whose bond was slashed can be displaced.
func TestDisplaceUnderbonded(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.MinBond = 100 })
	one, two, a := s.register("one"), s.register("two"), s.function("a", 1)
	require.False(t, s.seed(one, a).Paid, "no bond, no paid seed")
	s.bond(one, 100)
	answer, err := s.msgs.Seed(s.ctx, s.seedMsg(one, a))
	require.NoError(t, err)
	require.True(t, answer.Paid, "an open seed becomes a paid one")
	_, err = s.msgs.Seed(s.ctx, s.seedMsg(one, a))
	require.ErrorIs(t, err, types.ErrExists)

	s.end()
	_, err = s.keeper.SlashBond(s.ctx, one, 1)
	require.NoError(t, err)
	_, err = s.displace(two, a, one)
	require.ErrorIs(t, err, types.ErrInsufficientBond)
	s.bond(two, 100)
	paid, err := s.displace(two, a, one)
	require.NoError(t, err)
	require.True(t, paid)
	s.end()
}

// TestDisplaceSquatter: where a function has no room left, a seed that serves nothing makes room for a node that puts up more.
func TestDisplaceSquatter(t *testing.T) {
	s := newSuite(t)
	a := s.function("a", 0)
	squatters := []string{s.register("1"), s.register("2"), s.register("3")}
	for _, squatter := range squatters {
		s.seed(squatter, a)
	}
	honest := s.register("honest")
	s.bond(honest, 10)
	prove := func(epoch uint64) {
		s.epoch(epoch)
		for _, squatter := range squatters {
			s.mustProve(squatter)
		}
	}
	prove(1)
	_, err := s.displace(honest, a, squatters[0])
	require.ErrorIs(t, err, types.ErrNotDisplaceable)
	for epoch := uint64(2); epoch <= params().IdleEpochs+1; epoch++ {
		prove(epoch)
	}
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, squatters[1], 1, math.OneInt()))
	_, err = s.displace(honest, a, squatters[1])
	require.ErrorIs(t, err, types.ErrNotDisplaceable, "it serves")
	paid, err := s.displace(honest, a, squatters[0])
	require.NoError(t, err)
	require.False(t, paid)
	_, err = s.keeper.GetSeed(s.ctx, a, squatters[0])
	require.ErrorIs(t, err, types.ErrNotFound)
	_, err = s.displace(honest, a, honest)
	require.ErrorIs(t, err, types.ErrNotDisplaceable)
	s.end()
}

// TestUnseed ends a seed once what it has proven is paid; its place is free.
func TestUnseed(t *testing.T) {
	s := newSuite(t)
	one, two, a := s.register("one"), s.register("two"), s.function("a", 1)
	s.seed(one, a)
	s.epoch(1)
	s.mustProve(one)
	_, err := s.msgs.Unseed(s.ctx, &types.MsgUnseed{Operator: mallory, OrbId: one, FunctionId: a})
	require.ErrorIs(t, err, types.ErrNotOperator)
	_, err = s.msgs.Unseed(s.ctx, &types.MsgUnseed{Operator: olga, OrbId: one, FunctionId: functionID("absent")})
	require.ErrorIs(t, err, types.ErrNotFound)
	_, err = s.msgs.Unseed(s.ctx, &types.MsgUnseed{Operator: olga, OrbId: one, FunctionId: a})
	require.NoError(t, err)
	require.Len(t, s.world.ended, 1)
	event, err := sdk.TypedEventToEvent(&types.EventUnseeded{FunctionId: a, OrbId: one})
	require.NoError(t, err)
	s.requireEvent(event)
	require.EqualValues(t, 0, s.node(one).PaidSeeds)
	require.True(t, s.seed(two, a).Paid)
	s.end()
}
