package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/functions/types"
)

const bond = 10_000_000

var (
	disputeDeposit = types.DefaultParams().DisputeDeposit.Amount.Int64()
	disputeFee     = types.DefaultParams().DisputeFee.Amount.Int64()
)

// dispute returns rita's report of the middle one of three results that the host signed.
func dispute(id string) *types.MsgDisputeResult {
	request := []byte("request")
	hash, response := sha256.Sum256(request), sha256.Sum256([]byte("a lie"))
	results := make([]receipt.Result, 3)
	for i := range results {
		results[i] = receipt.Result{Sequence: uint64(i) + 7, RequestHash: hash[:], ResponseHash: response[:], Fuel: 500}
	}
	path, err := receipt.Prove(results, 1)
	if err != nil {
		panic(err)
	}
	return &types.MsgDisputeResult{
		Reporter: person("rita").String(),
		OrbId:    orbIDOf("host"),
		Batch:    receipt.SignBatch(signingKey("host"), chainID, make([]byte, receipt.LaneIDSize), id, 1, results),
		Result:   results[1],
		Path:     path,
		Request:  request,
	}
}

// finding is what a super node says of a dispute after it has run the request.
func finding(claimID []byte, v types.Verdict) *types.MsgRevealAttestation {
	reveal := &types.MsgRevealAttestation{ClaimId: claimID, Verdict: v}
	if v != types.VERDICT_UNAVAILABLE {
		reveal.ResponseHash, reveal.Fuel = types.DisputeWitness(claimID, []byte("the truth")), 500
	}
	return reveal
}

// disputed is a chain on which rita has reported the host, whose bond is there, and three super nodes decide.
func disputed(t *testing.T) (s *suite, functionID string, claimID []byte) {
	t.Helper()
	s = newSuite(t)
	s.superNode("vera", 30)
	functionID = s.active("markdown")
	s.superNode("walt", 10)
	s.superNode("zoe", 10)
	s.fund(authtypes.NewModuleAddress(bondsModule), bond)
	response, err := s.msgs.DisputeResult(s.ctx, dispute(functionID))
	require.NoError(t, err)
	s.endBlock(10)
	require.EqualValues(t, funds-disputeDeposit, s.balance("rita"))
	require.Equal(t, 1, s.bonds.held[orbIDOf("host")])
	s.roundTrip()
	return s, functionID, response.ClaimId
}

func (s *suite) bond() int64 {
	return s.bank.GetBalance(s.ctx, authtypes.NewModuleAddress(bondsModule), types.Denom).Amount.Int64()
}

// TestDisputeOfALie: the host loses half of its bond; out of it attesters and reporter are paid, and the rest is burned.
func TestDisputeOfALie(t *testing.T) {
	s, _, id := disputed(t)
	s.attest(finding(id, types.VERDICT_BAD_RESULT), "vera", "walt", "zoe")
	require.Equal(t, types.CLAIM_STATUS_REJECTED, s.claim(id).Status)
	require.Equal(t, types.VERDICT_BAD_RESULT, s.claim(id).Verdict)
	require.EqualValues(t, bond, s.bond(), "stakes are paid at the end of the block")
	s.roundTrip()
	supply := s.bank.GetSupply(s.ctx, types.Denom).Amount.Int64()
	s.endBlock(s.ctx.BlockHeight())

	slashed := int64(bond / 2)
	reward := (slashed - disputeFee) / 4
	require.EqualValues(t, bond-slashed, s.bond())
	require.EqualValues(t, funds+reward, s.balance("rita"))
	paid := s.balance("vera-attester") + s.balance("walt-attester") + s.balance("zoe-attester")
	require.EqualValues(t, disputeFee, paid)
	require.InDelta(t, s.balance("vera-attester"), s.balance("zoe-attester"), 2)
	require.Equal(t, slashed-disputeFee-reward, supply-s.bank.GetSupply(s.ctx, types.Denom).Amount.Int64())
	require.Zero(t, s.bonds.held[orbIDOf("host")])
	require.True(t, s.claim(id).Dispute.Settled)
	require.Len(t, s.hooks.decided, 1, "x/rewards has no part in it")
	s.roundTrip()
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, funds+reward, s.balance("rita"), "once")
}

