package app_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// TestLifeOfAFunction goes from a deploy over an update, a rollback and a transfer to the block in which nothing is left of the function,
// with the money of every module on the way.
func TestLifeOfAFunction(t *testing.T) {
	c := fixture.New(t, 4)
	attester, alice, bob := c.Accounts[1], c.Accounts[2], c.Accounts[3]
	c.SuperNode(attester)
	deployed := c.Deploy(alice, "markdown")
	c.Verify(attester, deployed.ClaimId)

	first := fixture.Deployment(alice, "markdown")
	update := &functionstypes.MsgUpdateFunction{
		Owner: alice.String(), FunctionId: deployed.Id, Version: 2, Artifact: first.Artifact, Complexity: first.Complexity, FuelLimit: first.FuelLimit,
		MemoryLimit: first.MemoryLimit, Contract: first.Contract, MaxCost: first.MaxCost,
	}
	version := update.Proposed(first.SigningKey)
	update.Signature = ed25519.Sign(fixture.Key("function markdown"), functionstypes.VersionSignBytes(fixture.ChainID, alice.String(), "markdown", &version))
	before := c.Balance(attester.Address)
	var proposed functionstypes.MsgUpdateFunctionResponse
	c.Response(c.MustSend(alice, update), &proposed)
	c.Verify(attester, proposed.ClaimId)
	require.Greater(t, c.Balance(attester.Address)+2*fixture.Fee, before, "the update's verification is paid")
	_, serving, err := c.App.Functions.ActiveVersion(c.Context(), deployed.Id)
	require.NoError(t, err)
	require.EqualValues(t, 2, serving.Number)

	c.MustSend(alice, &functionstypes.MsgRollbackFunction{Owner: alice.String(), FunctionId: deployed.Id, Version: 1})
	c.MustSend(alice, &functionstypes.MsgTransferFunction{Owner: alice.String(), FunctionId: deployed.Id, NewOwner: bob.String()})
	_, serving, err = c.App.Functions.ActiveVersion(c.Context(), deployed.Id)
	require.NoError(t, err)
	require.EqualValues(t, 1, serving.Number)

	params := functionstypes.DefaultParams()
	params.NoticeBlocks, params.WindDownBlocks = 5, 5
	govern(c, &functionstypes.MsgUpdateParams{Authority: authtypes.NewModuleAddress(govtypes.ModuleName).String(), Params: params})
	bobBefore := c.Balance(bob.Address)
	c.MustSend(bob, &functionstypes.MsgDeprecateFunction{Owner: bob.String(), FunctionId: deployed.Id})
	other := c.Import()
	for _, chain := range []*fixture.Chain{c, other} {
		chain.Blocks(15)
		_, err = chain.App.Functions.GetFunction(chain.Context(), deployed.Id)
		require.ErrorIs(t, err, functionstypes.ErrNotFound)
		require.Zero(t, chain.Balance(authtypes.NewModuleAddress(functionstypes.ModuleName)))
		require.Zero(t, chain.Balance(authtypes.NewModuleAddress(rewardstypes.ModuleName)))
		require.EqualValues(t, params.NameDeposit.Amount.Int64()-fixture.Fee, chain.Balance(bob.Address)-bobBefore, "the deposit went with the function")
	}
	_, err = c.Send(alice, fixture.Deployment(alice, "markdown"))
	require.ErrorContains(t, err, "every function has a signing key of its own")
}

// govern has the validator propose messages and vote for them, and lets the voting period pass.
func govern(c *fixture.Chain, msgs ...sdk.Msg) {
	c.T.Helper()
	voter := c.Accounts[0]
	deposit := sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, 10_000_000))
	proposal, err := govv1.NewMsgSubmitProposal(msgs, deposit, voter.String(), "", "params", "params", false)
	require.NoError(c.T, err)
	var submitted govv1.MsgSubmitProposalResponse
	c.Response(c.MustSend(voter, proposal), &submitted)
	c.MustSend(voter, govv1.NewMsgVote(voter.Address, submitted.ProposalId, govv1.OptionYes, ""))
	c.Time = c.Time.Add(72 * time.Hour)
	c.Blocks(1)
	passed, err := c.App.Gov.Proposals.Get(c.Context(), submitted.ProposalId)
	require.NoError(c.T, err)
	require.Equal(c.T, govv1.StatusPassed, passed.Status, passed.FailedReason)
}
