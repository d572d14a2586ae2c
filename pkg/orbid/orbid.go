// Package orbid maps a node's ed25519 public key to its Orb ID, which is the key's libp2p peer ID: base58btc of the identity
// multihash of the protobuf-encoded key (libp2p specs, peer-ids). Chain and clients share it, so that the chain can verify a node's
// signature from its Orb ID alone, without libp2p.
package orbid

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"
)

// ErrInvalid is wrapped by every error of Key.
var ErrInvalid = errors.New("invalid Orb ID")

// maxLength bounds what Key decodes; an Orb ID has 52 characters.
const maxLength = 64

// prefix is identity multihash (0x00) of 36 bytes: key type (field 1) Ed25519 = 1, key data (field 2) of 32 bytes.
var prefix = []byte{0x00, 0x24, 0x08, 0x01, 0x12, 0x20}

// FromKey returns the Orb ID of a 32-byte public key. It panics when the key has another length, as the standard library's
// ed25519 does.
func FromKey(key ed25519.PublicKey) string {
	if len(key) != ed25519.PublicKeySize {
		panic(fmt.Sprintf("orbid: public key of %d bytes", len(key)))
	}
	return base58.Encode(append(bytes.Clone(prefix), key...))
}

// Key returns the 32-byte public key of an Orb ID. Only what FromKey gives is accepted.
func Key(id string) (ed25519.PublicKey, error) {
	if len(id) > maxLength {
		return nil, fmt.Errorf("%w: %d characters", ErrInvalid, len(id))
	}
	data, err := base58.Decode(id)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrInvalid, id, err)
	}
	key, ok := bytes.CutPrefix(data, prefix)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w %q: not the peer ID of an ed25519 key", ErrInvalid, id)
	}
	return key, nil
}
