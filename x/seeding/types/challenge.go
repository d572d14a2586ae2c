package types

import (
	"crypto/sha256"
	"encoding/binary"

	"cosmossdk.io/errors"

	"github.com/orbnetwork/orb/pkg/possession"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	beaconLabel = "orb/beacon/v1"
	drawLabel   = "orb/draw/v1"
)

// NextBeacon derives an epoch's randomness from the one before and the state that its first block builds on.
func NextBeacon(previous, appHash []byte, height int64) []byte {
	h := sha256.New()
	h.Write([]byte(beaconLabel))
	h.Write(previous)
	h.Write(appHash)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(height)))
	return h.Sum(nil)
}

// DrawPoint is a point in the space of function ids from which on a node's seed is searched for its challenge.
func DrawPoint(beacon []byte, orbID string) string {
	h := sha256.New()
	h.Write([]byte(drawLabel))
	h.Write(beacon)
	h.Write([]byte(orbID))
	return functionstypes.FunctionID(h.Sum(nil))
}

// Verify checks a proof against an artifact and the challenge that the beacon gives the node for the function.
func (p Proof) Verify(artifact functionstypes.Artifact, beacon []byte, orbID, functionID string) error {
	index := possession.Index(beacon, orbID, functionID, artifact.Size_)
	if err := possession.Verify(artifact.MerkleRoot, artifact.Size_, index, p.Chunk, p.Path); err != nil {
		return errors.Wrap(ErrInvalidProof, err.Error())
	}
	return nil
}
