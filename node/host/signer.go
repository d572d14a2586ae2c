package host

import "sync"

const (
	// easyCredit is how far a session key's credit grows by a request for each that was paid, and maxCredit how far at all.
	easyCredit = 64
	maxCredit  = 1024
)

// Credit is how many requests a session key may be behind with, over all its lanes, that has paid for so many: one for a stranger, and
// one more for each up to 64; from there on a sixteenth of what was paid, at most 1024. Never paying again brings in at most that. On a
// long way it bounds the pace, since a receipt takes a round trip and a write to disk.
func Credit(paid uint64) uint64 {
	if paid < easyCredit {
		return 1 + paid
	}
	return max(easyCredit, min(paid/16, maxCredit))
}

// signers keep the budget of each session key.
type signers struct {
	mu   sync.Mutex
	keys map[string]*signer
}

type signer struct {
	mu sync.Mutex
	// honoured requests have a receipt, open ones are being served or have none yet, and waiting ones are let in when others have got theirs.
	honoured, open, waiting uint64
	// freed is closed when some of the budget is free again; nil while nobody waits.
	freed chan struct{}
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

func (s *signer) limit() uint64 { return Credit(s.honoured) }

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

// wait joins those that wait for budget, unless they are as many as the budget already: whoever has not paid yet may not have much wait. The
// caller leaves.
func (s *signer) wait() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= s.limit() {
		return false
	}
	s.waiting++
	return true
}

func (s *signer) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
}

// frees returns a channel that is closed when requests are released or paid from now on.
func (s *signer) frees() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.freed == nil {
		s.freed = make(chan struct{})
	}
	return s.freed
}

func (s *signer) freeLocked(n uint64) {
	s.open -= min(n, s.open)
	if s.freed != nil {
		close(s.freed)
		s.freed = nil
	}
}

// release returns requests that were refused, failed or written off.
func (s *signer) release(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.freeLocked(n)
}

// paid returns requests that were served and have a durable receipt now.
func (s *signer) paid(served, honoured uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.honoured += honoured
	s.freeLocked(served)
}
