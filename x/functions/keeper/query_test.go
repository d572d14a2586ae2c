package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestQueryFunction(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.deploy("markdown").Id
	for _, key := range []string{"markdown", id} {
		answer, err := s.queries.Function(s.ctx, &types.QueryFunctionRequest{Function: key})
		require.NoError(t, err)
		require.Equal(t, id, answer.Function.Id)
		require.EqualValues(t, 1, answer.Version.Number)
	}
	for key, code := range map[string]codes.Code{
		"absent":                              codes.NotFound,
		types.FunctionID([]byte("other key")): codes.NotFound,
		"orbfn1broken":                        codes.InvalidArgument,
		"Not A Name":                          codes.InvalidArgument,
	} {
		_, err := s.queries.Function(s.ctx, &types.QueryFunctionRequest{Function: key})
		require.Equal(t, code, status.Code(err), key)
	}
}

func TestQueryFunctions(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.deploy("one")
	s.deploy("two")
	s.deploy("three")
	for owner, want := range map[string]int{"": 3, person("alice").String(): 3, person("bob").String(): 0} {
		answer, err := s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: owner})
		require.NoError(t, err)
		require.Len(t, answer.Functions, want)
	}
	page, err := s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: person("alice").String(), Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, page.Functions, 2)
	rest, err := s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: person("alice").String(), Pagination: &query.PageRequest{Key: page.Pagination.NextKey}})
	require.NoError(t, err)
	require.Len(t, rest.Functions, 1)
	_, err = s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestQueryClaims(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.superNode("walt", 10)
	deployed := s.deploy("markdown")
	require.NoError(t, s.commit("vera", valid("vera", deployed.ClaimId)))

	open, err := s.queries.OpenClaims(s.ctx, &types.QueryOpenClaimsRequest{})
	require.NoError(t, err)
	require.Len(t, open.Claims, 1)
	answer, err := s.queries.Claim(s.ctx, &types.QueryClaimRequest{ClaimId: open.Claims[0].HexID()})
	require.NoError(t, err)
	require.Equal(t, open.Claims[0], answer.Claim)
	require.Len(t, answer.Attestations, 1)

	_, err = s.queries.Claim(s.ctx, &types.QueryClaimRequest{ClaimId: "not hex"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = s.queries.Claim(s.ctx, &types.QueryClaimRequest{ClaimId: "00"})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = s.queries.Version(s.ctx, &types.QueryVersionRequest{FunctionId: deployed.Id, Number: 2})
	require.Equal(t, codes.NotFound, status.Code(err))
	version, err := s.queries.Version(s.ctx, &types.QueryVersionRequest{FunctionId: deployed.Id, Number: 1})
	require.NoError(t, err)
	require.Equal(t, types.VERSION_STATUS_PENDING, version.Version.Status)
	nodes, err := s.queries.SuperNodes(s.ctx, &types.QuerySuperNodesRequest{})
	require.NoError(t, err)
	require.Len(t, nodes.SuperNodes, 2)
}
