package client

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	testChain    = "orb-test"
	testFunction = "orbfn1test"
)

var testLaneID = make([]byte, receipt.LaneIDSize)

// pair is a caller's ledger and the host's key.
func pair(t *testing.T) (*ledger, ed25519.PrivateKey) {
	t.Helper()
	_, session, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	public, host, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return &ledger{
		chainID: testChain, laneID: testLaneID, functionID: testFunction, session: session, host: public,
		results: make(map[uint64]delivered), oldest: 1,
	}, host
}

func result(sequence uint64) receipt.Result {
	request := sha256.Sum256(binary.BigEndian.AppendUint64(nil, sequence))
	response := sha256.Sum256(request[:])
	return receipt.Result{Sequence: sequence, RequestHash: request[:], ResponseHash: response[:], Fuel: 7 * sequence}
}

func results(from, to uint64) []receipt.Result {
	var all []receipt.Result
	for sequence := from; sequence <= to; sequence++ {
		all = append(all, result(sequence))
	}
	return all
}

func batch(host ed25519.PrivateKey, from, to uint64) receipt.ResultBatch {
	return receipt.SignBatch(host, testChain, testLaneID, testFunction, 1, results(from, to))
}

// take gives the ledger results that no batch waits for.
func take(t *testing.T, l *ledger, sequences ...uint64) {
	t.Helper()
	for _, sequence := range sequences {
		r, err := l.add(1, result(sequence))
		require.NoError(t, err)
		require.Nil(t, r)
	}
}

func requireReceipt(t *testing.T, l *ledger, r *receipt.Receipt, count uint64) {
	t.Helper()
	require.NotNil(t, r)
	require.Equal(t, count, r.Count)
	require.Equal(t, testLaneID, r.LaneId)
	require.NoError(t, r.Verify(testChain, l.session.Public().(ed25519.PublicKey)))
}

func TestLedgerSignsForWhatItHolds(t *testing.T) {
	l, host := pair(t)
	take(t, l, 1, 3, 2)
	require.Equal(t, 3, l.unpaid)
	r, err := l.batch(batch(host, 1, 3))
	require.NoError(t, err)
	requireReceipt(t, l, r, 3)
	require.Zero(t, l.unpaid)
}

// Responses and batches travel on different streams.
func TestLedgerBatchBeforeResponses(t *testing.T) {
	l, host := pair(t)
	take(t, l, 2)
	for _, b := range []receipt.ResultBatch{batch(host, 3, 4), batch(host, 1, 2)} {
		r, err := l.batch(b)
		require.NoError(t, err)
		require.Nil(t, r, "a response is missing")
	}
	take(t, l, 3, 4)
	r, err := l.add(1, result(1))
	require.NoError(t, err)
	requireReceipt(t, l, r, 4)
}

func TestLedgerRepeatedBatch(t *testing.T) {
	l, host := pair(t)
	take(t, l, 1, 2, 3)
	_, err := l.batch(batch(host, 1, 2))
	require.NoError(t, err)
	r, err := l.batch(batch(host, 1, 2))
	require.NoError(t, err)
	requireReceipt(t, l, r, 2)
	r, err = l.batch(batch(host, 1, 3)) // cut anew by a host that lost the receipt
	require.NoError(t, err)
	requireReceipt(t, l, r, 3)
	require.Zero(t, l.unpaid)
}

