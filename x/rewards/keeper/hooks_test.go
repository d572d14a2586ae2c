package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

var version = functionstypes.Version{
	FunctionId: functionID, Number: 1, Complexity: 120_000_000, Artifact: functionstypes.Artifact{Size_: 3 << 20},
}

// deploy charges for the function and decides its claim with one attester's vote.
func (s *suite) deploy(status functionstypes.ClaimStatus, payees ...string) {
	s.t.Helper()
	require.NoError(s.t, s.keeper.AfterFunctionDeployed(s.ctx, s.world.functions[functionID], version, uorb(funds)))
	s.endBlock()
	claim := functionstypes.Claim{Kind: functionstypes.CLAIM_KIND_VERSION, FunctionId: functionID, Version: 1, Status: status}
	if status != functionstypes.CLAIM_STATUS_ACCEPTED {
		fn := s.world.functions[functionID]
		fn.Status = functionstypes.FUNCTION_STATUS_REJECTED
		s.world.functions[functionID] = fn
	}
	require.NoError(s.t, s.keeper.AfterClaimDecided(s.ctx, claim, payees))
	if status == functionstypes.CLAIM_STATUS_ACCEPTED {
		require.NoError(s.t, s.keeper.AfterVersionActivated(s.ctx, s.world.functions[functionID], version))
	}
	s.endBlock()
}

func (s *suite) escrow() types.Escrow {
	s.t.Helper()
	answer, err := s.queries.Escrow(s.ctx, &types.QueryEscrowRequest{FunctionId: functionID})
	require.NoError(s.t, err)
	return answer.Escrow
}

func (s *suite) quote() *types.QueryQuoteResponse {
	s.t.Helper()
	answer, err := s.queries.Quote(s.ctx, &types.QueryQuoteRequest{
		Plan: "standard", Complexity: version.Complexity, Size_: version.Artifact.Size_, Price: uorb(price).Amount,
	})
	require.NoError(s.t, err)
	return answer
}

// TestDeployAccepted: the quote is the charge, attesters share the verification fee, the rest stays for hosting and callers.
func TestDeployAccepted(t *testing.T) {
	s := newSuite(t)
	quote := s.quote()
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester, stranger)

	require.Equal(t, -quote.Total.Amount.Int64(), s.gained(owner))
	fee := quote.Verification.Amount.Int64()
	require.Equal(t, fee, s.gained(attester)+s.gained(stranger))
	require.InDelta(t, s.gained(attester), s.gained(stranger), 1)
	require.Equal(t, quote.Hosting.Amount.String(), s.escrow().Held().String())
	replicas, rate, err := s.keeper.Hosting(s.ctx, functionID, 1)
	require.NoError(t, err)
	require.Equal(t, uint32(2), replicas)
	require.Equal(t, quote.Hosting.Amount.String(), rate.MulRaw(2*4_320).String())
	replicas, _, err = s.keeper.Hosting(s.ctx, functionID, 4_321)
	require.NoError(t, err)
	require.Zero(t, replicas, "the term has an end")

	answer, err := s.queries.Subscription(s.ctx, &types.QuerySubscriptionRequest{Payer: owner, FunctionId: functionID})
	require.NoError(t, err)
	require.True(t, answer.Subscription.Public)
	require.Equal(t, quote.Included.Amount.String(), answer.Subscription.Balance.String())
}

// TestDeployNotAccepted: the owner gets everything back but the verification fee, which goes to whoever did the work, or to the
// validators.
func TestDeployNotAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		status functionstypes.ClaimStatus
		payees []string
	}{
		"rejected": {functionstypes.CLAIM_STATUS_REJECTED, []string{attester}},
		"expired":  {functionstypes.CLAIM_STATUS_EXPIRED, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			fee := s.quote().Verification.Amount.Int64()
			s.deploy(c.status, c.payees...)
			require.Equal(t, -fee, s.gained(owner))
			require.Equal(t, fee, s.gained(attester)+s.feeCollector())
			require.Zero(t, s.held().Amount.Int64())
			_, err := s.queries.Escrow(s.ctx, &types.QueryEscrowRequest{FunctionId: functionID})
			require.Error(t, err)
		})
	}
}

func TestDeployRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*functionstypes.Function)
		maxCost sdk.Coin
		err     error
	}{
		"an unknown plan":           {func(fn *functionstypes.Function) { fn.Plan = "gold" }, uorb(funds), types.ErrUnknownPlan},
		"another denom":             {func(fn *functionstypes.Function) { fn.Price.Denom = "uatom" }, uorb(funds), types.ErrPrice},
		"a price below the minimum": {func(fn *functionstypes.Function) { fn.Price = uorb(9) }, uorb(funds), types.ErrPrice},
		"a cost over the maximum":   {func(*functionstypes.Function) {}, uorb(100), types.ErrMaxCost},
		"an empty wallet":           {func(fn *functionstypes.Function) { fn.Owner = account("poor") }, uorb(funds), sdkerrors.ErrInsufficientFunds},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			fn := s.world.functions[functionID]
			c.change(&fn)
			ctx, _ := s.ctx.CacheContext()
			require.ErrorIs(t, s.keeper.AfterFunctionDeployed(ctx, fn, version, c.maxCost), c.err)
			s.endBlock()
			require.Zero(t, s.gained(owner))
		})
	}
}
