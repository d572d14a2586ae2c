package client

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	// keepResults is how many results behind the last receipt stay known, so that a batch which a host sends again after it lost our
	// receipt can be told from a false one.
	keepResults = 1024
	// maxPending bounds the batches that wait for responses still under way on other streams.
	maxPending = 64
)

// ErrBadBatch says that a host signed something else than it delivered. Such a host is not called again.
var ErrBadBatch = errors.New("the host's batch does not match what it delivered")

// ledger is the caller's account of one lane. It is not safe for concurrent use.
type ledger struct {
	chainID    string
	laneID     []byte
	functionID string
	session    ed25519.PrivateKey
	host       ed25519.PublicKey

	// count is the highest number that a receipt was signed for, and whole the highest up to which no result is missing.
	count, whole uint64
	// unpaid is how many responses are held beyond count.
	unpaid  int
	results map[uint64]delivered
	pending []receipt.ResultBatch
	// oldest is the lowest number that may still be in results.
	oldest uint64
}

// delivered is a result as the caller saw it, of the version that it asked for.
type delivered struct {
	receipt.Result
	version uint64
}

// add records a response and returns the receipt for batches that waited for it, if any.
func (l *ledger) add(version uint64, result receipt.Result) (*receipt.Receipt, error) {
	if result.Sequence <= l.count {
		return nil, fmt.Errorf("%w: number %d was used before", ErrBadBatch, result.Sequence)
	}
	if _, held := l.results[result.Sequence]; held {
		return nil, fmt.Errorf("%w: number %d was used twice", ErrBadBatch, result.Sequence)
	}
	l.results[result.Sequence] = delivered{result, version}
	l.unpaid++
	for _, held := l.results[l.whole+1]; held; _, held = l.results[l.whole+1] {
		l.whole++
	}
	return l.advance()
}

// batch takes a host's batch and returns the receipt that answers it, or nil while responses that it covers have not arrived.
func (l *ledger) batch(b receipt.ResultBatch) (*receipt.Receipt, error) {
	switch {
	case b.FunctionId != l.functionID:
		return nil, fmt.Errorf("%w: it is about function %s", ErrBadBatch, b.FunctionId)
	case b.From == 0 || b.From > b.To:
		return nil, fmt.Errorf("%w: it covers numbers %d to %d", ErrBadBatch, b.From, b.To)
	case b.To <= l.count:
		// The host has lost the receipt, or it was under way.
		return l.receipt(), nil
	case len(l.pending) == maxPending:
		return nil, fmt.Errorf("%w: %d batches wait for responses", ErrBadBatch, maxPending)
	}
	l.pending = append(l.pending, b)
	return l.advance()
}

// advance verifies every pending batch whose results are all there, in order, and signs for the last one.
func (l *ledger) advance() (*receipt.Receipt, error) {
	before := l.count
	for again := true; again; {
		again = false
		for i := range l.pending {
			b := l.pending[i]
			results, complete := l.covered(&b)
			if !complete {
				continue
			}
			if err := l.verify(&b, results); err != nil {
				return nil, err
			}
			l.pending = append(l.pending[:i], l.pending[i+1:]...)
			if b.To > l.count {
				l.unpaid -= int(b.To - l.count) // covered has them all
				l.count = b.To
			}
			again = true
			break
		}
	}
	if l.count == before {
		return nil, nil
	}
	for ; l.oldest+keepResults < l.count; l.oldest++ {
		delete(l.results, l.oldest)
	}
	return l.receipt(), nil
}

// covered returns the results that b is about, and whether it continues what is paid and all of them are held.
func (l *ledger) covered(b *receipt.ResultBatch) ([]delivered, bool) {
	if b.From > l.count+1 || b.To > l.whole || b.To-b.From >= uint64(len(l.results)) {
		return nil, false
	}
	results := make([]delivered, 0, b.To-b.From+1)
	for sequence := b.From; sequence <= b.To; sequence++ {
		result, held := l.results[sequence]
		if !held {
			return nil, false
		}
		results = append(results, result)
	}
	return results, true
}

func (l *ledger) verify(b *receipt.ResultBatch, held []delivered) error {
	results := make([]receipt.Result, len(held))
	for i, result := range held {
		if result.version != b.Version {
			return fmt.Errorf("%w: number %d was served by version %d, not %d", ErrBadBatch, result.Sequence, result.version, b.Version)
		}
		results[i] = result.Result
	}
	if root := receipt.Root(results); string(root[:]) != string(b.Root) {
		return fmt.Errorf("%w: numbers %d to %d have another root", ErrBadBatch, b.From, b.To)
	}
	if err := b.Verify(l.chainID, l.host); err != nil {
		return fmt.Errorf("%w: %w", ErrBadBatch, err)
	}
	return nil
}

// resume takes the host's side after a connect and returns the receipt with the number that both go on from. A receipt that does not
// verify is an error: nobody but this caller can have signed it.
func (l *ledger) resume(held *receipt.Receipt) (*receipt.Receipt, error) {
	if held != nil && held.Count > l.count {
		if string(held.LaneId) != string(l.laneID) {
			return nil, fmt.Errorf("the host shows a receipt of another lane")
		}
		if err := held.Verify(l.chainID, l.session.Public().(ed25519.PublicKey)); err != nil {
			return nil, fmt.Errorf("the host shows a receipt that this caller has not signed: %w", err)
		}
		l.count = held.Count
	}
	l.results = make(map[uint64]delivered)
	l.pending, l.unpaid = nil, 0
	l.oldest, l.whole = l.count+1, l.count
	return l.receipt(), nil
}

func (l *ledger) receipt() *receipt.Receipt {
	r := receipt.Sign(l.session, l.chainID, l.laneID, l.count)
	return &r
}
