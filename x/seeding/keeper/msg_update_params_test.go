package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestUpdateParams(t *testing.T) {
	s := newSuite(t)
	was := types.Params{EpochBlocks: epochBlocks, MaxSeedsPerFunction: maxSeeds}
	next := types.Params{EpochBlocks: epochBlocks, MaxSeedsPerFunction: 7}

	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: mallory, Params: next})
	require.Error(t, err)
	for _, params := range []types.Params{{}, {EpochBlocks: epochBlocks}, {EpochBlocks: epochBlocks + 1, MaxSeedsPerFunction: 7}} {
		_, err = s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
		require.ErrorIs(t, err, types.ErrInvalidParams)
	}
	stored, err := s.keeper.Params.Get(s.ctx)
	require.NoError(t, err)
	require.Equal(t, was, stored)

	_, err = s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: next})
	require.NoError(t, err)
	stored, err = s.keeper.Params.Get(s.ctx)
	require.NoError(t, err)
	require.Equal(t, next, stored)
}
