package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	pricing "github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestSelfDealing: somebody who is owner, payer, host, gateway and the only validator at once pays himself for requests that nobody made.
// Whatever the params allow, and however the requests are cut into lanes and settlements, the loop costs him what is burned.
func TestSelfDealing(t *testing.T) {
	for _, fees := range []pricing.FeeSplit{
		types.DefaultParams().FeeSplit,
		{FeeBps: 100, BurnBps: 1_000, GatewayBps: 9_000},
		{FeeBps: 5_000, BurnBps: 9_000, GatewayBps: 0},
	} {
		for _, cut := range []struct{ lanes, requests, step uint64 }{{1, 1, 1}, {10, 1, 1}, {1, 100, 1}, {1, 100, 100}, {3, 1_000, 7}} {
			t.Run(fmt.Sprint(fees.FeeBps, cut), func(t *testing.T) {
				s := newSuite(t)
				params := types.DefaultParams()
				params.FeeSplit = fees
				_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
				require.NoError(t, err)
				fn := s.world.functions[functionID]
				fn.Price = uorb(int64(params.MinPrice))
				s.world.functions[functionID] = fn
				supply := s.supply()
				s.subscribe(100_000, types.NoLimits())
				for range cut.lanes {
					e := entry(cut.requests)
					e.Price = fn.Price
					opened, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{e}})
					require.NoError(t, err)
					for count := uint64(1); count <= cut.requests; count += cut.step {
						_, err := s.settle(sign(opened.LaneIds[0], count))
						require.NoError(t, err)
					}
				}
				_, err = s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
				require.NoError(t, err)
				s.endBlock()
				for _, lane := range s.lanes() {
					_, err := s.msgs.CloseLanes(s.ctx, &types.MsgCloseLanes{Sender: operator, LaneIds: [][]byte{lane.Id}})
					require.NoError(t, err)
				}
				s.endBlock()
				all := s.gained(owner) + s.gained(payer) + s.gained(operator) + s.gained(delegate) + s.feeCollector()
				require.Negative(t, all)
				require.Equal(t, supply.Sub(s.supply()).Int64(), -all, "what he lost was burned")
				require.GreaterOrEqual(t, -all, int64(cut.lanes))
			})
		}
	}
}

// TestThievingDelegate: a delegate that opens lanes to a host of its own and signs for requests that nobody made takes what the limits
// allow in an epoch, and nothing once the payer has seen it.
func TestThievingDelegate(t *testing.T) {
	s := newSuite(t)
	limits := types.NoLimits()
	limits.MaxSpend, limits.MaxLocked = uorb(1_000).Amount, uorb(1_500).Amount
	s.subscribe(100_000, limits)
	id := s.open(delegate, 20)
	_, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{entry(1)}})
	require.ErrorIs(t, err, types.ErrLimit)
	_, err = s.settle(sign(id, 20))
	require.NoError(t, err)
	s.endBlock()
	_, err = s.msgs.SetDelegate(s.ctx, &types.MsgSetDelegate{Payer: payer, FunctionId: functionID, Limits: types.NoLimits()})
	require.NoError(t, err)
	s.world.epoch++
	_, err = s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{entry(1)}})
	require.ErrorIs(t, err, types.ErrUnauthorized)
	_, err = s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
	require.NoError(t, err)
	s.endBlock()
	require.EqualValues(t, -1_000, s.gained(payer))
}

// TestSponsoredCallsAreLimited: included requests cannot be used up at once, by whichever super node, and only super nodes spend them.
func TestSponsoredCallsAreLimited(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
	included := s.subscriptionOf(owner).Balance
	public := func(opener string, requests uint64) error {
		e := entry(requests)
		e.Payer = owner
		_, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: opener, Entries: []types.LaneEntry{e}})
		return err
	}
	quarter := included.QuoRaw(4 * price).Uint64()
	require.ErrorIs(t, public(stranger, 1), types.ErrUnauthorized)
	require.ErrorIs(t, public(attester, quarter+1), types.ErrLimit)
	require.NoError(t, public(attester, quarter))
	require.ErrorIs(t, public(attester, 1), types.ErrLimit)
	s.world.epoch++
	require.NoError(t, public(attester, quarter))
	_, err := s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: owner, FunctionId: functionID})
	require.NoError(t, err, "the owner stops it")
	s.world.epoch++
	require.Error(t, public(attester, 1))
	s.endBlock()
}
