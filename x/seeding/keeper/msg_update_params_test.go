package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestUpdateParams(t *testing.T) {
	s := newSuite(t)
	was, next, longer := params(), params(), params()
	next.MaxSeedsPerFunction, longer.EpochBlocks = 7, epochBlocks+1

	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: mallory, Params: next})
	require.Error(t, err)
	for _, params := range []types.Params{{}, {EpochBlocks: epochBlocks}, longer} {
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
