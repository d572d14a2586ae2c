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
	nodeLabel   = "orb/drawn-node/v1"
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

// Drawn tells whether a node has to prove in the beacon's epoch. Each node is drawn by itself, so that nobody has to list them.
func (b Beacon) Drawn(orbID string) bool {
	if b.Draws >= b.Nodes {
		return true
	}
	h := sha256.New()
	h.Write([]byte(nodeLabel))
	h.Write(b.Value)
	h.Write([]byte(orbID))
	return binary.BigEndian.Uint64(h.Sum(nil))%b.Nodes < b.Draws
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
