package types

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
)

// DrawSeed is what a claim's electors are drawn with. The app hash is that of the block in which the claim was made, so it is not known
// to whoever makes the claim.
func DrawSeed(appHash, claimID []byte) []byte {
	sum := sha256.Sum256(frame("orb/electors/v1", appHash, claimID))
	return sum[:]
}

// Draw picks limit electors, each with a chance in proportion to its power among those that are left, and returns them in the order of
// the candidates. Candidates without power are never drawn.
func Draw(candidates []Elector, limit int, seed []byte) []Elector {
	left := slices.Clone(candidates)
	var total uint64
	for _, c := range left {
		total += uint64(max(c.Power, 0))
	}
	for range limit {
		if total == 0 {
			break
		}
		next := sha256.Sum256(seed)
		seed = next[:]
		// 128 bits over at most 60: the remainder's bias is below 2^-68
		point := bits.Rem64(binary.BigEndian.Uint64(seed), binary.BigEndian.Uint64(seed[8:]), total)
		for i := range left {
			power := uint64(max(left[i].Power, 0))
			if point < power {
				total -= power
				left[i].Power = 0
				break
			}
			point -= power
		}
	}
	var drawn []Elector
	for i, c := range candidates {
		if c.Power > 0 && left[i].Power == 0 {
			drawn = append(drawn, c)
		}
	}
	return drawn
}
