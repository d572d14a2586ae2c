package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// fund pays for epochs of hosting and returns what it cost.
func (s *suite) fund(sender string, epochs uint64, replicas uint32) int64 {
	s.t.Helper()
	quote, err := s.queries.FundQuote(s.ctx, &types.QueryFundQuoteRequest{FunctionId: functionID, Epochs: epochs, BaseReplicas: replicas})
	require.NoError(s.t, err)
	answer, err := s.msgs.FundFunction(s.ctx, &types.MsgFundFunction{
		Sender: sender, FunctionId: functionID, Epochs: epochs, BaseReplicas: replicas, MaxCost: quote.Cost,
	})
	require.NoError(s.t, err)
	require.Equal(s.t, quote.Cost, answer.Charged, "the quote is the charge")
	require.Equal(s.t, quote.Term.Through, answer.Through)
	s.endBlock()
	return quote.Cost.Amount.Int64()
}

func (s *suite) claim() int64 {
	s.t.Helper()
	answer, err := s.msgs.ClaimHosting(s.ctx, &types.MsgClaimHosting{Sender: stranger, OrbId: host, FunctionIds: []string{functionID}})
	require.NoError(s.t, err)
	s.endBlock()
	return answer.Paid.Amount.Int64()
}

// TestFundFunction: anybody pays for more; equal terms join, others follow one another, each at the rate of its day.
func TestFundFunction(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
	term := s.escrow().Terms[0]
	rate := term.Rate.Int64()
	require.Equal(t, 100*2*rate, s.fund(stranger, 100, 0))
	require.Len(t, s.escrow().Terms, 1)
	require.Equal(t, term.Through+100, s.escrow().Terms[0].Through)
	require.EqualValues(t, -100*2*rate, s.gained(stranger))

	params := types.DefaultParams()
	params.Tariff.HostingBase += 7
	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
	require.NoError(t, err)
	require.Equal(t, 10*3*(rate+7), s.fund(owner, 10, 3))
	terms := s.escrow().Terms
	require.Len(t, terms, 2)
	require.Equal(t, terms[0].Through+1, terms[1].From)
	replicas, _, err := s.keeper.Hosting(s.ctx, functionID, terms[0].Through)
	require.NoError(t, err)
	require.EqualValues(t, 2, replicas)
	replicas, _, err = s.keeper.Hosting(s.ctx, functionID, terms[1].From)
	require.NoError(t, err)
	require.EqualValues(t, 3, replicas)

	for name, c := range map[string]struct {
		msg types.MsgFundFunction
		err error
	}{
		"fewer replicas":   {types.MsgFundFunction{Epochs: 1, BaseReplicas: 1, MaxCost: uorb(funds)}, types.ErrTerm},
		"too many":         {types.MsgFundFunction{Epochs: 1, BaseReplicas: 1_001, MaxCost: uorb(funds)}, types.ErrTerm},
		"no epoch":         {types.MsgFundFunction{MaxCost: uorb(funds)}, types.ErrTerm},
		"beyond the limit": {types.MsgFundFunction{Epochs: 50_000, MaxCost: uorb(funds)}, types.ErrTerm},
		"all epochs":       {types.MsgFundFunction{Epochs: 1<<64 - 1, MaxCost: uorb(funds)}, types.ErrTerm},
		"a cost too high":  {types.MsgFundFunction{Epochs: 1, MaxCost: uorb(1)}, types.ErrMaxCost},
	} {
		c.msg.Sender, c.msg.FunctionId = stranger, functionID
		_, err := s.msgs.FundFunction(s.ctx, &c.msg)
		require.ErrorIs(t, err, c.err, name)
	}

	// One seed that proves everything earns one replica's part of every term, at each term's rate; the rest returns to the owner.
	before, last := s.gained(owner), terms[1].Through
	s.world.epoch = last + types.DefaultParams().ClaimEpochs
	s.world.nodes[host] = proven(1, last)
	require.Equal(t, int64(terms[0].Through)*rate+10*(rate+7), s.claim())
	s.world.epoch++
	s.endBlock()
	s.endBlock()
	require.Empty(t, s.escrow().Terms)
	require.Equal(t, int64(terms[0].Through)*rate+2*10*(rate+7), s.gained(owner)-before)
	require.Equal(t, s.subscriptionOf(owner).Balance.String(), s.held().Amount.String(), "nothing is left but the included requests")
	s.fund(owner, 5, 1)
	require.Equal(t, s.world.epoch+1, s.escrow().Terms[0].From, "a function can be hosted again")
}

