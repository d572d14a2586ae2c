package keeper_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestRegisterNode(t *testing.T) {
	s := newSuite(t)
	msg := registration("one", olga)
	_, err := s.msgs.RegisterNode(s.ctx, msg)
	require.NoError(t, err)
	want := types.NewNode(orbID("one"), olga, "one", msg.Addresses, 0)
	node, err := s.keeper.GetNode(s.ctx, orbID("one"))
	require.NoError(t, err)
	require.Equal(t, want, node)
	event, err := sdk.TypedEventToEvent(&types.EventNodeRegistered{OrbId: want.OrbId, Operator: olga, Moniker: "one", Addresses: want.Addresses})
	require.NoError(t, err)
	s.requireEvent(event)
}

// TestRegisterNodeTaken: nobody takes a node over, whatever its key has signed.
func TestRegisterNodeTaken(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	for _, operator := range []string{olga, mallory} {
		_, err := s.msgs.RegisterNode(s.ctx, registration("one", operator))
		require.ErrorIs(t, err, types.ErrExists)
	}
	node, err := s.keeper.GetNode(s.ctx, one)
	require.NoError(t, err)
	require.Equal(t, olga, node.Operator)
}

// TestUpdateNode: the operator may change what the node is called and where it is, and keeps what it has proven.
func TestUpdateNode(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	s.seed(one, s.function("a", 1))
	s.epoch(1)
	_, err := s.msgs.Prove(s.ctx, s.proveMsg(one))
	require.NoError(t, err)

	_, err = s.msgs.UpdateNode(s.ctx, &types.MsgUpdateNode{Operator: olga, OrbId: one, Moniker: "renamed"})
	require.NoError(t, err)
	node, err := s.keeper.GetNode(s.ctx, one)
	require.NoError(t, err)
	require.Equal(t, "renamed", node.Moniker)
	require.Empty(t, node.Addresses)
	require.EqualValues(t, 1, node.ProvenThrough)
	for name, c := range map[string]struct {
		msg types.MsgUpdateNode
		err error
	}{
		"not the operator": {types.MsgUpdateNode{Operator: mallory, OrbId: one}, types.ErrNotOperator},
		"no such node":     {types.MsgUpdateNode{Operator: olga, OrbId: orbID("absent")}, types.ErrNotFound},
		"an address":       {types.MsgUpdateNode{Operator: olga, OrbId: one, Addresses: []string{"192.0.2.1"}}, types.ErrInvalidNode},
	} {
		_, err := s.msgs.UpdateNode(s.ctx, &c.msg)
		require.ErrorIs(t, err, c.err, name)
	}
}

func TestRegisterNodeRefused(t *testing.T) {
	s := newSuite(t)
	for name, c := range map[string]struct {
		change func(*types.MsgRegisterNode)
		err    error
	}{
		"no signature":   {func(m *types.MsgRegisterNode) { m.Signature = nil }, types.ErrInvalidSignature},
		"other operator": {func(m *types.MsgRegisterNode) { m.Operator = mallory }, types.ErrInvalidSignature},
		"other node":     {func(m *types.MsgRegisterNode) { m.OrbId = orbID("two") }, types.ErrInvalidSignature},
		"other chain": {func(m *types.MsgRegisterNode) {
			m.Signature = ed25519.Sign(nodeKey("one"), types.RegistrationSignBytes("orb-other", m.Operator, m.OrbId))
		}, types.ErrInvalidSignature},
		"address": {func(m *types.MsgRegisterNode) { m.Addresses = []string{"192.0.2.1"} }, types.ErrInvalidNode},
	} {
		t.Run(name, func(t *testing.T) {
			msg := registration("one", olga)
			c.change(msg)
			_, err := s.msgs.RegisterNode(s.ctx, msg)
			require.ErrorIs(t, err, c.err)
			_, err = s.keeper.GetNode(s.ctx, msg.OrbId)
			require.ErrorIs(t, err, types.ErrNotFound)
		})
	}
}
