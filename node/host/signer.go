package host

import "sync"

// maxCredit bounds how many requests a session key may be behind with, over all its lanes.
const maxCredit = 64

// signers keep the budget of each session key: one request for a stranger, and one more for each that a receipt has paid.
type signers struct {
	mu   sync.Mutex
	keys map[string]*signer
}

type signer struct {
	mu sync.Mutex
	// honoured requests have a receipt, open ones are being served or have none yet.
	honoured, open uint64
}

func (s *signers) of(key []byte) *signer {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.keys[string(key)]
	if one == nil {
		one = new(signer)
		s.keys[string(key)] = one
	}
	return one
}

func (s *signer) credit() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit()
}

func (s *signer) limit() uint64 { return min(1+s.honoured, maxCredit) }

// take reserves one request, or reports that the budget is used up.
func (s *signer) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.limit() {
		return false
	}
	s.open++
	return true
}

// release returns requests that were refused, failed or written off.
func (s *signer) release(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open -= min(n, s.open)
}

// paid returns requests that were served and have a durable receipt now.
func (s *signer) paid(served, honoured uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open -= min(served, s.open)
	s.honoured += honoured
}
