package keeper_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

var newcomer = person("newcomer")

func sponsorship(name, sponsor, operator string) *types.MsgSponsorNode {
	msg := &types.MsgSponsorNode{Sponsor: sponsor, Operator: operator, OrbId: orbID(name), Moniker: name}
	msg.Signature = ed25519.Sign(nodeKey(name), types.RegistrationSignBytes(chainID, operator, msg.OrbId))
	return msg
}

// sponsor has samson register a newcomer's node.
func (s *suite) sponsor() (orbID string) {
	s.Helper()
	answer, err := s.msgs.SponsorNode(s.ctx, sponsorship("new", samson, newcomer))
	require.NoError(s, err)
	require.Equal(s, uorb(1_000), answer.Grant)
	s.end()
	return sponsorship("new", samson, newcomer).OrbId
}

func (s *suite) pool() int64 {
	s.Helper()
	answer, err := s.queries.Grants(s.ctx, &types.QueryGrantsRequest{})
	require.NoError(s, err)
	return answer.Pool.Amount.Int64()
}

func (s *suite) holds(account string) int64 { return s.ledger.Holds(s.ctx, account).Amount.Int64() }

func (s *suite) spend(fee int64) int64 {
	s.Helper()
	spent, err := s.keeper.SpendGrant(s.ctx, newcomer, math.NewInt(fee), "rewards")
	require.NoError(s, err)
	return spent.Int64()
}

// TestGrantUses: a grant pays verification fees and nothing else, and becomes the newcomer's own only as its node's requests burn as much.
func TestGrantUses(t *testing.T) {
	s := newSuite(t)
	one, a := s.sponsor(), s.function("a", 0)
	require.EqualValues(t, -1_000, s.gained(samson), "the sponsor answers for it")
	require.EqualValues(t, pool-1_000, s.pool())
	require.Zero(t, s.holds(newcomer))

	granted, err := s.keeper.Granted(s.ctx, newcomer, math.NewInt(300))
	require.NoError(t, err)
	require.EqualValues(t, 300, granted.Int64())
	require.EqualValues(t, 300, s.spend(300))
	require.EqualValues(t, 300, s.holds("rewards"))
	granted, err = s.keeper.Granted(s.ctx, newcomer, math.NewInt(5_000))
	require.NoError(t, err)
	require.EqualValues(t, 700, granted.Int64())
	granted, err = s.keeper.Granted(s.ctx, olga, math.NewInt(5_000))
	require.NoError(t, err)
	require.True(t, granted.IsZero())

	serve := func(burned int64) { require.NoError(t, s.keeper.AfterServed(s.ctx, a, one, 1, math.NewInt(burned))) }
	serve(300)
	require.Zero(t, s.holds(newcomer), "what was spent is made up for first")
	serve(200)
	require.EqualValues(t, 200, s.holds(newcomer))
	other := s.register("other")
	require.NoError(t, s.keeper.AfterServed(s.ctx, a, other, 1, math.NewInt(500)))
	require.EqualValues(t, 200, s.holds(newcomer), "somebody else's node unlocks nothing")
	serve(10_000)
	require.EqualValues(t, 700, s.holds(newcomer), "no more than was granted")
	require.EqualValues(t, 0, s.gained(samson), "a grant that has paid for itself costs its sponsor nothing")
	_, err = s.queries.Grant(s.ctx, &types.QueryGrantRequest{Operator: newcomer})
	require.Error(t, err)
	s.end()
}

// TestGrantReturns: an idle grant goes back to the pool, and the sponsor makes up for what it has spent in vain.
func TestGrantReturns(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.DeadEpochs = 100 })
	s.sponsor()
	require.EqualValues(t, 300, s.spend(300))
	s.epoch(params().GrantIdleEpochs)
	require.EqualValues(t, 100, s.spend(100))
	s.epoch(2 * params().GrantIdleEpochs)
	require.EqualValues(t, pool-1_000, s.pool(), "it was used meanwhile")
	s.epoch(2*params().GrantIdleEpochs + 1)
	s.end()
	require.EqualValues(t, pool, s.pool())
	require.EqualValues(t, -400, s.gained(samson))
	require.Zero(t, s.spend(100))
}

// TestGrantOfDeadNode: with its node a grant ends as well.
func TestGrantOfDeadNode(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.GrantIdleEpochs = 100 })
	s.sponsor()
	s.epoch(params().DeadEpochs + 1)
	s.end()
	require.EqualValues(t, pool, s.pool())
	require.EqualValues(t, 0, s.gained(samson))
}

