package keeper_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestDeployFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 20)
	s.validator("no-super-node", 100)
	response := s.deploy("markdown")

	require.Equal(t, types.FunctionID(deployment("markdown").SigningKey), response.Id)
	fn, err := s.keeper.GetFunction(s.ctx, response.Id)
	require.NoError(t, err)
	require.Equal(t, types.FUNCTION_STATUS_PENDING, fn.Status)
	require.EqualValues(t, 1, fn.LatestVersion)
	require.Zero(t, fn.ActiveVersion)
	require.Equal(t, []types.Function{fn}, s.hooks.deployed)
	require.Equal(t, deployment("markdown").MaxCost, s.hooks.maxCost)
	_, _, err = s.keeper.ActiveVersion(s.ctx, response.Id)
	require.ErrorIs(t, err, types.ErrNotActive)

	claim := s.claim(response.ClaimId)
	require.Equal(t, types.CLAIM_STATUS_COMMIT, claim.Status)
	require.EqualValues(t, 10+60, claim.CommitUntil)
	require.EqualValues(t, 10+60+30, claim.RevealUntil)
	powers := map[string]int64{}
	for _, elector := range claim.Electors {
		powers[elector.Validator] = elector.Power
	}
	require.Equal(t, map[string]int64{sdk.ValAddress(person("vera")).String(): 10, sdk.ValAddress(person("walt")).String(): 20}, powers)
	s.roundTrip()
}

// TestDeployFunctionDraws: with more super nodes than may decide, the electors are drawn in the next block, by its app hash.
func TestDeployFunctionDraws(t *testing.T) {
	drawn := func(appHash string) []types.Elector {
		s := newSuite(t)
		params := types.DefaultParams()
		params.MaxElectors = 3
		require.NoError(t, s.keeper.Params.Set(s.ctx, params))
		for i := range 10 {
			s.superNode(fmt.Sprintf("validator-%d", i), 10)
		}
		id := s.deploy("markdown").ClaimId
		require.Equal(t, types.CLAIM_STATUS_DRAW, s.claim(id).Status)
		require.Empty(t, s.claim(id).Electors)
		require.ErrorIs(t, s.commit("validator-1", valid("validator-1", id)), types.ErrWrongPhase)
		s.roundTrip()
		s.endBlock(10)
		require.Equal(t, types.CLAIM_STATUS_DRAW, s.claim(id).Status)
		header := s.ctx.BlockHeader()
		header.AppHash = []byte(appHash)
		s.ctx = s.ctx.WithBlockHeader(header)
		s.endBlock(11)
		claim := s.claim(id)
		require.Equal(t, types.CLAIM_STATUS_COMMIT, claim.Status)
		require.EqualValues(t, 11+60, claim.CommitUntil)
		require.EqualValues(t, 11+60+30, claim.RevealUntil)
		require.Len(t, claim.Electors, 3)
		s.roundTrip()
		return claim.Electors
	}
	require.Equal(t, drawn("one"), drawn("one"))
	require.NotEqual(t, drawn("one"), drawn("another"))
}

