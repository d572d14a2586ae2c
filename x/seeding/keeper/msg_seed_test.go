package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestSeed(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	s.epoch(1)
	answer, err := s.msgs.Seed(s.ctx, s.seedMsg(one, a))
	require.NoError(t, err)
	require.True(t, answer.Paid)
	seed, err := s.keeper.GetSeed(s.ctx, a, one)
	require.NoError(t, err)
	require.Equal(t, types.Seed{FunctionId: a, OrbId: one, Paid: true, Since: 1, ClaimedThrough: 1, RecentSince: 1, RecentBurned: math.ZeroInt()}, seed)
	event, err := sdk.TypedEventToEvent(&types.EventSeeded{FunctionId: a, OrbId: one, Paid: true, Epoch: 1})
	require.NoError(t, err)
	s.requireEvent(event)
}

// TestSeedPaidFirst: the first seeds are paid, as many as there are base replicas; the others are open.
func TestSeedPaidFirst(t *testing.T) {
	s := newSuite(t)
	a, b := s.function("a", 2), s.function("b", 0)
	for i, name := range []string{"one", "two", "three"} {
		node := s.register(name)
		require.Equal(t, i < 2, s.seed(node, a).Paid)
		require.False(t, s.seed(node, b).Paid)
	}
}

func TestSeedFull(t *testing.T) {
	s := newSuite(t)
	a := s.function("a", 1)
	for _, name := range []string{"one", "two", "three"} {
		s.seed(s.register(name), a)
	}
	four := s.register("four")
	_, err := s.msgs.Seed(s.ctx, s.seedMsg(four, a))
	require.ErrorIs(t, err, types.ErrFull)
	s.seed(four, s.function("b", 1))
}

// TestSeedPreviousEpoch: an answer to a challenge is good until the end of the next epoch.
func TestSeedPreviousEpoch(t *testing.T) {
	s := newSuite(t)
	one, two, a := s.register("one"), s.register("two"), s.function("a", 2)
	first, second := s.seedMsg(one, a), s.seedMsg(two, a)
	s.epoch(1)
	_, err := s.msgs.Seed(s.ctx, first)
	require.NoError(t, err)
	seed, err := s.keeper.GetSeed(s.ctx, a, one)
	require.NoError(t, err)
	require.EqualValues(t, 1, seed.Since)
	s.epoch(2)
	_, err = s.msgs.Seed(s.ctx, second)
	require.ErrorIs(t, err, types.ErrWrongEpoch)
}

func TestSeedRefused(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	s.register("two")
	inactive := s.function("inactive", 1)
	s.world.inactive[inactive] = true
	seeded := s.function("seeded", 1)
	s.seed(one, seeded)
	for name, c := range map[string]struct {
		change func(*types.MsgSeed)
		err    error
	}{
		"unknown node":      {func(m *types.MsgSeed) { m.OrbId = orbID("absent") }, types.ErrNotFound},
		"not the operator":  {func(m *types.MsgSeed) { m.Operator = mallory }, types.ErrNotOperator},
		"unknown function":  {func(m *types.MsgSeed) { m.FunctionId = functionID("absent") }, functionstypes.ErrNotFound},
		"inactive function": {func(m *types.MsgSeed) { m.FunctionId = inactive }, functionstypes.ErrNotActive},
		"seeds already":     {func(m *types.MsgSeed) { m.FunctionId = seeded }, types.ErrExists},
		"future epoch":      {func(m *types.MsgSeed) { m.Epoch++ }, types.ErrWrongEpoch},
		"no proof":          {func(m *types.MsgSeed) { m.Proof = types.Proof{} }, types.ErrInvalidProof},
		"damaged chunk":     {func(m *types.MsgSeed) { m.Proof.Chunk[0] ^= 1 }, types.ErrInvalidProof},
		"damaged path":      {func(m *types.MsgSeed) { m.Proof.Path[0][0] ^= 1 }, types.ErrInvalidProof},
	} {
		t.Run(name, func(t *testing.T) {
			msg := s.seedMsg(one, a)
			c.change(msg)
			_, err := s.msgs.Seed(s.ctx, msg)
			require.ErrorIs(t, err, c.err)
			_, err = s.keeper.GetSeed(s.ctx, a, one)
			require.ErrorIs(t, err, types.ErrNotFound)
		})
	}
}

// TestSeedAnotherChunk: having some other chunk, or another node's answer, is not enough.
func TestSeedAnotherChunk(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	msg := s.seedMsg(one, a)
	challenge := s.challenge(one, a)
	challenge.ChunkIndex = (challenge.ChunkIndex + 1) % 3
	msg.Proof = s.prove(challenge)
	_, err := s.msgs.Seed(s.ctx, msg)
	require.ErrorIs(t, err, types.ErrInvalidProof)
}
