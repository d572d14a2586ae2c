package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestParamsValidate(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, params := range map[string]types.Params{
		"short epoch": {EpochBlocks: 1, MaxSeedsPerFunction: 1},
		"long epoch":  {EpochBlocks: 1_000_001, MaxSeedsPerFunction: 1},
		"no seeds":    {EpochBlocks: 2},
		"many seeds":  {EpochBlocks: 2, MaxSeedsPerFunction: 100_001},
	} {
		require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, name)
	}
	require.NoError(t, types.Params{EpochBlocks: 2, MaxSeedsPerFunction: 1}.Validate())
}

func TestParamsValidateChange(t *testing.T) {
	params := types.DefaultParams()
	next := params
	next.MaxSeedsPerFunction++
	require.NoError(t, params.ValidateChange(next))
	next.MaxSeedsPerFunction = 0
	require.ErrorIs(t, params.ValidateChange(next), types.ErrInvalidParams)
	next = params
	next.EpochBlocks++
	require.ErrorIs(t, params.ValidateChange(next), types.ErrInvalidParams)
}

func TestEpoch(t *testing.T) {
	params := types.Params{EpochBlocks: 10}
	for height, epoch := range map[int64]uint64{0: 0, 1: 0, 9: 0, 10: 1, 19: 1, 20: 2} {
		require.Equal(t, epoch, params.Epoch(height), height)
	}
}
