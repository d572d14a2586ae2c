package keeper_test

import (
	"bytes"
	"crypto/ed25519"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/rewards/types"
)

func (s *suite) settle(receipts ...receipt.Receipt) (*types.MsgSettleResponse, error) {
	return s.msgs.Settle(s.ctx, &types.MsgSettle{Settler: stranger, Receipts: receipts})
}

// TestSettle pays host, owner, gateway, validators and the fire exactly what the formula says, whoever sends the receipt.
func TestSettle(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	lane := s.open(delegate, 100)
	s.endBlock()
	supply := s.supply()

	response, err := s.settle(sign(lane, 100))
	require.NoError(t, err)
	require.Equal(t, []types.SettleOutcome{{Requests: 100}}, response.Outcomes)
	require.Zero(t, s.gained(operator), "payees are paid at the end of the block")
	s.endBlock()

	// 5,000 spent: fee 5% = 250, of it half burned, 40% of the rest to the opener; the owner gets 30% of 4,750.
	require.Equal(t, int64(3_325), s.gained(operator))
	require.Equal(t, int64(1_425), s.gained(owner))
	require.Equal(t, int64(50), s.gained(delegate))
	require.Equal(t, int64(75), s.feeCollector())
	require.Equal(t, int64(125), supply.Sub(s.supply()).Int64())
	require.Equal(t, int64(-10_000), s.gained(payer))
	require.Zero(t, s.gained(stranger))
}

// TestSettleInSteps: however a lane is cut into settlements, and whatever changes in between, everybody ends with the same.
func TestSettleInSteps(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	lane := s.open(delegate, 100)
	for count := uint64(1); count <= 100; count += 3 {
		_, err := s.settle(sign(lane, count))
		require.NoError(t, err)
		if count == 40 {
			params := types.DefaultParams()
			params.FeeSplit.FeeBps = 5_000
			_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
			require.NoError(t, err)
		}
		s.endBlock()
	}
	require.Equal(t, int64(3_325), s.gained(operator))
	require.Equal(t, int64(1_425), s.gained(owner))
	require.Equal(t, int64(50), s.gained(delegate))
	require.Equal(t, int64(75), s.feeCollector())
}

// TestSettleSkips: each bad receipt is reported with its reason and keeps no good one from being paid.
func TestSettleSkips(t *testing.T) {
	s := newSuite(t)
	s.subscribe(10_000, types.NoLimits())
	lane, other, settled := s.open(delegate, 10), s.open(delegate, 10), s.open(delegate, 10)
	_, err := s.settle(sign(settled, 5))
	require.NoError(t, err)
	s.endBlock()

	forged := sign(other, 5)
	forged.Signature = bytes.Clone(forged.Signature)
	forged.Signature[0] ^= 1
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	response, err := s.settle(
		sign(make([]byte, receipt.LaneIDSize), 1),
		sign(settled, 5),
		sign(other, 11),
		forged,
		receipt.Sign(stranger, chainID, other, 5),
		receipt.Sign(session, "orb-other", other, 5),
		sign(lane, 10),
		sign(lane, 10),
	)
	require.NoError(t, err)
	require.Equal(t, []types.SettleOutcome{
		{Code: types.ErrLaneClosed.ABCICode()},
		{Code: types.ErrStale.ABCICode()},
		{Code: types.ErrOverCap.ABCICode()},
		{Code: types.ErrInvalidReceipt.ABCICode()},
		{Code: types.ErrInvalidReceipt.ABCICode()},
		{Code: types.ErrInvalidReceipt.ABCICode()},
		{Requests: 10},
		{Code: types.ErrStale.ABCICode()},
	}, response.Outcomes)
	s.endBlock()
	require.Equal(t, uint64(0), s.lane(other).Redeemed)

	_, err = s.settle(sign(lane, 10))
	require.ErrorIs(t, err, types.ErrNothingPaid)
	_, err = s.settle()
	require.ErrorIs(t, err, types.ErrInvalidBatch)
	_, err = s.settle(make([]receipt.Receipt, 201)...)
	require.ErrorIs(t, err, types.ErrInvalidBatch)
}

