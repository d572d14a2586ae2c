package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

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

// TestQueryClaimsFilters: filters that are set must all match, whichever of them the list is read by.
func TestQueryClaimsFilters(t *testing.T) {
	s := newSuite(t)
	vera := s.superNode("vera", 30).String()
	walt := s.superNode("walt", 1).String()
	accepted := s.deploy("accepted")
	s.attest(valid("", accepted.ClaimId), "vera", "walt")
	rejected := s.deploy("rejected")
	s.attest(verdict("", rejected.ClaimId, types.VERDICT_BAD_MODULE), "vera", "walt")
	open := s.deploy("open")
	require.NoError(t, s.commit("vera", valid("vera", open.ClaimId)))
	for name, test := range map[string]struct {
		request types.QueryClaimsRequest
		want    int
	}{
		"all":                          {types.QueryClaimsRequest{}, 3},
		"of a function":                {types.QueryClaimsRequest{FunctionId: open.Id}, 1},
		"of no function":               {types.QueryClaimsRequest{FunctionId: types.FunctionID(nil)}, 0},
		"attester":                     {types.QueryClaimsRequest{Attester: vera}, 3},
		"another attester":             {types.QueryClaimsRequest{Attester: walt}, 2},
		"attester and status":          {types.QueryClaimsRequest{Attester: walt, Status: types.CLAIM_STATUS_ACCEPTED}, 1},
		"attester and outcome":         {types.QueryClaimsRequest{Attester: walt, Outcome: types.VERDICT_BAD_MODULE}, 1},
		"status":                       {types.QueryClaimsRequest{Status: types.CLAIM_STATUS_COMMIT}, 1},
		"outcome":                      {types.QueryClaimsRequest{Outcome: types.VERDICT_VALID}, 1},
		"outcome and status":           {types.QueryClaimsRequest{Outcome: types.VERDICT_VALID, Status: types.CLAIM_STATUS_REJECTED}, 0},
		"function and absent attester": {types.QueryClaimsRequest{FunctionId: open.Id, Attester: walt}, 0},
	} {
		answer, err := s.queries.Claims(s.ctx, &test.request)
		require.NoError(t, err, name)
		require.Len(t, answer.Claims, test.want, name)
	}
	page, err := s.queries.Claims(s.ctx, &types.QueryClaimsRequest{Attester: vera, Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, page.Claims, 2)
	rest, err := s.queries.Claims(s.ctx, &types.QueryClaimsRequest{Attester: vera, Pagination: &query.PageRequest{Key: page.Pagination.NextKey}})
	require.NoError(t, err)
	require.Len(t, rest.Claims, 1)
	_, err = s.queries.Claims(s.ctx, &types.QueryClaimsRequest{Attester: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestQueryFunctionsByStatus(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	s.active("one")
	s.deploy("two")
	for want, count := range map[types.FunctionStatus]int{
		types.FUNCTION_STATUS_ACTIVE: 1, types.FUNCTION_STATUS_PENDING: 1, types.FUNCTION_STATUS_ENDED: 0,
	} {
		for _, owner := range []string{"", person("alice").String()} {
			answer, err := s.queries.Functions(s.ctx, &types.QueryFunctionsRequest{Owner: owner, Status: want})
			require.NoError(t, err)
			require.Len(t, answer.Functions, count)
		}
	}
}

func TestQueryVersions(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	s.active("other")
	_, err := s.msgs.UpdateFunction(s.ctx, update("markdown", 2))
	require.NoError(t, err)
	answer, err := s.queries.Versions(s.ctx, &types.QueryVersionsRequest{FunctionId: id})
	require.NoError(t, err)
	require.Equal(t, []types.Version{s.version(id, 1), s.version(id, 2)}, answer.Versions)
	_, err = s.queries.Versions(s.ctx, &types.QueryVersionsRequest{FunctionId: "markdown"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestQuerySuperNodes(t *testing.T) {
	s := newSuite(t)
	vera := s.superNode("vera", 10)
	s.superNode("walt", 10)
	v, err := s.staking.GetValidator(s.ctx, vera)
	require.NoError(t, err)
	v.Status = stakingtypes.Unbonding
	require.NoError(t, s.staking.SetValidator(s.ctx, v))
	for active, want := range map[bool]int{false: 2, true: 1} {
		answer, err := s.queries.SuperNodes(s.ctx, &types.QuerySuperNodesRequest{Active: active})
		require.NoError(t, err)
		require.Len(t, answer.SuperNodes, want)
	}
	_, err = s.queries.SuperNode(s.ctx, &types.QuerySuperNodeRequest{Validator: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = s.queries.SuperNode(s.ctx, &types.QuerySuperNodeRequest{Validator: sdk.ValAddress(person("nobody")).String()})
	require.Equal(t, codes.NotFound, status.Code(err))
}