// TestDisputeOfTheTruth: the reporter loses its deposit, the host nothing.
func TestDisputeOfTheTruth(t *testing.T) {
	s, functionID, id := disputed(t)
	s.attest(finding(id, types.VERDICT_VALID), "vera", "walt", "zoe")
	require.Equal(t, types.CLAIM_STATUS_ACCEPTED, s.claim(id).Status)
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, bond, s.bond())
	require.EqualValues(t, funds-disputeDeposit, s.balance("rita"))
	require.EqualValues(t, disputeFee, s.balance("vera-attester")+s.balance("walt-attester")+s.balance("zoe-attester"))
	require.Zero(t, s.bonds.held[orbIDOf("host")])
	s.roundTrip()

	_, err := s.msgs.DisputeResult(s.ctx, dispute(functionID))
	require.ErrorIs(t, err, types.ErrExists, "it is judged once")
	again := dispute(functionID)
	again.Batch = receipt.SignBatch(signingKey("host"), chainID, append(make([]byte, 19), 1), functionID, 1, []receipt.Result{again.Result})
	again.Path = nil
	_, err = s.msgs.DisputeResult(s.ctx, again)
	require.ErrorIs(t, err, types.ErrExists, "on whatever lane the host repeats it")
}

// TestDisputeUndecided: when nobody attests, or the artifact is gone, both sides get their stakes back; who found that out is paid.
func TestDisputeUndecided(t *testing.T) {
	s, _, id := disputed(t)
	s.endBlock(s.claim(id).CommitUntil)
	require.Equal(t, types.CLAIM_STATUS_EXPIRED, s.claim(id).Status)
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, funds, s.balance("rita"))
	require.EqualValues(t, bond, s.bond())
	require.Zero(t, s.bonds.held[orbIDOf("host")])

	s, _, id = disputed(t)
	s.attest(finding(id, types.VERDICT_UNAVAILABLE), "vera", "walt", "zoe")
	require.Equal(t, types.CLAIM_STATUS_EXPIRED, s.claim(id).Status)
	require.Equal(t, types.VERDICT_UNAVAILABLE, s.claim(id).Verdict)
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, funds-disputeFee, s.balance("rita"))
	require.EqualValues(t, bond, s.bond())
}

// TestDisputePaysTheMajorityOnly: an attester that echoes the host without running anything cannot know the witness.
func TestDisputePaysTheMajorityOnly(t *testing.T) {
	s, _, id := disputed(t)
	lazy := finding(id, types.VERDICT_VALID)
	lazy.ResponseHash = dispute("").Result.ResponseHash
	for _, name := range []string{"vera", "walt"} {
		require.NoError(t, s.commit(name, by(name, finding(id, types.VERDICT_VALID))))
	}
	require.NoError(t, s.commit("zoe", by("zoe", lazy)))
	for _, name := range []string{"vera", "walt"} {
		require.NoError(t, s.reveal(by(name, finding(id, types.VERDICT_VALID))))
	}
	require.NoError(t, s.reveal(by("zoe", lazy)))
	require.Equal(t, types.CLAIM_STATUS_ACCEPTED, s.claim(id).Status)
	s.endBlock(s.ctx.BlockHeight())
	require.Zero(t, s.balance("zoe-attester"))
	require.EqualValues(t, disputeFee, s.balance("vera-attester")+s.balance("walt-attester"))
}

// TestDisputeOutOfHandsOfItsParties: neither the host's super node nor the reporter's has a voice, unless there is no other.
func TestDisputeOutOfHandsOfItsParties(t *testing.T) {
	for name, party := range map[string]func(*suite){
		"host by its orb id":   func(s *suite) { s.update("vera", &types.MsgUpdateSuperNode{OrbId: orbIDOf("host")}) },
		"host by its operator": func(s *suite) { s.bonds.operators[orbIDOf("host")] = person("vera").String() },
		"host by its attester": func(s *suite) { s.bonds.operators[orbIDOf("host")] = person("vera-attester").String() },
		"reporter by attester": func(s *suite) { s.update("vera", &types.MsgUpdateSuperNode{Attester: person("rita").String()}) },
	} {
		s := newSuite(t)
		s.superNode("vera", 30)
		functionID := s.active("markdown")
		s.fund(authtypes.NewModuleAddress(bondsModule), bond)
		party(s)
		response, err := s.msgs.DisputeResult(s.ctx, dispute(functionID))
		require.NoError(t, err, name)
		require.Len(t, s.claim(response.ClaimId).Electors, 1, "%s: waived, there is nobody else", name)

		s = newSuite(t)
		s.superNode("vera", 30)
		functionID = s.active("markdown")
		s.superNode("walt", 1)
		s.fund(authtypes.NewModuleAddress(bondsModule), bond)
		party(s)
		response, err = s.msgs.DisputeResult(s.ctx, dispute(functionID))
		require.NoError(t, err, name)
		electors := s.claim(response.ClaimId).Electors
		require.Len(t, electors, 1, name)
		require.Equal(t, sdk.ValAddress(person("walt")).String(), electors[0].Validator, name)
	}
}