func (s *suite) subscriptionOf(account string) types.Subscription {
	s.t.Helper()
	answer, err := s.queries.Subscription(s.ctx, &types.QuerySubscriptionRequest{Payer: account, FunctionId: functionID})
	require.NoError(s.t, err)
	return answer.Subscription
}

// TestUnprovenGap: what lies between two runs of proven epochs is never paid, in whatever order claims and proofs come.
func TestUnprovenGap(t *testing.T) {
	for _, claimBefore := range []bool{true, false} {
		s := newSuite(t)
		s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
		rate := s.escrow().Terms[0].Rate.Int64()
		s.world.nodes[host] = proven(1, 5)
		var paid int64
		if claimBefore {
			paid = s.claim()
		}
		node := proven(1, 5)
		node.Vouch(9, 12)
		s.world.nodes[host] = node
		require.Equal(t, (5+4)*rate, paid+s.claim())
		_, err := s.msgs.ClaimHosting(s.ctx, &types.MsgClaimHosting{OrbId: host, FunctionIds: []string{functionID}})
		require.ErrorIs(t, err, types.ErrNothingPaid)
	}
}

// TestDisplacedSeed: a seed that lost its place is paid for what it proves of the time before, and nothing after.
func TestDisplacedSeed(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
	rate := s.escrow().Terms[0].Rate.Int64()
	s.world.seeds[functionID+host] = seedingtypes.Seed{FunctionId: functionID, OrbId: host, PaidThrough: 4}
	s.world.nodes[host] = proven(1, 9)
	require.Equal(t, 4*rate, s.claim())
	require.NoError(t, s.keeper.BeforeSeedEnds(s.ctx, s.world.nodes[host], s.world.seeds[functionID+host]))
	s.endBlock()
	require.Equal(t, 4*rate, s.gained(operator))
}

// TestHeavierUpdate: an update that costs more to host is paid for until the end of the term, its seeds earn the higher rate from its
// activation on, and what is not needed returns; a refused one returns it all.
func TestHeavierUpdate(t *testing.T) {
	for _, status := range []functionstypes.ClaimStatus{functionstypes.CLAIM_STATUS_ACCEPTED, functionstypes.CLAIM_STATUS_REJECTED} {
		s := newSuite(t)
		s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
		term := s.escrow().Terms[0]
		heavier := version
		heavier.Number, heavier.Artifact.Size_ = 2, 10<<20
		fn, tariff := s.world.functions[functionID], types.DefaultParams().Tariff
		rise := tariff.Rate(heavier.Complexity, heavier.Artifact.Size_).Sub(term.Rate).Int64()
		require.Positive(t, rise)
		fee := tariff.Verification(heavier.Complexity, heavier.Artifact.Size_).Int64()

		before := s.gained(owner)
		s.world.epoch = 100
		cost := fee + rise*2*int64(term.Through-100)
		ctx, _ := s.ctx.CacheContext()
		require.ErrorIs(t, s.keeper.AfterVersionProposed(ctx, fn, heavier, uorb(cost-1)), types.ErrMaxCost)
		require.NoError(t, s.keeper.AfterVersionProposed(s.ctx, fn, heavier, uorb(cost)))
		s.endBlock()
		require.Equal(t, -cost, s.gained(owner)-before)

		s.world.epoch = 110
		claim := functionstypes.Claim{Kind: functionstypes.CLAIM_KIND_VERSION, FunctionId: functionID, Version: 2, Status: status}
		if status != functionstypes.CLAIM_STATUS_ACCEPTED {
			require.NoError(t, s.keeper.AfterClaimDecided(s.ctx, claim, nil))
			s.endBlock()
			require.Equal(t, -fee, s.gained(owner)-before)
			require.Equal(t, []types.Term{term}, s.escrow().Terms)
			continue
		}
		fn.ActiveVersion, s.world.version = 2, heavier
		s.world.functions[functionID] = fn
		require.NoError(t, s.keeper.AfterVersionActivated(s.ctx, fn, heavier))
		require.NoError(t, s.keeper.AfterClaimDecided(s.ctx, claim, nil))
		s.endBlock()
		require.Equal(t, -fee-rise*2*int64(term.Through-110), s.gained(owner)-before, "ten epochs of verification cost nothing")
		s.world.nodes[host] = proven(1, 120)
		require.Equal(t, 110*term.Rate.Int64()+10*(term.Rate.Int64()+rise), s.claim())

		require.NoError(t, s.keeper.AfterVersionActivated(s.ctx, fn, version), "a rollback")
		require.Len(t, s.escrow().Terms, 2)
	}
}

