package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestUpdateParams(t *testing.T) {
	s := newSuite(t)
	params := types.DefaultParams()
	params.CommitBlocks = 7

	_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: person("mallory").String(), Params: params})
	require.Error(t, err)
	_, err = s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: types.Params{}})
	require.ErrorIs(t, err, types.ErrInvalidParams)
	stored, err := s.queries.Params(s.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), stored.Params)

	_, err = s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
	require.NoError(t, err)
	stored, err = s.queries.Params(s.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, params, stored.Params)
}
