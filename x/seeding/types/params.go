package types

import "cosmossdk.io/errors"

const (
	maxEpochBlocks      = 1_000_000
	maxSeedsPerFunction = 100_000
)

// DefaultParams returns the params of a new chain.
func DefaultParams() Params {
	return Params{
		EpochBlocks:         600, // ten minutes of blocks: long enough to prove in, short enough to be paid by
		MaxSeedsPerFunction: 1_000,
	}
}

// Validate checks each param's bounds.
func (p Params) Validate() error {
	switch {
	case p.EpochBlocks < 2 || p.EpochBlocks > maxEpochBlocks:
		return errors.Wrapf(ErrInvalidParams, "epoch_blocks %d is not in 2..%d", p.EpochBlocks, maxEpochBlocks)
	case p.MaxSeedsPerFunction == 0 || p.MaxSeedsPerFunction > maxSeedsPerFunction:
		return errors.Wrapf(ErrInvalidParams, "max_seeds_per_function %d is not in 1..%d", p.MaxSeedsPerFunction, maxSeedsPerFunction)
	}
	return nil
}

// ValidateChange checks params that would follow these. The length of an epoch is fixed, or epochs would be counted twice or never.
func (p Params) ValidateChange(next Params) error {
	if next.EpochBlocks != p.EpochBlocks {
		return errors.Wrapf(ErrInvalidParams, "epoch_blocks is fixed at genesis to %d", p.EpochBlocks)
	}
	return next.Validate()
}

// Epoch returns the epoch of a height.
func (p Params) Epoch(height int64) uint64 { return uint64(height) / p.EpochBlocks }