// TestLaneLife: a lane is redeemable until it closes, two windows after it expired; then its rest returns and nothing is redeemed twice.
func TestLaneLife(t *testing.T) {
	s := newSuite(t)
	s.subscribe(1_000, types.NoLimits())
	id := s.open(delegate, 20)
	lane := s.lane(id)
	require.Equal(t, lane.Expiry+2*int64(types.DefaultParams().LaneBlocks), lane.Closes)
	s.endBlock()

	s.skipTo(lane.Expiry + 1)
	_, err := s.msgs.OpenLanes(s.ctx, &types.MsgOpenLanes{Opener: delegate, Entries: []types.LaneEntry{{LaneId: id, Price: uorb(price), Cap: 30}}})
	require.ErrorIs(t, err, types.ErrLaneClosed, "an expired lane cannot be raised")
	s.skipTo(lane.Closes)
	_, err = s.settle(sign(id, 12))
	require.NoError(t, err)
	s.endBlock()

	_, err = s.settle(sign(id, 20))
	require.ErrorIs(t, err, types.ErrNothingPaid)
	require.Equal(t, "400", s.subscription().Balance.String())
	require.Equal(t, "0", s.subscription().Locked.String())
	_, err = s.keeper.GetLane(s.ctx, id)
	require.ErrorIs(t, err, types.ErrLaneClosed)
	require.NotEqual(t, id, s.open(delegate, 8), "a closed lane's id does not come back")
}

// TestClosingsAreBounded: many lanes that end at once are closed over several blocks.
func TestClosingsAreBounded(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.MaxClosingsPerBlock = 3
	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
	require.NoError(t, err)
	s.subscribe(10_000, types.NoLimits())
	var last []byte
	for range 10 {
		last = s.open(delegate, 1)
	}
	s.endBlock()
	s.skipTo(s.lane(last).Closes)
	for _, left := range []int{7, 4, 1, 0} {
		s.endBlock()
		genesis, err := s.keeper.ExportGenesis(s.ctx)
		require.NoError(t, err)
		require.Len(t, genesis.Lanes, left)
	}
	require.Equal(t, "10000", s.subscription().Balance.String())
}

// TestSettleAgainstModel holds ten thousand receipts, many of them replayed, reordered, forged, over the cap, of another chain, for lanes
// that do not exist or for lanes that have closed, against a model that knows nothing of blocks, splits or stores.
func TestSettleAgainstModel(t *testing.T) {
	s := newSuite(t)
	s.subscribe(100_000_000, types.NoLimits())
	random := rand.New(rand.NewSource(1))
	lanes, closing := make([][]byte, 50), make(map[string]bool)
	for i := range lanes {
		if i == len(lanes)/2 {
			s.skipTo(s.ctx.BlockHeight() + int64(types.DefaultParams().LaneBlocks))
		}
		lanes[i] = s.open(payer, 10_000)
		closing[string(lanes[i])] = i < len(lanes)/2
	}
	s.endBlock()

	closed := false
	redeemed := make(map[string]uint64)
	model := func(lane []byte, count uint64, honest bool) (paid uint64) {
		open := !closed || !closing[string(lane)]
		if highest := redeemed[string(lane)]; honest && open && count > highest && count <= 10_000 {
			redeemed[string(lane)] = count
			return count - highest
		}
		return 0
	}
	var spent uint64
	for batch := 0; batch < 100; batch++ {
		if batch == 60 {
			s.skipTo(s.lane(lanes[0]).Closes + 1)
			closed = true
		}
		var receipts []receipt.Receipt
		var want []uint64
		for range 100 {
			lane := lanes[random.Intn(len(lanes))]
			count := uint64(random.Intn(100 * (batch + 2)))
			r, honest := sign(lane, count), true
			switch random.Intn(8) {
			case 0:
				r, honest = receipt.Sign(session, "orb-other", lane, count), false
			case 1:
				r.Signature, honest = bytes.Repeat([]byte{3}, ed25519.SignatureSize), false
			case 2:
				count = 10_001 + uint64(random.Intn(10))
				r = sign(lane, count)
			case 3:
				lane = bytes.Repeat([]byte{byte(random.Intn(256))}, receipt.LaneIDSize)
				r, honest = sign(lane, count), false
			}
			receipts, want = append(receipts, r), append(want, model(lane, count, honest))
		}
		ctx, write := s.ctx.CacheContext()
		response, err := s.msgs.Settle(ctx, &types.MsgSettle{Settler: stranger, Receipts: receipts})
		var sum uint64
		for _, requests := range want {
			sum += requests
		}
		if sum == 0 {
			require.ErrorIs(t, err, types.ErrNothingPaid)
			continue
		}
		require.NoError(t, err)
		write()
		for i, outcome := range response.Outcomes {
			require.Equal(t, want[i], outcome.Requests, "batch %d, receipt %d", batch, i)
			require.Equal(t, want[i] == 0, outcome.Code != 0)
		}
		spent += sum
		s.endBlock()
	}
	for _, lane := range lanes[len(lanes)/2:] {
		require.Equal(t, redeemed[string(lane)], s.lane(lane).Redeemed)
	}
	require.Equal(t, math.NewIntFromUint64(100_000_000-spent*price).String(), s.held().Amount.String())
}
