package types

import (
	"encoding/binary"

	"github.com/hdevalence/ed25519consensus"

	"cosmossdk.io/errors"
)

// VersionSignBytes is what the function's key signs for a version: everything in it but status, signature and reason, bound to the
// chain, the owner and the name.
func VersionSignBytes(chainID, owner, name string, v *Version) []byte {
	return frame("orb/version/v1",
		[]byte(chainID), []byte(owner), []byte(name),
		[]byte(v.FunctionId), number(v.Number),
		[]byte(v.Artifact.Cid), v.Artifact.Sha256, v.Artifact.MerkleRoot, number(v.Artifact.Size_),
		v.SourceHash, v.Sample.Request,
		number(v.Complexity), number(v.FuelLimit), number(v.MemoryLimit), number(uint64(v.Contract)),
	)
}

// VerifyVersion checks a version's signature under the ed25519 rules that the SDK uses for consensus, with the key and for the owner
// that the function had when it was signed.
func VerifyVersion(chainID, name string, v *Version) error {
	if err := validateSigningKey(v.SigningKey); err != nil {
		return err
	}
	if !ed25519consensus.Verify(v.SigningKey, VersionSignBytes(chainID, v.Owner, name, v), v.Signature) {
		return errors.Wrapf(ErrInvalidSignature, "version %d of %s is not signed by the function's key for owner %s on %s", v.Number, v.FunctionId, v.Owner, chainID)
	}
	return nil
}

// RotationSignBytes is what a function's new key signs to take the old one's place: it shows that somebody has the key.
func RotationSignBytes(chainID, owner, functionID string, signingKey []byte) []byte {
	return frame("orb/rotation/v1", []byte(chainID), []byte(owner), []byte(functionID), signingKey)
}

// VerifyRotation checks the new key's signature.
func VerifyRotation(chainID, owner, functionID string, signingKey, signature []byte) error {
	if err := validateSigningKey(signingKey); err != nil {
		return err
	}
	if !ed25519consensus.Verify(signingKey, RotationSignBytes(chainID, owner, functionID, signingKey), signature) {
		return errors.Wrapf(ErrInvalidSignature, "the new key has not signed its rotation into %s by %s on %s", functionID, owner, chainID)
	}
	return nil
}

// frame joins a label and fields, each behind its length as 4 bytes big endian, so that no two lists of fields give the same bytes.
func frame(label string, fields ...[]byte) []byte {
	size := 4 + len(label)
	for _, field := range fields {
		size += 4 + len(field)
	}
	out := make([]byte, 0, size)
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(label))), label...)
	for _, field := range fields {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(field))), field...)
	}
	return out
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