// TestDisputeWithASmallBond: two disputes at once leave less than the attesters' fee for the second, and its reporter pays the rest.
func TestDisputeWithASmallBond(t *testing.T) {
	s, _, id := disputed(t)
	require.NoError(t, s.bank.SendCoinsFromModuleToAccount(s.ctx, bondsModule, person("host"), sdk.NewCoins(sdk.NewInt64Coin(types.Denom, bond-100))))
	s.attest(finding(id, types.VERDICT_BAD_RESULT), "vera", "walt", "zoe")
	s.endBlock(s.ctx.BlockHeight())
	require.EqualValues(t, 50, s.bond())
	require.EqualValues(t, funds-disputeFee+50, s.balance("rita"))
	require.EqualValues(t, disputeFee, s.balance("vera-attester")+s.balance("walt-attester")+s.balance("zoe-attester"))
}

// TestDisputeSettlementIsTriedAgain: a bond that cannot be released now leaves all stakes where they are.
func TestDisputeSettlementIsTriedAgain(t *testing.T) {
	s, _, id := disputed(t)
	s.attest(finding(id, types.VERDICT_BAD_RESULT), "vera", "walt", "zoe")
	s.bonds.refuse = errRefused
	s.endBlock(s.ctx.BlockHeight())
	require.False(t, s.claim(id).Dispute.Settled)
	require.EqualValues(t, bond, s.bond())
	require.EqualValues(t, disputeDeposit, s.held().Amount.Int64()-types.DefaultParams().NameDeposit.Amount.Int64())
	s.bonds.refuse = nil
	s.endBlock(s.ctx.BlockHeight())
	require.False(t, s.claim(id).Dispute.Settled)
	s.endBlock(s.ctx.BlockHeight() + 100)
	require.True(t, s.claim(id).Dispute.Settled)
}

// TestDisputeHoldsTheFunction: a function is not pruned before what is disputed about it is settled.
func TestDisputeHoldsTheFunction(t *testing.T) {
	s, functionID, id := disputed(t)
	_, err := s.msgs.DeprecateFunction(s.ctx, deprecation(functionID))
	require.NoError(t, err)
	params := types.DefaultParams()
	params.WindDownBlocks = 1
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	s.ctx = s.ctx.WithBlockHeight(20)
	fn := s.function(functionID)
	fn.Ends = 20
	require.NoError(t, s.keeper.Functions.Set(s.ctx, fn.Id, fn))
	for range 5 {
		s.endBlock(s.ctx.BlockHeight())
	}
	require.Equal(t, types.FUNCTION_STATUS_ENDED, s.function(functionID).Status)
	require.Equal(t, types.CLAIM_STATUS_COMMIT, s.claim(id).Status)
	params.CommitBlocks = 200
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	late := dispute(functionID)
	late.Result.Fuel, late.Path = 501, nil
	late.Batch = receipt.SignBatch(signingKey("host"), chainID, late.Batch.LaneId, functionID, 1, []receipt.Result{late.Result})
	_, err = s.msgs.DisputeResult(s.ctx, late)
	require.ErrorContains(t, err, "about to be removed")

	s.attest(finding(id, types.VERDICT_VALID), "vera", "walt", "zoe")
	for range 3 {
		s.endBlock(s.ctx.BlockHeight() + 100)
	}
	_, err = s.keeper.GetFunction(s.ctx, functionID)
	require.ErrorIs(t, err, types.ErrNotFound)
	s.roundTrip()
}

