package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// proveMsg answers the challenge that the node is drawn for.
func (s *suite) proveMsg(orbID string) *types.MsgProve {
	s.Helper()
	challenge := s.challenge(orbID, "")
	return &types.MsgProve{
		Operator: olga, OrbId: orbID, FunctionId: challenge.FunctionId, Epoch: challenge.Epoch, Proof: s.prove(challenge),
	}
}

func (s *suite) provenThrough(orbID string) uint64 {
	s.Helper()
	node, err := s.keeper.GetNode(s.ctx, orbID)
	require.NoError(s, err)
	return node.ProvenThrough
}

func TestProve(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	for _, name := range []string{"a", "b", "c"} {
		s.seed(one, s.function(name, 1))
	}
	for epoch := uint64(1); epoch <= 5; epoch++ {
		s.epoch(epoch)
		msg := s.proveMsg(one)
		answer, err := s.msgs.Prove(s.ctx, msg)
		require.NoError(t, err)
		require.Equal(t, epoch, answer.ProvenThrough)
		require.Equal(t, epoch, s.provenThrough(one))
		event, err := sdk.TypedEventToEvent(&types.EventProved{OrbId: one, FunctionId: msg.FunctionId, ProvenThrough: epoch, From: epoch})
		require.NoError(t, err)
		s.requireEvent(event)
		_, err = s.msgs.Prove(s.ctx, msg)
		require.ErrorIs(t, err, types.ErrAlreadyProven)
	}
}

// TestProvePreviousEpoch: an answer may come one epoch late, but never behind a later one.
func TestProvePreviousEpoch(t *testing.T) {
	s := newSuite(t)
	one, two := s.register("one"), s.register("two")
	a := s.function("a", 2)
	s.seed(one, a)
	s.seed(two, a)
	s.epoch(1)
	late, tooLate := s.proveMsg(one), s.proveMsg(two)
	s.epoch(2)
	current := s.proveMsg(one)
	_, err := s.msgs.Prove(s.ctx, late)
	require.NoError(t, err)
	require.EqualValues(t, 1, s.provenThrough(one))
	_, err = s.msgs.Prove(s.ctx, current)
	require.NoError(t, err)
	require.EqualValues(t, 2, s.provenThrough(one))
	_, err = s.msgs.Prove(s.ctx, late)
	require.ErrorIs(t, err, types.ErrAlreadyProven)
	s.epoch(3)
	_, err = s.msgs.Prove(s.ctx, tooLate)
	require.ErrorIs(t, err, types.ErrWrongEpoch)
	require.Zero(t, s.provenThrough(two))
}

// TestProveOldAnswer: the answer to one epoch's challenge is none to another's.
func TestProveOldAnswer(t *testing.T) {
	s := newSuite(t)
	one, a := s.register("one"), s.function("a", 1)
	s.seed(one, a)
	s.epoch(1)
	old := s.challenge(one, "")
	for epoch := uint64(2); ; epoch++ {
		s.epoch(epoch)
		if s.challenge(one, "").ChunkIndex != old.ChunkIndex {
			break
		}
	}
	msg := s.proveMsg(one)
	msg.Proof = s.prove(old)
	_, err := s.msgs.Prove(s.ctx, msg)
	require.ErrorIs(t, err, types.ErrInvalidProof)
}

func TestProveRefused(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	a, b := s.function("a", 1), s.function("b", 1)
	s.seed(one, a)
	s.seed(one, b)
	s.register("idle")
	s.epoch(1)
	drawn := s.challenge(one, "").FunctionId
	other := map[string]string{a: b, b: a}[drawn]
	for name, c := range map[string]struct {
		change func(*types.MsgProve)
		err    error
	}{
		"unknown node":     {func(m *types.MsgProve) { m.OrbId = orbID("absent") }, types.ErrNotFound},
		"not the operator": {func(m *types.MsgProve) { m.Operator = mallory }, types.ErrNotOperator},
		"seeds nothing":    {func(m *types.MsgProve) { m.OrbId = orbID("idle") }, types.ErrNotFound},
		"another function": {func(m *types.MsgProve) { m.FunctionId = other }, types.ErrNotChallenged},
		"future epoch":     {func(m *types.MsgProve) { m.Epoch++ }, types.ErrWrongEpoch},
		"epoch zero":       {func(m *types.MsgProve) { m.Epoch = 0 }, types.ErrAlreadyProven},
		"damaged chunk":    {func(m *types.MsgProve) { m.Proof.Chunk[0] ^= 1 }, types.ErrInvalidProof},
		"no proof":         {func(m *types.MsgProve) { m.Proof = types.Proof{} }, types.ErrInvalidProof},
	} {
		t.Run(name, func(t *testing.T) {
			msg := s.proveMsg(one)
			c.change(msg)
			_, err := s.msgs.Prove(s.ctx, msg)
			require.ErrorIs(t, err, c.err)
			require.Zero(t, s.provenThrough(one))
		})
	}
}
