package types

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"cosmossdk.io/errors"
)

// Validate checks the shape of an artifact's names.
func (a Artifact) Validate() error {
	if err := validateCID(a.Cid); err != nil {
		return err
	}
	switch {
	case len(a.Sha256) != sha256.Size:
		return errors.Wrapf(ErrInvalidVersion, "artifact sha256 has %d bytes, want %d", len(a.Sha256), sha256.Size)
	case len(a.MerkleRoot) != sha256.Size:
		return errors.Wrapf(ErrInvalidVersion, "artifact merkle root has %d bytes, want %d", len(a.MerkleRoot), sha256.Size)
	case a.Size_ == 0:
		return errors.Wrap(ErrInvalidVersion, "artifact size is 0")
	}
	return nil
}

// The bytes before the digest in a CIDv1 of the unixfs-v1-2025 profile: version, codec (raw or dag-pb), sha2-256, 32 bytes.
var (
	cidRaw   = []byte{0x01, 0x55, 0x12, 0x20}
	cidDagPB = []byte{0x01, 0x70, 0x12, 0x20}
	// multibase base32: prefix b, lower case, no padding
	cidBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

func validateCID(cid string) error {
	digits, found := strings.CutPrefix(cid, "b")
	if !found {
		return errors.Wrapf(ErrInvalidVersion, "cid %q is not in base32", cid)
	}
	decoded, err := cidBase32.DecodeString(digits)
	if err != nil || cidBase32.EncodeToString(decoded) != digits {
		return errors.Wrapf(ErrInvalidVersion, "cid %q is not in base32", cid)
	}
	if len(decoded) != len(cidRaw)+sha256.Size || !bytes.HasPrefix(decoded, cidRaw) && !bytes.HasPrefix(decoded, cidDagPB) {
		return errors.Wrapf(ErrInvalidVersion, "cid %q is not a CIDv1 of a file with a sha2-256 digest", cid)
	}
	return nil
}
