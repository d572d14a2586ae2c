package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"strings"

	"cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/types/bech32"
)

const (
	// FunctionPrefix is the bech32 prefix of function ids.
	FunctionPrefix = "orbfn"
	// AddressSize is the length in bytes of the address inside a function id and of a claim id.
	AddressSize = 20
)

// FunctionID is the bech32 address of a function's first signing key: sha256(key)[:20], as for any ed25519 key of the SDK.
func FunctionID(signingKey []byte) string {
	sum := sha256.Sum256(signingKey)
	id, err := bech32.ConvertAndEncode(FunctionPrefix, sum[:AddressSize])
	if err != nil {
		panic(err) // 20 bytes under a constant prefix always encode
	}
	return id
}

// ParseFunctionID returns the 20 address bytes of a function id, or ErrInvalidID.
func ParseFunctionID(id string) ([]byte, error) {
	prefix, address, err := bech32.DecodeAndConvert(id)
	if err != nil {
		return nil, errors.Wrap(ErrInvalidID, err.Error())
	}
	if prefix != FunctionPrefix || len(address) != AddressSize {
		return nil, errors.Wrapf(ErrInvalidID, "%q is not a bech32 %s address of %d bytes", id, FunctionPrefix, AddressSize)
	}
	// bech32 is case-insensitive; an id is a key, so it has one form
	if id != strings.ToLower(id) {
		return nil, errors.Wrapf(ErrInvalidID, "%q is not in lower case", id)
	}
	return address, nil
}

// IsFunctionID tells an id from a name; names never begin like an id.
func IsFunctionID(s string) bool { return strings.HasPrefix(s, FunctionPrefix+"1") }

func validateSigningKey(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return errors.Wrapf(ErrInvalidFunction, "signing key has %d bytes, want %d", len(key), ed25519.PublicKeySize)
	}
	return nil
}
