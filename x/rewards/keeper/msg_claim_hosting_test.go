package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// proven is the host's node after it has proven some epochs.
func proven(from, through uint64) seedingtypes.Node {
	return seedingtypes.Node{OrbId: host, Operator: operator, ProvenThrough: through, Proven: []seedingtypes.Span{{From: from, Through: through}}}
}

// TestClaimHosting pays proven epochs of the paid term once, and never more than the escrow holds.
func TestClaimHosting(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
	term := s.escrow().Terms[0]
	require.Equal(t, uint64(1), term.From)

	claim := func() (int64, error) {
		response, err := s.msgs.ClaimHosting(s.ctx, &types.MsgClaimHosting{Sender: stranger, OrbId: host, FunctionIds: []string{functionID}})
		if err != nil {
			return 0, err
		}
		s.endBlock()
		return response.Paid.Amount.Int64(), nil
	}
	prove := func(epoch uint64) {
		s.world.epoch = epoch
		s.world.nodes[host] = proven(1, epoch)
	}
	rate := term.Rate.Int64()
	require.Positive(t, rate)

	_, err := claim()
	require.ErrorIs(t, err, types.ErrNothingPaid)
	prove(3)
	paid, err := claim()
	require.NoError(t, err)
	require.Equal(t, 3*rate, paid)
	_, err = claim()
	require.ErrorIs(t, err, types.ErrNothingPaid, "an epoch is paid once")
	prove(5)
	paid, err = claim()
	require.NoError(t, err)
	require.Equal(t, 2*rate, paid)
	require.Equal(t, 5*rate, s.gained(operator))

	prove(term.Through + 10)
	paid, err = claim()
	require.NoError(t, err)
	require.Equal(t, (int64(term.Through)-5)*rate, paid, "the term has an end")
	_, err = claim()
	require.ErrorIs(t, err, types.ErrNothingPaid)
}

// TestClaimHostingRefuses: open seeds draw no hosting pay, and neither does a seed that does not exist.
func TestClaimHostingRefuses(t *testing.T) {
	s := newSuite(t)
	s.deploy(functionstypes.CLAIM_STATUS_ACCEPTED)
	s.world.nodes[host] = proven(1, 3)
	s.world.seeds[functionID+host] = seedingtypes.Seed{FunctionId: functionID, OrbId: host}
	for name, c := range map[string]struct {
		msg types.MsgClaimHosting
		err error
	}{
		"an open seed":    {types.MsgClaimHosting{OrbId: host, FunctionIds: []string{functionID}}, types.ErrNothingPaid},
		"no seed":         {types.MsgClaimHosting{OrbId: host, FunctionIds: []string{"x"}}, seedingtypes.ErrNotFound},
		"no node":         {types.MsgClaimHosting{OrbId: "x", FunctionIds: []string{functionID}}, seedingtypes.ErrNotFound},
		"nothing claimed": {types.MsgClaimHosting{OrbId: host}, types.ErrInvalidBatch},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.msgs.ClaimHosting(s.ctx, &c.msg)
			require.ErrorIs(t, err, c.err)
		})
	}
	s.endBlock()
	require.Zero(t, s.gained(operator))
}