func TestLedgerRefuses(t *testing.T) {
	sign := func(host ed25519.PrivateKey, change func([]receipt.Result)) receipt.ResultBatch {
		all := results(1, 3)
		change(all)
		return receipt.SignBatch(host, testChain, testLaneID, testFunction, 1, all)
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	for name, make := range map[string]func(host ed25519.PrivateKey) receipt.ResultBatch{
		"response": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return sign(host, func(r []receipt.Result) { r[1].ResponseHash = r[0].ResponseHash })
		},
		"request": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return sign(host, func(r []receipt.Result) { r[2].RequestHash = r[0].RequestHash })
		},
		"fuel": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return sign(host, func(r []receipt.Result) { r[0].Fuel++ })
		},
		"fault": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return sign(host, func(r []receipt.Result) { r[0].Outcome = uint32(receipt.FaultTrap) })
		},
		"signature": func(ed25519.PrivateKey) receipt.ResultBatch { return batch(stranger, 1, 3) },
		"chain": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return receipt.SignBatch(host, "other", testLaneID, testFunction, 1, results(1, 3))
		},
		"version": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return receipt.SignBatch(host, testChain, testLaneID, testFunction, 2, results(1, 3))
		},
		"function": func(host ed25519.PrivateKey) receipt.ResultBatch {
			return receipt.SignBatch(host, testChain, testLaneID, "orbfn1other", 1, results(1, 3))
		},
		"range": func(host ed25519.PrivateKey) receipt.ResultBatch {
			b := batch(host, 1, 3)
			b.From, b.To = b.To, b.From
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, host := pair(t)
			take(t, l, 1, 2, 3)
			r, err := l.batch(make(host))
			require.ErrorIs(t, err, ErrBadBatch)
			require.Nil(t, r)
			require.Zero(t, l.count)
		})
	}
}

func TestLedgerNumberUsedTwice(t *testing.T) {
	l, host := pair(t)
	take(t, l, 1)
	_, err := l.add(1, result(1))
	require.ErrorIs(t, err, ErrBadBatch)
	_, err = l.batch(batch(host, 1, 1))
	require.NoError(t, err)
	_, err = l.add(1, result(1))
	require.ErrorIs(t, err, ErrBadBatch)
}

// A batch over numbers that were never delivered waits for ever and pays nothing.
func TestLedgerOverService(t *testing.T) {
	l, host := pair(t)
	take(t, l, 1, 2)
	r, err := l.batch(batch(host, 1, 1_000))
	require.NoError(t, err)
	require.Nil(t, r)
	huge := batch(host, 1, 2)
	huge.To = 1 << 62
	r, err = l.batch(huge)
	require.NoError(t, err)
	require.Nil(t, r)
	require.Zero(t, l.count)
}

func TestLedgerResume(t *testing.T) {
	l, host := pair(t)
	take(t, l, 1, 2, 3)
	_, err := l.batch(batch(host, 1, 2))
	require.NoError(t, err)

	t.Run("the own number is higher", func(t *testing.T) {
		behind := receipt.Sign(l.session, testChain, testLaneID, 1)
		r, err := l.resume(&behind)
		require.NoError(t, err)
		requireReceipt(t, l, r, 2)
		require.Zero(t, l.unpaid, "3 is written off")
	})
	t.Run("after a restart the host's is", func(t *testing.T) {
		ahead := receipt.Sign(l.session, testChain, testLaneID, 40)
		r, err := l.resume(&ahead)
		require.NoError(t, err)
		requireReceipt(t, l, r, 40)
		take(t, l, 41)
		r, err = l.batch(batch(host, 41, 41))
		require.NoError(t, err)
		requireReceipt(t, l, r, 41)
	})
	t.Run("the host has forged it", func(t *testing.T) {
		forged := receipt.Sign(host, testChain, testLaneID, 1_000)
		_, err := l.resume(&forged)
		require.Error(t, err)
		other := receipt.Sign(l.session, "other", testLaneID, 1_000)
		_, err = l.resume(&other)
		require.Error(t, err)
		require.Equal(t, uint64(41), l.count)
	})
	t.Run("the host has none", func(t *testing.T) {
		r, err := l.resume(&receipt.Receipt{})
		require.NoError(t, err)
		requireReceipt(t, l, r, 41)
	})
}

func TestLedgerForgetsOldResults(t *testing.T) {
	l, host := pair(t)
	for sequence := uint64(1); sequence <= 3*keepResults; sequence++ {
		take(t, l, sequence)
		_, err := l.batch(batch(host, sequence, sequence))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(l.results), keepResults+1)
}