func TestDisputeResultRefuses(t *testing.T) {
	resign := func(m *types.MsgDisputeResult) {
		m.Batch = receipt.SignBatch(signingKey("host"), chainID, m.Batch.LaneId, m.Batch.FunctionId, m.Batch.Version, []receipt.Result{m.Result})
		m.Path = nil
	}
	for name, test := range map[string]struct {
		change func(*types.MsgDisputeResult)
		want   error
	}{
		"orb id":           {func(m *types.MsgDisputeResult) { m.OrbId = "nobody" }, types.ErrInvalidDispute},
		"another host":     {func(m *types.MsgDisputeResult) { m.OrbId = orbIDOf("other") }, types.ErrInvalidSignature},
		"unsigned batch":   {func(m *types.MsgDisputeResult) { m.Batch.Version = 2 }, types.ErrInvalidSignature},
		"changed result":   {func(m *types.MsgDisputeResult) { m.Result.Fuel++ }, types.ErrInvalidDispute},
		"another sequence": {func(m *types.MsgDisputeResult) { m.Result.Sequence-- }, types.ErrInvalidDispute},
		"outside sequence": {func(m *types.MsgDisputeResult) { m.Result.Sequence = 70 }, types.ErrInvalidDispute},
		"path cut":         {func(m *types.MsgDisputeResult) { m.Path = m.Path[:1] }, types.ErrInvalidDispute},
		"path endless": {func(m *types.MsgDisputeResult) {
			for range 1000 {
				m.Path = append(m.Path, make([]byte, 32))
			}
		}, types.ErrInvalidDispute},
		"huge batch":      {func(m *types.MsgDisputeResult) { m.Batch.From, m.Batch.To = 1, 1<<64-1 }, types.ErrInvalidDispute},
		"another request": {func(m *types.MsgDisputeResult) { m.Request = []byte("other") }, types.ErrInvalidDispute},
		"request too large": {func(m *types.MsgDisputeResult) {
			m.Request = make([]byte, 4097)
			hash := sha256.Sum256(m.Request)
			m.Result.RequestHash = hash[:]
			resign(m)
		}, types.ErrInvalidDispute},
		"no hash": {func(m *types.MsgDisputeResult) { m.Result.ResponseHash = nil; resign(m) }, types.ErrInvalidDispute},
		"unknown function": {func(m *types.MsgDisputeResult) {
			m.Batch.FunctionId = types.FunctionID([]byte("none"))
			resign(m)
		}, types.ErrNotFound},
		"unknown version":  {func(m *types.MsgDisputeResult) { m.Batch.Version = 9; resign(m) }, types.ErrNotFound},
		"version rejected": {func(m *types.MsgDisputeResult) { m.Batch.Version = 2; resign(m) }, types.ErrInvalidDispute},
		"no money":         {func(m *types.MsgDisputeResult) { m.Reporter = person("nobody").String() }, sdkerrors.ErrInsufficientFunds},
	} {
		s := newSuite(t)
		s.superNode("vera", 30)
		id := s.active("markdown")
		update, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
		require.NoError(t, err)
		s.attest(verdict("vera", update.ClaimId, types.VERDICT_BAD_MODULE), "vera")
		s.fund(authtypes.NewModuleAddress(bondsModule), bond)
		msg := dispute(id)
		test.change(msg)
		_, err = s.msgs.DisputeResult(s.ctx, msg)
		require.ErrorIs(t, err, test.want, name)
	}
	s := newSuite(t)
	s.superNode("vera", 30)
	id := s.active("markdown")
	_, err := s.msgs.DisputeResult(s.ctx, dispute(id))
	require.ErrorIs(t, err, types.ErrNoBond, "nothing to win")
	_, err = s.msgs.DisputeResult(s.ctx.WithChainID("another"), dispute(id))
	require.ErrorIs(t, err, types.ErrInvalidSignature)
	delete(s.bonds.operators, orbIDOf("host"))
	_, err = s.msgs.DisputeResult(s.ctx, dispute(id))
	require.ErrorIs(t, err, types.ErrNotFound, "a node that is not registered")
}

// TestVerdictsFitTheirClaim: a verdict about versions does not answer a dispute, nor the other way round.
func TestVerdictsFitTheirClaim(t *testing.T) {
	s, _, id := disputed(t)
	version := s.deploy("second").ClaimId
	for name, reveal := range map[string]*types.MsgRevealAttestation{
		"bad sample of a dispute": {ClaimId: id, Verdict: types.VERDICT_BAD_SAMPLE},
		"bad result of a version": {ClaimId: version, Verdict: types.VERDICT_BAD_RESULT, ResponseHash: make([]byte, 32)},
	} {
		for _, attester := range []string{"vera", "walt", "zoe"} {
			require.NoError(t, s.commit(attester, by(attester, reveal)), name)
		}
		require.ErrorIs(t, s.reveal(by("vera", reveal)), types.ErrInvalidAttestation, name)
	}
}

// TestDisputesAreBounded: stakes of many disputes decided at once are paid a few a block.
func TestDisputesAreBounded(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.MaxClaimsPerBlock = 2
	require.NoError(t, s.keeper.Params.Set(s.ctx, params))
	s.superNode("vera", 30)
	functionID := s.active("markdown")
	s.fund(authtypes.NewModuleAddress(bondsModule), bond)
	for i := range 5 {
		msg := dispute(functionID)
		msg.Result.Fuel, msg.Path = uint64(i), nil
		msg.Batch = receipt.SignBatch(signingKey("host"), chainID, msg.Batch.LaneId, functionID, 1, []receipt.Result{msg.Result})
		response, err := s.msgs.DisputeResult(s.ctx, msg)
		require.NoError(t, err, fmt.Sprint(i))
		s.attest(finding(response.ClaimId, types.VERDICT_BAD_RESULT), "vera")
	}
	for _, want := range []int{3, 1, 0} {
		s.endBlock(s.ctx.BlockHeight())
		require.Equal(t, want, s.bonds.held[orbIDOf("host")])
	}
	require.EqualValues(t, bond>>5, s.bond(), "each takes half of what is left")
}
