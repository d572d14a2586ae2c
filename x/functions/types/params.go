package types

import (
	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Bounds of params that keep a block's work and a claim's size bounded whatever governance decides.
const (
	maxPhaseBlocks     = 100_000
	maxElectorsLimit   = 256
	maxClosingsLimit   = 1_000
	maxArtifactLimit   = 256 << 20
	maxMemoryLimit     = 4 << 30
	maxComplexityLimit = 1 << 48
)

// DefaultParams returns the params of a new chain.
func DefaultParams() Params {
	return Params{
		CommitBlocks:      60,
		RevealBlocks:      30,
		MaxArtifactBytes:  32 << 20,
		MinComplexity:     1_000,
		MaxComplexity:     10_000_000_000,
		MaxMemoryBytes:    256 << 20,
		MaxPrice:          sdk.NewInt64Coin(Denom, 1_000_000_000),
		MaxElectors:       32,
		MaxClaimsPerBlock: 50,
	}
}

// Validate checks each param's bounds.
func (p Params) Validate() error {
	switch {
	case p.CommitBlocks == 0 || p.CommitBlocks > maxPhaseBlocks:
		return errors.Wrapf(ErrInvalidParams, "commit_blocks %d is not in 1..%d", p.CommitBlocks, maxPhaseBlocks)
	case p.RevealBlocks == 0 || p.RevealBlocks > maxPhaseBlocks:
		return errors.Wrapf(ErrInvalidParams, "reveal_blocks %d is not in 1..%d", p.RevealBlocks, maxPhaseBlocks)
	case p.MaxArtifactBytes == 0 || p.MaxArtifactBytes > maxArtifactLimit:
		return errors.Wrapf(ErrInvalidParams, "max_artifact_bytes %d is not in 1..%d", p.MaxArtifactBytes, maxArtifactLimit)
	case p.MinComplexity == 0 || p.MinComplexity > p.MaxComplexity:
		return errors.Wrapf(ErrInvalidParams, "min_complexity %d is not in 1..max_complexity", p.MinComplexity)
	case p.MaxComplexity > maxComplexityLimit:
		return errors.Wrapf(ErrInvalidParams, "max_complexity %d exceeds %d", p.MaxComplexity, uint64(maxComplexityLimit))
	case p.MaxMemoryBytes < PageSize || p.MaxMemoryBytes > maxMemoryLimit:
		return errors.Wrapf(ErrInvalidParams, "max_memory_bytes %d is not in %d..%d", p.MaxMemoryBytes, PageSize, uint64(maxMemoryLimit))
	case p.MaxElectors == 0 || p.MaxElectors > maxElectorsLimit:
		return errors.Wrapf(ErrInvalidParams, "max_electors %d is not in 1..%d", p.MaxElectors, maxElectorsLimit)
	case p.MaxClaimsPerBlock == 0 || p.MaxClaimsPerBlock > maxClosingsLimit:
		return errors.Wrapf(ErrInvalidParams, "max_claims_per_block %d is not in 1..%d", p.MaxClaimsPerBlock, maxClosingsLimit)
	}
	if err := p.MaxPrice.Validate(); err != nil {
		return errors.Wrapf(ErrInvalidParams, "max_price: %s", err)
	}
	if !p.MaxPrice.IsPositive() {
		return errors.Wrap(ErrInvalidParams, "max_price is zero")
	}
	return nil
}

// Admit checks a new version of a function against the params of the day.
func (p Params) Admit(fn Function, v Version) error {
	switch {
	case fn.Price.Denom != p.MaxPrice.Denom:
		return errors.Wrapf(ErrInvalidFunction, "price is in %s, only %s is accepted", fn.Price.Denom, p.MaxPrice.Denom)
	case fn.Price.Amount.GT(p.MaxPrice.Amount):
		return errors.Wrapf(ErrInvalidFunction, "price %s exceeds %s", fn.Price, p.MaxPrice)
	case v.Artifact.Size_ > p.MaxArtifactBytes:
		return errors.Wrapf(ErrInvalidVersion, "artifact has %d bytes, at most %d are allowed", v.Artifact.Size_, p.MaxArtifactBytes)
	case v.Complexity < p.MinComplexity || v.Complexity > p.MaxComplexity:
		return errors.Wrapf(ErrInvalidVersion, "complexity %d is not in %d..%d", v.Complexity, p.MinComplexity, p.MaxComplexity)
	case v.MemoryLimit > p.MaxMemoryBytes:
		return errors.Wrapf(ErrInvalidVersion, "memory limit of %d bytes exceeds %d", v.MemoryLimit, p.MaxMemoryBytes)
	}
	return nil
}
