// Package verify is the super node's worker on claims: it fetches what a claim is about, checks and re-runs it, commits to the verdict
// and reveals it.
package verify

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

var (
	// ErrArtifact says that bytes are not the ones that a version names, or that the version is not signed by the function's key.
	ErrArtifact = errors.New("the artifact is not the one on chain")
	// ErrModule says that an artifact is outside of the function contract.
	ErrModule = errors.New("the module is outside of the function contract")
)

// Version checks an artifact against what the chain says about it: size, sha256, Merkle root, signature and module. Errors wrap
// ErrArtifact or ErrModule.
func Version(chainID string, fn functionstypes.Function, v functionstypes.Version, artifact []byte) error {
	if uint64(len(artifact)) != v.Artifact.Size_ {
		return fmt.Errorf("%w: it has %d bytes, not %d", ErrArtifact, len(artifact), v.Artifact.Size_)
	}
	if sum := sha256.Sum256(artifact); string(sum[:]) != string(v.Artifact.Sha256) {
		return fmt.Errorf("%w: its sha256 is %x, not %x", ErrArtifact, sum, v.Artifact.Sha256)
	}
	if root := possession.Root(artifact); string(root[:]) != string(v.Artifact.MerkleRoot) {
		return fmt.Errorf("%w: its Merkle root is %x, not %x", ErrArtifact, root, v.Artifact.MerkleRoot)
	}
	if err := functionstypes.VerifyVersion(chainID, fn.Name, &v); err != nil {
		return fmt.Errorf("%w: %w", ErrArtifact, err)
	}
	if _, err := wasm.Check(artifact); err != nil {
		return fmt.Errorf("%w: %w", ErrModule, err)
	}
	return nil
}
