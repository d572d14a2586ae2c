package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
)

var update = flag.Bool("update", false, "rewrite testdata from what the code gives")

const chainID = "orb-test"

// key returns the key with a seed of 32 times b.
func key(b byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, 32)) }

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func laneID(b byte) []byte { return bytes.Repeat([]byte{b}, receipt.LaneIDSize) }

func results(from uint64, count int) []receipt.Result {
	rs := make([]receipt.Result, count)
	for i := range rs {
		request, response := sha256.Sum256([]byte{byte(i)}), sha256.Sum256([]byte{byte(i), 1})
		rs[i] = receipt.Result{
			Sequence: from + uint64(i), RequestHash: request[:], ResponseHash: response[:], Fuel: uint64(1000 * i), Outcome: uint32(i % 3),
		}
	}
	return rs
}

// TestVectors holds sign bytes, signatures and roots against testdata, which another implementation can use too.
func TestVectors(t *testing.T) {
	type receiptVector struct {
		Seed      string `json:"seed_hex"`
		ChainID   string `json:"chain_id"`
		LaneID    string `json:"lane_id_hex"`
		Count     uint64 `json:"count"`
		SignBytes string `json:"sign_bytes_hex"`
		Signature string `json:"signature_hex"`
	}
	type batchVector struct {
		Seed       string           `json:"seed_hex"`
		ChainID    string           `json:"chain_id"`
		LaneID     string           `json:"lane_id_hex"`
		FunctionID string           `json:"function_id"`
		Version    uint64           `json:"version"`
		Results    []receipt.Result `json:"results"`
		Root       string           `json:"root_hex"`
		SignBytes  string           `json:"sign_bytes_hex"`
		Signature  string           `json:"signature_hex"`
	}
	var vectors struct {
		Receipts []receiptVector `json:"receipts"`
		Batches  []batchVector   `json:"batches"`
	}
	for _, count := range []uint64{0, 1, 10_000_000, 1<<64 - 1} {
		r := receipt.Sign(key(7), chainID, laneID(3), count)
		vectors.Receipts = append(vectors.Receipts, receiptVector{
			hex.EncodeToString(key(7).Seed()), chainID, hex.EncodeToString(r.LaneId), count,
			hex.EncodeToString(receipt.SignBytes(chainID, r.LaneId, count)), hex.EncodeToString(r.Signature),
		})
	}
	for _, count := range []int{1, 2, 5, 64} {
		rs := results(10, count)
		b := receipt.SignBatch(key(9), chainID, laneID(3), "orbfn1test", 2, rs)
		vectors.Batches = append(vectors.Batches, batchVector{
			hex.EncodeToString(key(9).Seed()), chainID, hex.EncodeToString(b.LaneId), b.FunctionId, b.Version, rs, hex.EncodeToString(b.Root),
			hex.EncodeToString(receipt.BatchSignBytes(chainID, &b)), hex.EncodeToString(b.Signature),
		})
	}
	got, err := json.MarshalIndent(vectors, "", "  ")
	require.NoError(t, err)
	got = append(got, '\n')
	const path = "testdata/vectors.json"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestReceiptVerify(t *testing.T) {
	valid := receipt.Sign(key(1), chainID, laneID(2), 42)
	require.NoError(t, valid.Verify(chainID, public(key(1))))
	require.Empty(t, receipt.VerifyAll(chainID, nil, nil))
	require.Equal(t, make([]error, 2), receipt.VerifyAll(chainID, []receipt.Receipt{valid, valid}, []ed25519.PublicKey{public(key(1)), public(key(1))}))
	for name, c := range map[string]struct {
		change  func(*receipt.Receipt)
		chainID string
		key     ed25519.PublicKey
	}{
		"another count":      {func(r *receipt.Receipt) { r.Count++ }, chainID, public(key(1))},
		"another lane":       {func(r *receipt.Receipt) { r.LaneId = laneID(3) }, chainID, public(key(1))},
		"a short lane id":    {func(r *receipt.Receipt) { r.LaneId = r.LaneId[1:] }, chainID, public(key(1))},
		"another chain":      {func(*receipt.Receipt) {}, "orb-other", public(key(1))},
		"another key":        {func(*receipt.Receipt) {}, chainID, public(key(2))},
		"a short key":        {func(*receipt.Receipt) {}, chainID, public(key(1))[1:]},
		"no signature":       {func(r *receipt.Receipt) { r.Signature = nil }, chainID, public(key(1))},
		"a signature change": {func(r *receipt.Receipt) { r.Signature[5] ^= 1 }, chainID, public(key(1))},
	} {
		t.Run(name, func(t *testing.T) {
			r := receipt.Receipt{LaneId: bytes.Clone(valid.LaneId), Count: valid.Count, Signature: bytes.Clone(valid.Signature)}
			c.change(&r)
			require.ErrorIs(t, r.Verify(c.chainID, c.key), receipt.ErrInvalid)

			other := receipt.Sign(key(7), c.chainID, laneID(7), 1)
			refused := receipt.VerifyAll(c.chainID, []receipt.Receipt{other, r, other}, []ed25519.PublicKey{public(key(7)), c.key, public(key(7))})
			require.Len(t, refused, 3)
			require.NoError(t, errors.Join(refused[0], refused[2]), "the others are good")
			require.ErrorIs(t, refused[1], receipt.ErrInvalid)
		})
	}
}

func TestBatchVerify(t *testing.T) {
	sign := func() receipt.ResultBatch {
		return receipt.SignBatch(key(1), chainID, laneID(2), "orbfn1test", 1, results(1, 4))
	}
	valid := sign()
	require.NoError(t, valid.Verify(chainID, public(key(1))))
	for name, change := range map[string]func(*receipt.ResultBatch){
		"another function": func(b *receipt.ResultBatch) { b.FunctionId = "orbfn1other" },
		"another version":  func(b *receipt.ResultBatch) { b.Version++ },
		"another range":    func(b *receipt.ResultBatch) { b.To++ },
		"an empty range":   func(b *receipt.ResultBatch) { b.To = b.From - 1 },
		"from zero":        func(b *receipt.ResultBatch) { b.From = 0 },
		"another root":     func(b *receipt.ResultBatch) { b.Root[0] ^= 1 },
		"a short root":     func(b *receipt.ResultBatch) { b.Root = b.Root[1:] },
		"a short lane id":  func(b *receipt.ResultBatch) { b.LaneId = b.LaneId[1:] },
		"no signature":     func(b *receipt.ResultBatch) { b.Signature = nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := sign()
			change(&b)
			require.ErrorIs(t, b.Verify(chainID, public(key(1))), receipt.ErrInvalid)
		})
	}
}