// TestSponsorLimits: a quota for each validator whatever accounts it uses, a budget an epoch, and a pool that is not refilled.
func TestSponsorLimits(t *testing.T) {
	s := newSuite(t)
	sponsor := func(name, by string) (int64, error) {
		ctx, write := s.ctx.CacheContext()
		answer, err := s.msgs.SponsorNode(ctx, sponsorship(name, by, person(name)))
		if err != nil {
			return 0, err
		}
		write()
		return answer.Grant.Amount.Int64(), nil
	}
	granted, err := sponsor("1", samson)
	require.NoError(t, err)
	require.EqualValues(t, 1_000, granted)
	granted, err = sponsor("2", samsonsOther)
	require.NoError(t, err)
	require.Zero(t, granted, "the budget has no room for a second")
	require.EqualValues(t, 0, s.gained(samsonsOther), "no grant, no deposit")
	_, err = sponsor("3", samson)
	require.ErrorIs(t, err, types.ErrQuota)
	_, err = sponsor("3", olga)
	require.ErrorIs(t, err, types.ErrNotSponsor)

	s.change(func(p *types.Params) { p.DeadEpochs, p.GrantIdleEpochs = 100, 100 })
	total := int64(1_000)
	for epoch := uint64(1); epoch < 10; epoch++ {
		s.epoch(epoch)
		granted, err := sponsor(string(rune('a'+epoch)), samson)
		require.NoError(t, err)
		total += granted
	}
	require.EqualValues(t, pool, total, "the pool is granted once")
	s.end()
}

func TestSponsorRefused(t *testing.T) {
	s := newSuite(t)
	s.register("taken")
	for name, c := range map[string]struct {
		msg *types.MsgSponsorNode
		err error
	}{
		"a node that is there": {sponsorship("taken", samson, newcomer), types.ErrExists},
		"itself":               {sponsorship("x", samson, samson), types.ErrInvalidSponsored},
		"a module's account":   {sponsorship("x", samson, authtypes.NewModuleAddress("rewards").String()), types.ErrInvalidSponsored},
		"nobody":               {sponsorship("x", samson, "nobody"), types.ErrInvalidSponsored},
		"a key that has not agreed": {func() *types.MsgSponsorNode {
			msg := sponsorship("x", samson, newcomer)
			msg.Operator = mallory
			return msg
		}(), types.ErrInvalidSignature},
	} {
		ctx, _ := s.ctx.CacheContext()
		_, err := s.msgs.SponsorNode(ctx, c.msg)
		require.ErrorIs(t, err, c.err, name)
	}
	s.sponsor()
	s.epoch(1)
	_, err := s.msgs.SponsorNode(s.ctx, sponsorship("second", samson, newcomer))
	require.ErrorIs(t, err, types.ErrInvalidSponsored, "one grant for one operator")
}

// TestSponsoredGas: the sponsor pays for little gas, a little at a time, for four messages, of which the deploy counts once.
func TestSponsoredGas(t *testing.T) {
	s := newSuite(t)
	s.sponsor()
	sponsor, operator := sdk.MustAccAddressFromBech32(samson), sdk.MustAccAddressFromBech32(newcomer)
	use := func(fee int64, msg sdk.Msg) error {
		return s.fees.UseGrantedFees(s.ctx, sponsor, operator, sdk.NewCoins(uorb(fee)), []sdk.Msg{msg})
	}
	deploy, prove := &functionstypes.MsgDeployFunction{}, &types.MsgProve{}
	require.NoError(t, use(1_000, deploy))
	require.ErrorIs(t, use(1, &types.MsgBond{}), feegrant.ErrMessageNotAllowed)
	require.EqualValues(t, 100, s.spend(100))
	require.ErrorIs(t, use(1, deploy), feegrant.ErrMessageNotAllowed, "the grant has paid for one deploy")
	require.NoError(t, use(4_000, prove))
	require.Error(t, use(1, prove), "the period's allowance is used up")
	s.ctx = s.ctx.WithBlockTime(s.ctx.BlockTime().Add(24 * time.Hour))
	require.NoError(t, use(1, prove))
	s.ctx = s.ctx.WithBlockTime(s.ctx.BlockTime().Add(30 * 24 * time.Hour))
	require.Error(t, use(1, prove), "it does not last for ever")
}

// TestGrantFarming: newcomers who are nobody, sponsored by a super node that is their friend, deploying for its attesters' fees and serving
// themselves, take no more out of the pool than they burn or their sponsor loses.
func TestGrantFarming(t *testing.T) {
	for _, burned := range []int64{0, 100, 399, 400, 1_000, 5_000} {
		s := newSuite(t)
		one, a := s.sponsor(), s.function("a", 0)
		fees := s.spend(400) // all of it may reach the sponsor as attester
		if burned > 0 {
			require.NoError(t, s.keeper.AfterServed(s.ctx, a, one, 1, math.NewInt(burned)))
		}
		s.epoch(30)
		s.end()
		gain := fees + s.holds(newcomer) + s.gained(samson) - burned
		require.LessOrEqual(t, gain, int64(0), "burned %d", burned)
		require.Equal(t, int64(pool)-s.pool(), fees+s.holds(newcomer)+min(0, s.gained(samson)), "what left the pool is where it should be")
	}
}
