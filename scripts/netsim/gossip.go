package main

import "slices"

// meshDegree is gossipsub's.
const meshDegree = 6

// gossip floods one message over a random mesh as gossipsub's, and returns how many copies a node receives on average and how many hops the
// last one is away.
func (s *simulation) gossip() (copies float64, hops int) {
	peers := make([][]int, len(s.nodes))
	for n := range peers {
		for len(peers[n]) < meshDegree/2 { // the other half of a node's peers choose it
			if m := s.random.IntN(len(peers)); m != n && !slices.Contains(peers[n], m) {
				peers[n], peers[m] = append(peers[n], m), append(peers[m], n)
			}
		}
	}
	heard := make([]int, len(peers))
	for i := range heard {
		heard[i] = -1
	}
	heard[0] = 0
	sent := 0
	for front := []int{0}; len(front) > 0; {
		var next []int
		for _, n := range front {
			hops = heard[n]
			for _, m := range peers[n] {
				sent++
				if heard[m] < 0 {
					heard[m] = heard[n] + 1
					next = append(next, m)
				}
			}
		}
		front = next
	}
	return float64(sent-len(peers)+1) / float64(len(peers)), hops
}
