package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// TestBeacons: the first block of an epoch fixes its beacon, which follows from the one before and the state; those are kept that a
// proof may vouch from.
func TestBeacons(t *testing.T) {
	s := newSuite(t)
	var values [][]byte
	for epoch := range uint64(12) {
		if epoch > 0 {
			s.epoch(epoch)
		}
		beacon, err := s.keeper.Beacons.Get(s.ctx, epoch)
		require.NoError(t, err)
		var previous []byte
		if epoch > 0 {
			previous = values[epoch-1]
		}
		header := s.ctx.BlockHeader()
		require.Equal(t, types.NextBeacon(previous, header.AppHash, header.Height), beacon.Value)
		values = append(values, beacon.Value)

		s.begin(int64(epoch)*epochBlocks + epochBlocks - 1)
		again, err := s.keeper.Beacons.Get(s.ctx, epoch)
		require.NoError(t, err)
		require.Equal(t, beacon, again, "later blocks of the epoch leave it")

		kept := 0
		require.NoError(t, s.keeper.Beacons.Walk(s.ctx, nil, func(number uint64, _ types.Beacon) (bool, error) {
			require.LessOrEqual(t, epoch-number, uint64(params().VouchEpochs)+1)
			kept++
			return false, nil
		}))
		require.EqualValues(t, min(epoch, uint64(params().VouchEpochs)+1)+1, kept)
	}
}

// TestDraw: a node is drawn for each of its seeds now and then, and only for its own.
func TestDraw(t *testing.T) {
	s := newSuite(t)
	s.change(func(p *types.Params) { p.DeadEpochs = 100 })
	one, two := s.register("one"), s.register("two")
	var own []string
	for _, name := range []string{"a", "b", "c", "d"} {
		own = append(own, s.seed(one, s.function(name, 2)).FunctionId)
	}
	other := s.seed(two, s.function("e", 2)).FunctionId
	drawn := map[string]int{}
	for epoch := range uint64(60) {
		s.epoch(epoch + 1)
		challenge := s.challenge(one, "")
		require.Equal(t, epoch+1, challenge.Epoch)
		drawn[challenge.FunctionId]++
		require.Equal(t, other, s.challenge(two, "").FunctionId)

		// The draw is the first seed from the draw point on, in the order of ids, going round.
		beacon, err := s.keeper.Beacons.Get(s.ctx, epoch+1)
		require.NoError(t, err)
		slices.Sort(own)
		i, _ := slices.BinarySearch(own, types.DrawPoint(beacon.Value, one))
		require.Equal(t, own[i%len(own)], challenge.FunctionId)
	}
	require.Len(t, drawn, len(own))
}
