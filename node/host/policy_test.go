package host

import (
	"testing"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func TestPolicy(t *testing.T) {
	const id = "orbfn1wanted"
	fn := functionstypes.Function{Id: id, Owner: "orb1owner", Price: sdk.NewCoin("uorb", math.NewInt(50))}
	version := functionstypes.Version{Complexity: 2_000_000, Artifact: functionstypes.Artifact{Size_: 1000}}
	for name, c := range map[string]struct {
		policy Policy
		taken  bool
	}{
		"zero value":             {Policy{}, true},
		"price met":              {Policy{MinPrice: 25}, true},
		"price not met":          {Policy{MinPrice: 26}, false},
		"artifact fits":          {Policy{MaxArtifactBytes: 1000}, true},
		"artifact too large":     {Policy{MaxArtifactBytes: 999}, false},
		"room left":              {Policy{MaxBytes: 3000, MaxFunctions: 2}, true},
		"no room":                {Policy{MaxBytes: 2999}, false},
		"enough functions":       {Policy{MaxFunctions: 1}, false},
		"owner allowed":          {Policy{AllowOwners: []string{"orb1other", "orb1owner"}}, true},
		"owner not allowed":      {Policy{AllowOwners: []string{"orb1other"}}, false},
		"owner denied":           {Policy{DenyOwners: []string{"orb1owner"}}, false},
		"manual":                 {Policy{Manual: true}, false},
		"by hand":                {Policy{Manual: true, MinPrice: 1000, DenyOwners: []string{"orb1owner"}, Always: []string{id}}, true},
		"by hand, but too large": {Policy{Always: []string{id}, MaxArtifactBytes: 999}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &Host{policy: c.policy, functions: map[string]*function{
				"orbfn1held": {version: functionstypes.Version{Artifact: functionstypes.Artifact{Size_: 2000}}},
			}}
			err := h.accept(fn, version)
			if c.taken {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, errUnwanted)
			}
		})
	}
}

// Callers that have not heard of a new version are served by the old one for a while.
func TestRollover(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 1000)
	require.Equal(t, peer.StatusOK, c.served("first").Status)
	s.await(t, c, 1)
	old := s.host.functions[testFunction]
	s.host.mu.Lock()
	s.host.functions[testFunction] = &function{name: "echo", version: functionstypes.Version{FunctionId: testFunction, Number: 2}, program: echo{}}
	s.host.mu.Unlock()
	s.host.retire(testFunction, old)
	require.Equal(t, peer.StatusOK, c.served("old").Status)
	s.await(t, c, 2)
	require.Eventually(t, func() bool {
		response, err := c.conn.Invoke(t.Context(), &peer.Request{LaneID: c.lane, FunctionID: testFunction, Version: 2})
		require.NoError(t, err)
		return response.Status == peer.StatusOK
	}, time.Second, time.Millisecond)
}

// A node that has something short refuses at once.
func TestBudget(t *testing.T) {
	s := newSetup(t)
	defer s.close(t)
	c := s.caller(t, 1, 1000)
	s.host.cfg.Budget = func() uint32 { return fullLoad }
	require.Equal(t, peer.StatusBusy, c.call("x").Status)
	s.host.cfg.Budget = nil
	require.Equal(t, peer.StatusOK, c.served("x").Status)
}
