package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestQueryParams(t *testing.T) {
	s := newSuite(t)
	for epoch := range uint64(3) {
		s.begin(int64(epoch)*epochBlocks + epochBlocks - 1)
		answer, err := s.queries.Params(s.ctx, &types.QueryParamsRequest{})
		require.NoError(t, err)
		require.Equal(t, types.QueryParamsResponse{
			Params: params(), Epoch: epoch,
		}, *answer)
	}
}

func TestQueryNode(t *testing.T) {
	s := newSuite(t)
	one := s.register("one")
	answer, err := s.queries.Node(s.ctx, &types.QueryNodeRequest{OrbId: one})
	require.NoError(t, err)
	require.Equal(t, "one", answer.Node.Moniker)
	_, err = s.queries.Node(s.ctx, &types.QueryNodeRequest{OrbId: orbID("absent")})
	require.Equal(t, codes.NotFound, status.Code(err))
}

func TestQueryNodes(t *testing.T) {
	s := newSuite(t)
	want := []string{s.register("one"), s.register("two"), s.register("three")}
	slices.Sort(want)
	_, err := s.msgs.RegisterNode(s.ctx, registration("other", mallory))
	require.NoError(t, err)

	all, err := s.queries.Nodes(s.ctx, &types.QueryNodesRequest{})
	require.NoError(t, err)
	require.Len(t, all.Nodes, 4)

	var got []string
	page := &query.PageRequest{Limit: 2}
	for page != nil {
		answer, err := s.queries.Nodes(s.ctx, &types.QueryNodesRequest{Operator: olga, Pagination: page})
		require.NoError(t, err)
		for _, node := range answer.Nodes {
			got = append(got, node.OrbId)
		}
		if page = nil; answer.Pagination.NextKey != nil {
			page = &query.PageRequest{Key: answer.Pagination.NextKey, Limit: 2}
		}
	}
	require.Equal(t, want, got)

	_, err = s.queries.Nodes(s.ctx, &types.QueryNodesRequest{Operator: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestQuerySeeds(t *testing.T) {
	s := newSuite(t)
	one, two := s.register("one"), s.register("two")
	a, b := s.function("a", 1), s.function("b", 0)
	s.seed(one, a)
	s.seed(two, a)
	s.seed(one, b)
	for _, c := range []struct {
		request types.QuerySeedsRequest
		seeds   int
	}{
		{types.QuerySeedsRequest{FunctionId: a}, 2},
		{types.QuerySeedsRequest{FunctionId: b}, 1},
		{types.QuerySeedsRequest{OrbId: one}, 2},
		{types.QuerySeedsRequest{OrbId: two}, 1},
		{types.QuerySeedsRequest{OrbId: orbID("absent")}, 0},
		{types.QuerySeedsRequest{FunctionId: a, Pagination: &query.PageRequest{Limit: 1}}, 1},
		{types.QuerySeedsRequest{OrbId: one, Pagination: &query.PageRequest{Limit: 1}}, 1},
	} {
		answer, err := s.queries.Seeds(s.ctx, &c.request)
		require.NoError(t, err)
		require.Len(t, answer.Seeds, c.seeds)
		for _, seed := range answer.Seeds {
			require.Contains(t, []string{"", seed.Seed.FunctionId}, c.request.FunctionId)
			require.Contains(t, []string{"", seed.Seed.OrbId}, c.request.OrbId)
			require.Equal(t, seed.Seed.OrbId, seed.Node.OrbId)
			require.Equal(t, olga, seed.Node.Operator)
		}
	}
	for _, request := range []types.QuerySeedsRequest{{}, {FunctionId: a, OrbId: one}} {
		_, err := s.queries.Seeds(s.ctx, &request)
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	}
}

func TestQueryChallenge(t *testing.T) {
	s := newSuite(t)
	one, a, b := s.register("one"), s.function("a", 1), s.function("b", 1)
	s.epoch(1)
	beacon, err := s.keeper.Beacons.Get(s.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, types.QueryChallengeResponse{
		Epoch: 1, FunctionId: a, Version: 4, ChunkIndex: possession.Index(beacon.Value, one, a, uint64(len(artifact(a)))), Drawn: true,
	}, *s.challenge(one, a))

	s.seed(one, b)
	require.Equal(t, b, s.challenge(one, "").FunctionId)

	s.world.inactive[a] = true // a function that has ended is still proven
	require.Equal(t, a, s.challenge(one, a).FunctionId)
	for name, c := range map[string]struct {
		request types.QueryChallengeRequest
		code    codes.Code
	}{
		"nothing drawn":    {types.QueryChallengeRequest{OrbId: orbID("absent")}, codes.NotFound},
		"unknown function": {types.QueryChallengeRequest{OrbId: one, FunctionId: functionID("absent")}, codes.NotFound},
	} {
		_, err := s.queries.Challenge(s.ctx, &c.request)
		require.Equal(t, c.code, status.Code(err), name)
	}
}
