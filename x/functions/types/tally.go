package types

import "bytes"

// Outcome is what the electors of a claim agree on.
type Outcome struct {
	Status       ClaimStatus
	Verdict      Verdict
	ResponseHash []byte
	// Majority lists the operator addresses that revealed the agreed verdict, in elector order; empty when there is none.
	Majority []string
}

// Tally decides a claim that asserts an amount of fuel: the attestations that state the same verdict, response hash and fuel decide
// when their electors hold two thirds of the power. Electors and attestations are each in elector order.
func Tally(kind ClaimKind, electors []Elector, attestations []Attestation, fuel uint64) Outcome {
	power := make(map[string]int64, len(electors))
	for _, elector := range electors {
		power[elector.Validator] = elector.Power
	}
	for i, candidate := range attestations {
		if !candidate.Revealed {
			continue
		}
		var (
			agreed   int64
			majority []string
		)
		for _, other := range attestations[i:] {
			if other.Revealed && sameFinding(candidate, other) {
				agreed += power[other.Validator]
				majority = append(majority, other.Validator)
			}
		}
		if isTwoThirds(agreed, electors) {
			return outcome(kind, candidate, fuel, majority)
		}
	}
	return Outcome{Status: CLAIM_STATUS_EXPIRED, Verdict: VERDICT_EXPIRED}
}

func outcome(kind ClaimKind, agreed Attestation, fuel uint64, majority []string) Outcome {
	o := Outcome{Status: CLAIM_STATUS_REJECTED, Verdict: agreed.Verdict, ResponseHash: agreed.ResponseHash, Majority: majority}
	switch {
	case agreed.Verdict == VERDICT_VALID && agreed.Fuel == fuel:
		o.Status = CLAIM_STATUS_ACCEPTED
	case agreed.Verdict == VERDICT_VALID && kind == CLAIM_KIND_VERSION:
		o.Verdict = VERDICT_BAD_COMPLEXITY
	case agreed.Verdict == VERDICT_VALID:
		o.Verdict = VERDICT_BAD_RESULT
	case kind == CLAIM_KIND_RESULT && agreed.Verdict != VERDICT_BAD_RESULT:
		// nobody can tell who is right, and that is not the host's fault
		o.Status = CLAIM_STATUS_EXPIRED
	}
	return o
}

// CanAgree tells whether those who committed hold enough power to decide a claim.
func CanAgree(electors []Elector, attestations []Attestation) bool {
	committed := make(map[string]bool, len(attestations))
	for _, attestation := range attestations {
		committed[attestation.Validator] = true
	}
	var power int64
	for _, elector := range electors {
		if committed[elector.Validator] {
			power += elector.Power
		}
	}
	return isTwoThirds(power, electors)
}

func sameFinding(a, b Attestation) bool {
	return a.Verdict == b.Verdict && a.Fuel == b.Fuel && bytes.Equal(a.ResponseHash, b.ResponseHash)
}

// isTwoThirds cannot overflow: CometBFT caps the power of all validators at an eighth of the largest int64.
func isTwoThirds(power int64, electors []Elector) bool {
	var total int64
	for _, elector := range electors {
		total += elector.Power
	}
	return total > 0 && 3*power >= 2*total
}
