package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

func (s *suite) update(name string, msg *types.MsgUpdateSuperNode) {
	s.Helper()
	msg.Operator = person(name).String()
	_, err := s.msgs.UpdateSuperNode(s.ctx, msg)
	require.NoError(s, err)
}

func TestUpdateSuperNode(t *testing.T) {
	s := newSuite(t)
	validator := s.superNode("vera", 10)
	before, err := s.keeper.SuperNode(s.ctx, validator.String())
	require.NoError(t, err)
	s.update("vera", &types.MsgUpdateSuperNode{Endpoint: "https://new.example"})
	after, err := s.keeper.SuperNode(s.ctx, validator.String())
	require.NoError(t, err)
	before.Endpoint = "https://new.example"
	require.Equal(t, before, after, "empty fields leave what is registered")
	s.update("vera", &types.MsgUpdateSuperNode{OrbId: orbIDOf("new"), Addresses: []string{"/dns4/new.example/tcp/4001"}})
	s.roundTrip()

	for name, test := range map[string]struct {
		msg  types.MsgUpdateSuperNode
		want error
	}{
		"not one":  {types.MsgUpdateSuperNode{Operator: person("walt").String(), Endpoint: "https://new.example"}, types.ErrNotFound},
		"endpoint": {types.MsgUpdateSuperNode{Operator: person("vera").String(), Endpoint: "ftp://new.example"}, types.ErrInvalidSuperNode},
		"orb id":   {types.MsgUpdateSuperNode{Operator: person("vera").String(), OrbId: "new"}, types.ErrInvalidSuperNode},
		"attester": {types.MsgUpdateSuperNode{Operator: person("vera").String(), Attester: "new"}, types.ErrInvalidSuperNode},
	} {
		_, err := s.msgs.UpdateSuperNode(s.ctx, &test.msg)
		require.ErrorIs(t, err, test.want, name)
	}
	s.superNode("walt", 10)
	_, err = s.msgs.UpdateSuperNode(s.ctx, &types.MsgUpdateSuperNode{Operator: person("walt").String(), Attester: person("vera-attester").String()})
	require.ErrorIs(t, err, types.ErrExists, "an attester speaks for one super node")
}

// TestAttesterRotatesInAnOpenClaim: the new key reveals what the old one committed to, the old one has no voice any more, and the
// validator counts once.
func TestAttesterRotatesInAnOpenClaim(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 10)
	id := s.deploy("markdown").ClaimId
	require.NoError(t, s.commit("vera", valid("vera", id)))
	s.update("vera", &types.MsgUpdateSuperNode{Attester: person("fresh").String()})
	require.ErrorIs(t, s.commit("vera", valid("vera", id)), types.ErrNotSuperNode)
	second := valid("vera", id)
	_, err := s.msgs.CommitAttestation(s.ctx, &types.MsgCommitAttestation{
		Attester: person("fresh").String(), ClaimId: id,
		Commitment: types.AttestationCommitment(chainID, id, sdk.ValAddress(person("vera")).String(), second.Verdict, second.ResponseHash, second.Fuel, second.Salt),
	})
	require.ErrorIs(t, err, types.ErrExists, "each validator counts once whatever keys it holds")
	require.NoError(t, s.commit("walt", valid("walt", id)))
	require.ErrorIs(t, s.reveal(valid("vera", id)), types.ErrNotSuperNode)
	own := valid("vera", id)
	own.Attester = person("fresh").String()
	require.NoError(t, s.reveal(own))
	require.NoError(t, s.reveal(valid("walt", id)))
	require.ElementsMatch(t, []string{person("fresh").String(), person("walt-attester").String()}, s.hooks.payees[0])
}

// TestRoleIsLost: a validator that is jailed or unbonds attests nothing, has no voice in new claims, and is forgotten when it is removed.
func TestRoleIsLost(t *testing.T) {
	s := newSuite(t)
	vera := s.superNode("vera", 30)
	s.superNode("walt", 10)
	committed, waiting := s.deploy("committed").ClaimId, s.deploy("waiting").ClaimId
	require.NoError(t, s.commit("vera", valid("vera", committed)))
	require.NoError(t, s.commit("walt", valid("walt", committed)))

	v, err := s.staking.GetValidator(s.ctx, vera)
	require.NoError(t, err)
	v.Jailed = true
	require.NoError(t, s.staking.SetValidator(s.ctx, v))
	require.NoError(t, s.staking.DeleteValidatorByPowerIndex(s.ctx, v))
	require.ErrorIs(t, s.commit("vera", valid("vera", waiting)), types.ErrNotValidator)
	require.ErrorIs(t, s.reveal(valid("vera", committed)), types.ErrNotValidator)
	is, err := s.keeper.IsAttester(s.ctx, person("vera-attester").String())
	require.NoError(t, err)
	require.False(t, is)
	_, err = s.keeper.SuperNodeByAttester(s.ctx, person("vera-attester").String())
	require.ErrorIs(t, err, types.ErrNotFound)
	require.Len(t, s.claim(s.deploy("later").ClaimId).Electors, 1)
	s.update("vera", &types.MsgUpdateSuperNode{Endpoint: "https://new.example"})
	answer, err := s.queries.SuperNode(s.ctx, &types.QuerySuperNodeRequest{Validator: vera.String()})
	require.NoError(t, err)
	require.False(t, answer.Active)

	v.Jailed = false
	require.NoError(t, s.staking.SetValidator(s.ctx, v))
	require.NoError(t, s.staking.SetValidatorByPowerIndex(s.ctx, v))
	require.NoError(t, s.reveal(valid("vera", committed)), "back in time, it goes on")
	require.NoError(t, s.reveal(valid("walt", committed)))

	require.NoError(t, s.keeper.Hooks().AfterValidatorRemoved(s.ctx, nil, vera))
	require.NoError(t, s.keeper.Hooks().AfterValidatorRemoved(s.ctx, nil, sdk.ValAddress(person("nobody"))))
	_, err = s.keeper.SuperNode(s.ctx, vera.String())
	require.ErrorIs(t, err, types.ErrNotFound)
	_, err = s.msgs.UpdateSuperNode(s.ctx, &types.MsgUpdateSuperNode{Operator: person("walt").String(), Attester: person("vera-attester").String()})
	require.NoError(t, err, "its attester account is free")
}

// TestPayeeOfAGoneSuperNode: who attested and has left since is paid on its operator's account.
func TestPayeeOfAGoneSuperNode(t *testing.T) {
	s := newSuite(t)
	vera := s.superNode("vera", 30)
	s.superNode("walt", 1)
	id := s.deploy("markdown").ClaimId
	require.NoError(t, s.commit("vera", valid("vera", id)))
	require.NoError(t, s.commit("walt", valid("walt", id)))
	require.NoError(t, s.reveal(valid("vera", id)))
	require.NoError(t, s.keeper.Hooks().AfterValidatorRemoved(s.ctx, nil, vera))
	s.endBlock(s.claim(id).RevealUntil)
	require.Equal(t, types.CLAIM_STATUS_ACCEPTED, s.claim(id).Status)
	require.Equal(t, [][]string{{person("vera").String()}}, s.hooks.payees)
}
