package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestGenesisRoundTrip: a state in which everything is in use comes back from its export as it was.
func TestGenesisRoundTrip(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED, attester)
	s.subscribe(10_000, types.NoLimits())
	lane := s.open(delegate, 100)
	_, err := s.settle(sign(lane, 40))
	require.NoError(t, err)
	s.endBlock()
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())

	again := newSuite(t)
	require.NoError(t, again.keeper.InitGenesis(again.ctx, exported))
	second, err := again.keeper.ExportGenesis(again.ctx)
	require.NoError(t, err)
	require.Equal(t, exported, second)
	require.Error(t, again.keeper.Conserved(again.ctx, again.held()), "a state without the coins behind it is noticed")
	require.NoError(t, again.keeper.Conserved(again.ctx, s.held()))
}
