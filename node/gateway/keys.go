package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	bolt "go.etcd.io/bbolt"
)

const (
	// KeyPrefix begins every API key.
	KeyPrefix = "orbk_"

	keyHeader       = "Orb-Key"
	keyLabel        = "orb/apikey/v1"
	keyWindow       = 5 * time.Minute
	maxKeysPerPayer = 20
	maxKeyRequest   = 4 << 10
)

// KeyRequest asks for an API key. The payer's account signs it, so that nobody else can spend its subscriptions.
type KeyRequest struct {
	// Payer is the account's address and PubKey its 33-byte secp256k1 public key. Bytes are base64 in JSON.
	Payer  string `json:"payer"`
	PubKey []byte `json:"pubkey"`
	// Timestamp in Unix seconds; at most five minutes from the gateway's clock. Each is good for one key.
	Timestamp int64 `json:"timestamp"`
	// Signature over KeySignBytes.
	Signature []byte `json:"signature"`
}

// KeySignBytes is what a payer's account signs to get an API key from the gateway with the given attester account. It can be mistaken
// for no transaction: those are protobuf or JSON, and this begins with a length in big endian, which is 0 in its first byte.
func KeySignBytes(chainID, attester, payer string, timestamp int64) []byte {
	return signBytes(keyLabel, chainID, attester, payer, fmt.Sprint(timestamp))
}

// signBytes puts each field behind its length as a big-endian uint32.
func signBytes(fields ...string) []byte {
	var b []byte
	for _, field := range fields {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
	}
	return b
}

// verify checks the request's form, time and signature.
func (r *KeyRequest) verify(chainID, attester string, now time.Time) error {
	if len(r.PubKey) != secp256k1.PubKeySize {
		return fmt.Errorf("%w: the public key has %d bytes, want %d", errKeyRequest, len(r.PubKey), secp256k1.PubKeySize)
	}
	key := secp256k1.PubKey{Key: r.PubKey}
	if sdk.AccAddress(key.Address()).String() != r.Payer {
		return fmt.Errorf("%w: the public key is not of %s", errKeyRequest, r.Payer)
	}
	if age := now.Sub(time.Unix(r.Timestamp, 0)); age > keyWindow || age < -keyWindow {
		return fmt.Errorf("%w: its time is %s away from the gateway's", errKeyRequest, age.Abs().Round(time.Second))
	}
	if !key.VerifySignature(KeySignBytes(chainID, attester, r.Payer, r.Timestamp), r.Signature) {
		return fmt.Errorf("%w: the signature does not match", errKeyRequest)
	}
	return nil
}

var keysBucket = []byte("keys")

// keyRecord is what is kept of a key: not the key itself, so that who reads the disk cannot spend.
type keyRecord struct {
	Payer string `json:"payer"`
	// Requested is the timestamp of the request that the key answered.
	Requested int64 `json:"requested"`
}

// keys maps API keys to payers. Lookups are in memory; the disk has every key before its holder does.
type keys struct {
	db *bolt.DB

	mu     sync.RWMutex
	byHash map[[sha256.Size]byte]keyRecord
}

func openKeys(db *bolt.DB) (*keys, error) {
	k := &keys{db: db, byHash: make(map[[sha256.Size]byte]keyRecord)}
	err := db.Update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(keysBucket)
		if err != nil {
			return err
		}
		return bucket.ForEach(func(hash, value []byte) error {
			var record keyRecord
			if err := json.Unmarshal(value, &record); err != nil {
				return err
			}
			k.byHash[[sha256.Size]byte(hash)] = record
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("opening API keys: %w", err)
	}
	return k, nil
}

// create makes a key for a verified request.
func (k *keys) create(payer string, requested int64) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	count := 0
	for _, record := range k.byHash {
		if record.Payer != payer {
			continue
		}
		if count++; count == maxKeysPerPayer {
			return "", errTooManyKeys
		}
		if record.Requested == requested {
			return "", fmt.Errorf("%w: it was answered before; sign a new one", errKeyRequest)
		}
	}
	key := KeyPrefix + rand.Text()
	hash := sha256.Sum256([]byte(key))
	record := keyRecord{Payer: payer, Requested: requested}
	value, err := json.Marshal(record)
	if err != nil {
		return "", err
	}
	if err := k.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(keysBucket).Put(hash[:], value) }); err != nil {
		return "", fmt.Errorf("storing API key: %w", err)
	}
	k.byHash[hash] = record
	return key, nil
}

// payer returns whose key it is.
func (k *keys) payer(key string) (string, bool) {
	hash := sha256.Sum256([]byte(key))
	k.mu.RLock()
	defer k.mu.RUnlock()
	record, found := k.byHash[hash]
	return record.Payer, found
}

func (k *keys) delete(key string) error {
	hash := sha256.Sum256([]byte(key))
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, found := k.byHash[hash]; !found {
		return errKey
	}
	if err := k.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(keysBucket).Delete(hash[:]) }); err != nil {
		return fmt.Errorf("deleting API key: %w", err)
	}
	delete(k.byHash, hash)
	return nil
}

// presented returns the API key of a request, or "".
func presented(r *http.Request) string {
	if key := r.Header.Get(keyHeader); key != "" {
		return key
	}
	// A bearer token of another kind is not for the gateway, and no function sees it.
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(token, KeyPrefix) {
		return token
	}
	return ""
}

// createKey serves POST /v1/keys.
func (s *Server) createKey(w http.ResponseWriter, r *http.Request) error {
	var request KeyRequest
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxKeyRequest))
	if err != nil {
		return readError(err)
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return fmt.Errorf("%w: %w", errKeyRequest, err)
	}
	if err := request.verify(s.chainID, s.attester, time.Now()); err != nil {
		return err
	}
	// An account costs something to have, so keys cannot be made without end.
	known, err := s.chain.AccountExists(r.Context(), request.Payer)
	if err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("%w: %s has no account on the chain", errKeyRequest, request.Payer)
	}
	key, err := s.keys.create(request.Payer, request.Timestamp)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Key string `json:"key"`
	}{key})
}

// deleteKey serves DELETE /v1/keys: who holds a key may end it.
func (s *Server) deleteKey(w http.ResponseWriter, r *http.Request) error {
	if err := s.keys.delete(presented(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(data, '\n'))
	return nil
}

// readError tells a body that is too long from one that did not arrive.
func readError(err error) error {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return fmt.Errorf("%w: at most %d bytes are taken", errTooLarge, tooLong.Limit)
	case errors.Is(err, context.Canceled):
		return err
	default:
		return fmt.Errorf("%w: %w", errBody, err)
	}
}