// TestTermsEndBounded: many terms that end at once are dropped over several blocks.
func TestTermsEndBounded(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
	params := types.DefaultParams()
	params.MaxClosingsPerBlock = 2
	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
	require.NoError(t, err)
	fn := s.world.functions[functionID]
	for i := range byte(5) {
		other := fn
		other.Id = functionstypes.FunctionID([]byte{i})
		s.world.functions[other.Id] = other
		v := version
		v.FunctionId = other.Id
		require.NoError(t, s.keeper.AfterFunctionDeployed(s.ctx, other, v, uorb(funds)))
		require.NoError(t, s.keeper.AfterVersionActivated(s.ctx, other, v))
	}
	s.endBlock()
	s.world.epoch = s.escrow().Terms[0].Through + params.ClaimEpochs + 1
	left := func() (terms int) {
		genesis, err := s.keeper.ExportGenesis(s.ctx)
		require.NoError(t, err)
		for _, e := range genesis.Escrows {
			terms += len(e.Terms)
		}
		return terms
	}
	for _, want := range []int{4, 2, 0, 0} {
		s.endBlock()
		require.Equal(t, want, left())
	}
}

// TestGrantPaysVerification: a newcomer's grant pays the verification fee and nothing of hosting or included requests; the quote says so.
func TestGrantPaysVerification(t *testing.T) {
	s := newSuite(t)
	require.NoError(t, s.bank.MintCoins(s.ctx, "mint", coins(1_000_000)))
	require.NoError(t, s.bank.SendCoinsFromModuleToModule(s.ctx, "mint", pool, coins(1_000_000)))
	s.world.grants[owner] = math.NewInt(1_000_000)
	quote, err := s.queries.Quote(s.ctx, &types.QueryQuoteRequest{
		Plan: "standard", Complexity: version.Complexity, Size_: version.Artifact.Size_, Price: uorb(price).Amount, Owner: owner,
	})
	require.NoError(t, err)
	require.Equal(t, quote.Verification, quote.Granted)
	charged := quote.Total.Sub(quote.Granted)
	ctx, _ := s.ctx.CacheContext()
	require.ErrorIs(t, s.keeper.AfterFunctionDeployed(ctx, s.world.functions[functionID], version, charged.SubAmount(math.OneInt())), types.ErrMaxCost)
	require.NoError(t, s.keeper.AfterFunctionDeployed(s.ctx, s.world.functions[functionID], version, charged))
	s.endBlock()
	require.Equal(t, -charged.Amount.Int64(), s.gained(owner))
	left := s.bank.GetBalance(s.ctx, authtypes.NewModuleAddress(pool), functionstypes.Denom)
	require.Equal(t, uorb(1_000_000), left.Add(quote.Granted))
}

// TestSums: what was paid is summed by function, node and account, and x/seeding hears of it.
func TestSums(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
	s.subscribe(10_000, types.NoLimits())
	first, second := s.open(delegate, 60), s.open(delegate, 40)
	s.endBlock()
	_, err := s.settle(sign(first, 30), sign(second, 40))
	require.NoError(t, err)
	_, err = s.settle(sign(first, 60))
	require.NoError(t, err)
	s.world.nodes[host] = proven(1, 2)
	hosting := s.claim()

	stats, err := s.queries.FunctionStats(s.ctx, &types.QueryFunctionStatsRequest{FunctionId: functionID})
	require.NoError(t, err)
	require.EqualValues(t, 100, stats.Stats.Requests)
	require.Equal(t, []string{"5000", "3325", "1425", "250", "125"}, []string{
		stats.Stats.Spent.String(), stats.Stats.Host.String(), stats.Stats.Owner.String(), stats.Stats.Fee.String(), stats.Stats.Burned.String(),
	})
	require.Equal(t, hosting, stats.Stats.Hosting.Int64())
	node, err := s.queries.NodeStats(s.ctx, &types.QueryNodeStatsRequest{OrbId: host})
	require.NoError(t, err)
	require.EqualValues(t, 100, node.Stats.Requests)
	require.Equal(t, "3325", node.Stats.Host.String())
	require.EqualValues(t, 100, s.world.served[functionID+host])
	for account, want := range map[string][5]int64{
		operator: {3_325, 0, 0, hosting, 0}, owner: {0, 1_425, 0, 0, 0}, delegate: {0, 0, 50, 0, 0},
		attester: {0, 0, 0, 0, s.quote().Verification.Amount.Int64()}, stranger: {},
	} {
		answer, err := s.queries.Earnings(s.ctx, &types.QueryEarningsRequest{Account: account})
		require.NoError(t, err)
		e := answer.Earnings
		require.Equal(t, want, [5]int64{e.Serving.Int64(), e.Owning.Int64(), e.Routing.Int64(), e.Hosting.Int64(), e.Attesting.Int64()})
	}
}
