package types

import "cosmossdk.io/errors"

const (
	maxEpochBlocks      = 1_000_000
	maxSeedsPerFunction = 100_000
	maxDraws            = 1_000_000
	maxVouchEpochs      = 1_000
	maxEpochs           = 10_000_000
	maxBlocks           = 100_000_000
	maxPrunes           = 10_000
	maxAmount           = 1_000_000_000_000_000_000
	maxSeconds          = 10 * 366 * 86_400
	maxQuota            = 1_000_000
)

// DefaultParams returns the params of a new chain. An epoch is ten minutes of blocks; 144 are a day.
func DefaultParams() Params {
	return Params{
		EpochBlocks:         600, // long enough to prove in, short enough to be paid by
		MaxSeedsPerFunction: 1_000,
		DrawsPerEpoch:       200, // a proof every three blocks however many nodes there are
		VouchEpochs:         144,
		MinBond:             1_000_000, // 1 ORB: more than the hosting pay of a month on the standard plan
		UnbondingBlocks:     259_200,   // three days: longer than a dispute takes, with time to find the lie
		StaleEpochs:         72,
		IdleEpochs:          432,
		DeadEpochs:          4_320,
		MaxPrunesPerBlock:   100,
		SponsorQuota:        10,
		Grant:               200_000, // three or four deploys
		GrantBudget:         10_000_000,
		GrantIdleEpochs:     4_320,
		FeeAllowance:        50_000,
		FeePeriodAllowance:  5_000,
		FeePeriodSeconds:    86_400,
		FeeAllowanceSeconds: 30 * 86_400,
	}
}

// Validate checks each param's bounds.
func (p Params) Validate() error {
	for _, bound := range []struct {
		name                string
		value, least, limit uint64
	}{
		{"epoch_blocks", p.EpochBlocks, 2, maxEpochBlocks},
		{"max_seeds_per_function", uint64(p.MaxSeedsPerFunction), 1, maxSeedsPerFunction},
		{"draws_per_epoch", uint64(p.DrawsPerEpoch), 1, maxDraws},
		{"vouch_epochs", uint64(p.VouchEpochs), 2, maxVouchEpochs},
		{"min_bond", p.MinBond, 0, maxAmount},
		{"unbonding_blocks", p.UnbondingBlocks, 1, maxBlocks},
		{"stale_epochs", p.StaleEpochs, 2, maxEpochs},
		{"idle_epochs", p.IdleEpochs, 2, maxEpochs},
		{"dead_epochs", p.DeadEpochs, 2, maxEpochs},
		{"max_prunes_per_block", uint64(p.MaxPrunesPerBlock), 1, maxPrunes},
		{"sponsor_quota", uint64(p.SponsorQuota), 0, maxQuota},
		{"grant", p.Grant, 0, maxAmount},
		{"grant_budget", p.GrantBudget, 0, maxAmount},
		{"grant_idle_epochs", p.GrantIdleEpochs, 1, maxEpochs},
		{"fee_allowance", p.FeeAllowance, 0, maxAmount},
		{"fee_period_allowance", p.FeePeriodAllowance, 0, p.FeeAllowance},
		{"fee_period_seconds", p.FeePeriodSeconds, 60, maxSeconds},
		{"fee_allowance_seconds", p.FeeAllowanceSeconds, p.FeePeriodSeconds, maxSeconds},
	} {
		if bound.value < bound.least || bound.value > bound.limit {
			return errors.Wrapf(ErrInvalidParams, "%s %d is not in %d..%d", bound.name, bound.value, bound.least, bound.limit)
		}
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