func TestDeployFunctionRefuses(t *testing.T) {
	s := newSuite(t)
	_, err := s.msgs.DeployFunction(s.ctx, deployment("markdown"))
	require.ErrorIs(t, err, types.ErrNoElectors)
	s = newSuite(t)
	s.superNode("vera", 10)
	s.deploy("taken")

	for name, test := range map[string]struct {
		change func(*types.MsgDeployFunction)
		want   error
	}{
		"signature":           {func(m *types.MsgDeployFunction) { m.Complexity++ }, types.ErrInvalidSignature},
		"key taken":           {func(m *types.MsgDeployFunction) { *m = *deployment("taken") }, types.ErrExists},
		"price denom":         {func(m *types.MsgDeployFunction) { m.Price = sdk.NewInt64Coin("stake", 1) }, types.ErrInvalidFunction},
		"price too high":      {func(m *types.MsgDeployFunction) { m.Price = sdk.NewInt64Coin(types.Denom, 1_000_000_001) }, types.ErrInvalidFunction},
		"owner share":         {func(m *types.MsgDeployFunction) { m.OwnerShareBps = 10_001 }, types.ErrInvalidFunction},
		"plan":                {func(m *types.MsgDeployFunction) { m.Plan = "" }, types.ErrInvalidFunction},
		"name":                {func(m *types.MsgDeployFunction) { m.Name = "Markdown" }, types.ErrInvalidName},
		"cid":                 {func(m *types.MsgDeployFunction) { m.Artifact.Cid = "QmNotV1" }, types.ErrInvalidVersion},
		"artifact too large":  {func(m *types.MsgDeployFunction) { m.Artifact.Size_ = 33 << 20 }, types.ErrInvalidVersion},
		"sample too large":    {func(m *types.MsgDeployFunction) { m.Sample.Request = make([]byte, 4097) }, types.ErrInvalidVersion},
		"complexity too low":  {func(m *types.MsgDeployFunction) { m.Complexity, m.FuelLimit = 999, 999 }, types.ErrInvalidVersion},
		"fuel limit too low":  {func(m *types.MsgDeployFunction) { m.FuelLimit = m.Complexity - 1 }, types.ErrInvalidVersion},
		"fuel limit too high": {func(m *types.MsgDeployFunction) { m.FuelLimit = 10*m.Complexity + 1 }, types.ErrInvalidVersion},
		"memory limit":        {func(m *types.MsgDeployFunction) { m.MemoryLimit = 100_000 }, types.ErrInvalidVersion},
		"memory too large":    {func(m *types.MsgDeployFunction) { m.MemoryLimit = 512 << 20 }, types.ErrInvalidVersion},
		"contract":            {func(m *types.MsgDeployFunction) { m.Contract = types.CONTRACT_UNSPECIFIED }, types.ErrInvalidVersion},
	} {
		msg := deployment("markdown")
		test.change(msg)
		if !errors.Is(test.want, types.ErrInvalidSignature) {
			sign(msg)
		}
		_, err := s.msgs.DeployFunction(s.ctx, msg)
		require.ErrorIs(t, err, test.want, name)
	}

	stolen := deployment("markdown")
	stolen.Owner = person("mallory").String()
	_, err = s.msgs.DeployFunction(s.ctx, stolen)
	require.ErrorIs(t, err, types.ErrInvalidSignature, "a signed version under another owner")
	_, err = s.msgs.DeployFunction(s.ctx.WithChainID("another"), deployment("markdown"))
	require.ErrorIs(t, err, types.ErrInvalidSignature, "a signed version on another chain")

	s.hooks.refuse = errRefused
	_, err = s.msgs.DeployFunction(s.ctx, deployment("markdown"))
	require.ErrorIs(t, err, errRefused, "the owner cannot pay")
}

func resigned(msg *types.MsgDeployFunction, key string) *types.MsgDeployFunction {
	version := msg.Version()
	msg.Signature = ed25519.Sign(signingKey(key), types.VersionSignBytes(chainID, msg.Owner, msg.Name, &version))
	return msg
}

func TestNameBelongsToOneFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.deploy("markdown")
	second := deployment("second")
	second.Name = "markdown"
	_, err := s.msgs.DeployFunction(s.ctx, resigned(second, "second"))
	require.ErrorIs(t, err, types.ErrExists)
}

// TestNameDeposit: a name costs a deposit that who is without money cannot pay; a function without a name costs none.
func TestNameDeposit(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	poor := deployment("second")
	poor.Owner = person("nobody").String()
	_, err := s.msgs.DeployFunction(s.ctx, resigned(poor, "second"))
	require.ErrorIs(t, err, sdkerrors.ErrInsufficientFunds)

	s = newSuite(t)
	s.superNode("vera", 10)
	poor.Name = ""
	response, err := s.msgs.DeployFunction(s.ctx, resigned(poor, "second"))
	require.NoError(t, err)
	_, err = s.queries.Function(s.ctx, &types.QueryFunctionRequest{Function: response.Id})
	require.NoError(t, err)
	third := deployment("third")
	third.Name = ""
	_, err = s.msgs.DeployFunction(s.ctx, resigned(third, "third"))
	require.NoError(t, err, "any number of functions has no name")
	s.endBlock(10)
	require.True(t, s.held().IsZero())
	s.roundTrip()
}
