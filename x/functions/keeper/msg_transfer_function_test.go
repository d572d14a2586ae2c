package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func transfer(id, from, to string) *types.MsgTransferFunction {
	return &types.MsgTransferFunction{Owner: person(from).String(), FunctionId: id, NewOwner: person(to).String()}
}

// TestTransferFunction: the new owner has the function and its deposit; the old one has nothing to say any more.
func TestTransferFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	deposit := types.DefaultParams().NameDeposit.Amount.Int64()
	_, err := s.msgs.TransferFunction(s.ctx, transfer(id, "alice", "bob"))
	require.NoError(t, err)
	require.Equal(t, person("bob").String(), s.function(id).Owner)
	require.Equal(t, person("alice").String(), s.version(id, 1).Owner)
	version := s.version(id, 1)
	require.NoError(t, types.VerifyVersion(chainID, "markdown", &version), "what was signed for the old owner still verifies")
	_, err = s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.ErrorIs(t, err, types.ErrNotOwner)
	owned, err := s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: person("bob").String()})
	require.NoError(t, err)
	require.Len(t, owned.Functions, 1)
	s.roundTrip()

	taken := update("markdown", 2)
	taken.Owner = person("bob").String()
	_, err = s.msgs.UpdateFunction(s.ctx, signUpdate("markdown", signingKey("markdown"), taken))
	require.NoError(t, err, "the key stays until it is rotated")

	_, err = s.msgs.DeprecateFunction(s.ctx, &types.MsgDeprecateFunction{Owner: person("bob").String(), FunctionId: id})
	require.NoError(t, err)
	s.endBlock(s.function(id).Ends)
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, funds-deposit, s.balance("alice"))
	require.EqualValues(t, funds+deposit, s.balance("bob"))
}

func TestTransferFunctionRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	pending := s.deploy("pending").Id
	bad := transfer(id, "alice", "bob")
	bad.NewOwner = "orb1nobody"
	for name, test := range map[string]struct {
		msg  *types.MsgTransferFunction
		want error
	}{
		"another's":      {transfer(id, "bob", "bob2"), types.ErrNotOwner},
		"to oneself":     {transfer(id, "alice", "alice"), types.ErrInvalidFunction},
		"to no account":  {bad, types.ErrInvalidFunction},
		"never accepted": {transfer(pending, "alice", "bob"), types.ErrNotActive},
		"unknown":        {transfer(types.FunctionID(nil), "alice", "bob"), types.ErrNotFound},
	} {
		_, err := s.msgs.TransferFunction(s.ctx, test.msg)
		require.ErrorIs(t, err, test.want, name)
	}
}
