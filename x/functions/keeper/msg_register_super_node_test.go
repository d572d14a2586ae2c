package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestRegisterSuperNode(t *testing.T) {
	s := newSuite(t)
	operator := s.superNode("vera", 10)

	node, err := s.keeper.SuperNode(s.ctx, operator.String())
	require.NoError(t, err)
	require.Equal(t, orbIDOf("vera"), node.OrbId)
	is, err := s.keeper.IsAttester(s.ctx, node.Attester)
	require.NoError(t, err)
	require.True(t, is)

	replaced := registration("vera")
	replaced.Attester = person("other").String()
	_, err = s.msgs.RegisterSuperNode(s.ctx, replaced)
	require.NoError(t, err)
	is, err = s.keeper.IsAttester(s.ctx, node.Attester)
	require.NoError(t, err)
	require.False(t, is, "the account that was replaced")
	s.roundTrip()
}

func TestRegisterSuperNodeRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.validator("walt", 10)

	_, err := s.msgs.RegisterSuperNode(s.ctx, registration("nobody"))
	require.ErrorIs(t, err, types.ErrNotValidator)

	taken := registration("walt")
	taken.Attester = person("vera-attester").String()
	_, err = s.msgs.RegisterSuperNode(s.ctx, taken)
	require.ErrorIs(t, err, types.ErrExists)

	for name, change := range map[string]func(*types.MsgRegisterSuperNode){
		"orb id":           func(m *types.MsgRegisterSuperNode) { m.OrbId = "12D3KooW" },
		"endpoint scheme":  func(m *types.MsgRegisterSuperNode) { m.Endpoint = "ftp://walt.example" },
		"endpoint query":   func(m *types.MsgRegisterSuperNode) { m.Endpoint = "https://walt.example/?q" },
		"attester":         func(m *types.MsgRegisterSuperNode) { m.Attester = "cosmos1" },
		"address":          func(m *types.MsgRegisterSuperNode) { m.Addresses = []string{"127.0.0.1:4001"} },
		"number addresses": func(m *types.MsgRegisterSuperNode) { m.Addresses = make([]string, 17) },
	} {
		msg := registration("walt")
		change(msg)
		_, err := s.msgs.RegisterSuperNode(s.ctx, msg)
		require.ErrorIs(t, err, types.ErrInvalidSuperNode, name)
	}

	jailed, err := s.staking.GetValidator(s.ctx, s.validator("jim", 10))
	require.NoError(t, err)
	jailed.Jailed = true
	require.NoError(t, s.staking.SetValidator(s.ctx, jailed))
	_, err = s.msgs.RegisterSuperNode(s.ctx, registration("jim"))
	require.ErrorIs(t, err, types.ErrNotValidator)
}
