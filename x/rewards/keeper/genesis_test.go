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
	s.world.nodes[host] = proven(1, 2)
	s.claim()
	s.fund(stranger, 10, 3)
	heavier := version
	heavier.Number, heavier.Artifact.Size_ = 2, 10<<20
	require.NoError(t, s.keeper.AfterVersionProposed(s.ctx, s.world.functions[functionID], heavier, uorb(funds)))
	_, err = s.msgs.Unsubscribe(s.ctx, &types.MsgUnsubscribe{Payer: payer, FunctionId: functionID})
	require.NoError(t, err)
	s.endBlock()
	exported, err := s.keeper.ExportGenesis(s.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())

	again := newSuite(t)
	require.NoError(t, again.keeper.InitGenesis(again.ctx, exported))
	second, err := again.keeper.ExportGenesis(again.ctx)
	require.NoError(t, err)
	first, err := exported.Marshal()
	require.NoError(t, err)
	bytes, err := second.Marshal()
	require.NoError(t, err)
	require.Equal(t, first, bytes)
	require.Len(t, exported.Escrows[0].Terms, 2)
	require.NotNil(t, exported.Escrows[0].Update)
	require.Len(t, exported.FunctionStats, 1)
	require.Len(t, exported.NodeStats, 1)
	require.Len(t, exported.Earnings, 4)
	require.Error(t, again.keeper.Conserved(again.ctx, again.held()), "a state without the coins behind it is noticed")
	require.NoError(t, again.keeper.Conserved(again.ctx, s.held()))
}