// TestResultInBatch: every result of a batch proves that it belongs, and nothing else does.
func TestResultInBatch(t *testing.T) {
	for _, count := range []int{1, 2, 3, 7, 8, 64} {
		rs := results(100, count)
		b := receipt.SignBatch(key(1), chainID, laneID(2), "orbfn1test", 1, rs)
		for i := range rs {
			path, err := receipt.Prove(rs, i)
			require.NoError(t, err)
			require.NoError(t, b.VerifyResult(&rs[i], path))

			lie := rs[i]
			lie.Fuel++
			require.ErrorIs(t, b.VerifyResult(&lie, path), receipt.ErrInvalid)
			moved := rs[i]
			moved.Sequence = b.To + 1
			require.ErrorIs(t, b.VerifyResult(&moved, path), receipt.ErrInvalid)
		}
	}
	_, err := receipt.Prove(results(1, 2), 2)
	require.Error(t, err)
}

func FuzzVerify(f *testing.F) {
	r := receipt.Sign(key(1), chainID, laneID(2), 1)
	valid, err := r.Marshal()
	require.NoError(f, err)
	f.Add(valid)
	b := receipt.SignBatch(key(1), chainID, laneID(2), "orbfn1test", 1, results(1, 3))
	validBatch, err := b.Marshal()
	require.NoError(f, err)
	f.Add(validBatch)
	f.Fuzz(func(t *testing.T, data []byte) {
		var r receipt.Receipt
		if r.Unmarshal(data) == nil && r.Verify(chainID, public(key(1))) == nil {
			require.True(t, bytes.Equal(r.LaneId, laneID(2)) && r.Count == 1, "a receipt nobody signed verifies")
		}
		var b receipt.ResultBatch
		if b.Unmarshal(data) == nil && b.Verify(chainID, public(key(1))) == nil {
			require.Equal(t, uint64(3), b.To, "a batch nobody signed verifies")
		}
		var result receipt.Result
		if result.Unmarshal(data) == nil {
			require.Error(t, b.VerifyResult(&result, [][]byte{data}))
		}
	})
}
