package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestTally(t *testing.T) {
	const complexity = 100
	type a = types.Attestation
	valid := func(validator string, fuel uint64, response byte) a {
		return a{Validator: validator, Revealed: true, Verdict: types.VERDICT_VALID, Fuel: fuel, ResponseHash: []byte{response}}
	}
	bad := func(validator string, verdict types.Verdict) a {
		return a{Validator: validator, Revealed: true, Verdict: verdict}
	}
	equal := []types.Elector{{Validator: "a", Power: 1}, {Validator: "b", Power: 1}, {Validator: "c", Power: 1}}

	for name, test := range map[string]struct {
		electors     []types.Elector
		attestations []a
		status       types.ClaimStatus
		verdict      types.Verdict
		majority     []string
	}{
		"all agree": {
			equal, []a{valid("a", 100, 1), valid("b", 100, 1), valid("c", 100, 1)},
			types.CLAIM_STATUS_ACCEPTED, types.VERDICT_VALID, []string{"a", "b", "c"},
		},
		"two of three, exactly two thirds": {
			equal, []a{bad("a", types.VERDICT_BAD_MODULE), valid("b", 100, 1), valid("c", 100, 1)},
			types.CLAIM_STATUS_ACCEPTED, types.VERDICT_VALID, []string{"b", "c"},
		},
		"one response differs": {
			equal, []a{valid("a", 100, 1), valid("b", 100, 2), valid("c", 100, 1)},
			types.CLAIM_STATUS_ACCEPTED, types.VERDICT_VALID, []string{"a", "c"},
		},
		"all responses differ": {
			equal, []a{valid("a", 100, 1), valid("b", 100, 2), valid("c", 100, 3)},
			types.CLAIM_STATUS_EXPIRED, types.VERDICT_EXPIRED, nil,
		},
		"agreed on another complexity": {
			equal, []a{valid("a", 90, 1), valid("b", 90, 1), valid("c", 90, 1)},
			types.CLAIM_STATUS_REJECTED, types.VERDICT_BAD_COMPLEXITY, []string{"a", "b", "c"},
		},
		"agreed on a reason": {
			equal, []a{bad("a", types.VERDICT_BAD_ARTIFACT), bad("b", types.VERDICT_BAD_ARTIFACT)},
			types.CLAIM_STATUS_REJECTED, types.VERDICT_BAD_ARTIFACT, []string{"a", "b"},
		},
		"committed and not revealed does not count": {
			equal, []a{valid("a", 100, 1), {Validator: "b", Verdict: types.VERDICT_VALID, Fuel: 100, ResponseHash: []byte{1}}},
			types.CLAIM_STATUS_EXPIRED, types.VERDICT_EXPIRED, nil,
		},
		"power counts, not heads": {
			[]types.Elector{{Validator: "a", Power: 10}, {Validator: "b", Power: 1}, {Validator: "c", Power: 1}},
			[]a{valid("a", 100, 1), bad("b", types.VERDICT_BAD_MODULE), bad("c", types.VERDICT_BAD_MODULE)},
			types.CLAIM_STATUS_ACCEPTED, types.VERDICT_VALID, []string{"a"},
		},
		"nobody": {equal, nil, types.CLAIM_STATUS_EXPIRED, types.VERDICT_EXPIRED, nil},
	} {
		outcome := types.Tally(types.CLAIM_KIND_VERSION, test.electors, test.attestations, complexity)
		require.Equal(t, test.status, outcome.Status, name)
		require.Equal(t, test.verdict, outcome.Verdict, name)
		require.Equal(t, test.majority, outcome.Majority, name)
	}
}

func TestCanAgree(t *testing.T) {
	electors := []types.Elector{{Validator: "a", Power: 2}, {Validator: "b", Power: 1}}
	require.True(t, types.CanAgree(electors, []types.Attestation{{Validator: "a"}}))
	require.False(t, types.CanAgree(electors, []types.Attestation{{Validator: "b"}}))
	require.False(t, types.CanAgree(electors, nil))
	require.False(t, types.CanAgree(nil, nil))
}

// TestTallyOfADispute: the same attestations mean something else when a host's result is at stake.
func TestTallyOfADispute(t *testing.T) {
	electors := []types.Elector{{Validator: "a", Power: 1}}
	for name, test := range map[string]struct {
		verdict types.Verdict
		fuel    uint64
		status  types.ClaimStatus
		agreed  types.Verdict
	}{
		"the host is right":             {types.VERDICT_VALID, 100, types.CLAIM_STATUS_ACCEPTED, types.VERDICT_VALID},
		"right with other fuel, so not": {types.VERDICT_VALID, 99, types.CLAIM_STATUS_REJECTED, types.VERDICT_BAD_RESULT},
		"the host is wrong":             {types.VERDICT_BAD_RESULT, 100, types.CLAIM_STATUS_REJECTED, types.VERDICT_BAD_RESULT},
		"nobody can tell":               {types.VERDICT_UNAVAILABLE, 0, types.CLAIM_STATUS_EXPIRED, types.VERDICT_UNAVAILABLE},
	} {
		outcome := types.Tally(types.CLAIM_KIND_RESULT, electors, []types.Attestation{{Validator: "a", Revealed: true, Verdict: test.verdict, Fuel: test.fuel}}, 100)
		require.Equal(t, test.status, outcome.Status, name)
		require.Equal(t, test.agreed, outcome.Verdict, name)
		require.Equal(t, []string{"a"}, outcome.Majority, name)
	}
}
