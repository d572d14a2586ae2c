package types

import (
	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Bounds of params that keep a block's work and a claim's size bounded whatever governance decides.
const (
	maxPhaseBlocks     = 100_000
	maxLifeBlocks      = 10_000_000
	maxElectorsLimit   = 256
	maxClosingsLimit   = 1_000
	maxPrunesLimit     = 10_000
	maxArtifactLimit   = 256 << 20
	maxMemoryLimit     = 4 << 30
	maxComplexityLimit = 1 << 48
)

// maxAmount bounds coins in params, so that no sum of them overflows.
var maxAmount = math.NewInt(1 << 60)

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
		NameDeposit:       sdk.NewInt64Coin(Denom, 1_000_000), // what makes a thousand squatted names cost a thousand ORB
		NoticeBlocks:      86_400,                             // about a day for callers to leave
		WindDownBlocks:    43_200,                             // longer than a lane that opened in the last block stays redeemable
		MaxPrunesPerBlock: 200,
		PriceBlocks:       3_600, // a lane's life: what callers have just been quoted holds while they open lanes
		// A false accusation costs ten times what the attesters get, and half of a bond outweighs what a lie can earn.
		DisputeDeposit:     sdk.NewInt64Coin(Denom, 1_000_000),
		DisputeFee:         sdk.NewInt64Coin(Denom, 100_000),
		DisputeSlashBps:    5_000,
		DisputeReporterBps: 2_500,
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
	switch {
	case p.NoticeBlocks == 0 || p.NoticeBlocks > maxLifeBlocks:
		return errors.Wrapf(ErrInvalidParams, "notice_blocks %d is not in 1..%d", p.NoticeBlocks, maxLifeBlocks)
	case p.WindDownBlocks == 0 || p.WindDownBlocks > maxLifeBlocks:
		return errors.Wrapf(ErrInvalidParams, "wind_down_blocks %d is not in 1..%d", p.WindDownBlocks, maxLifeBlocks)
	case p.MaxPrunesPerBlock == 0 || p.MaxPrunesPerBlock > maxPrunesLimit:
		return errors.Wrapf(ErrInvalidParams, "max_prunes_per_block %d is not in 1..%d", p.MaxPrunesPerBlock, maxPrunesLimit)
	case p.PriceBlocks == 0 || p.PriceBlocks > maxLifeBlocks:
		return errors.Wrapf(ErrInvalidParams, "price_blocks %d is not in 1..%d", p.PriceBlocks, maxLifeBlocks)
	case p.DisputeSlashBps == 0 || p.DisputeSlashBps > BasisPoints:
		return errors.Wrapf(ErrInvalidParams, "dispute_slash_bps %d is not in 1..%d", p.DisputeSlashBps, BasisPoints)
	case p.DisputeReporterBps >= BasisPoints: // a host that reports itself must lose
		return errors.Wrapf(ErrInvalidParams, "dispute_reporter_bps %d is not below %d", p.DisputeReporterBps, BasisPoints)
	}
	return p.validateCoins()
}

func (p Params) validateCoins() error {
	for _, one := range []struct {
		name string
		coin sdk.Coin
		zero bool
	}{
		{"max_price", p.MaxPrice, false},
		{"name_deposit", p.NameDeposit, true},
		{"dispute_deposit", p.DisputeDeposit, false},
		{"dispute_fee", p.DisputeFee, false},
	} {
		if err := one.coin.Validate(); err != nil {
			return errors.Wrapf(ErrInvalidParams, "%s: %s", one.name, err)
		}
		if one.coin.Denom != Denom {
			return errors.Wrapf(ErrInvalidParams, "%s is in %s, not %s", one.name, one.coin.Denom, Denom)
		}
		if one.coin.IsZero() && !one.zero {
			return errors.Wrapf(ErrInvalidParams, "%s is zero", one.name)
		}
		if one.coin.Amount.GT(maxAmount) {
			return errors.Wrapf(ErrInvalidParams, "%s exceeds %s", one.name, maxAmount)
		}
	}
	if p.DisputeDeposit.Amount.LTE(p.DisputeFee.Amount) {
		return errors.Wrap(ErrInvalidParams, "dispute_deposit does not exceed dispute_fee: an accusation would cost no more than its attesters")
	}
	return nil
}

// Admit checks a new function and its first version against the params of the day.
func (p Params) Admit(fn Function, v Version) error {
	if err := p.AdmitPrice(fn.Price); err != nil {
		return err
	}
	return p.AdmitVersion(v)
}

// AdmitPrice checks what a request is to cost against the params of the day.
func (p Params) AdmitPrice(price sdk.Coin) error {
	switch {
	case price.Denom != p.MaxPrice.Denom:
		return errors.Wrapf(ErrInvalidFunction, "price is in %s, only %s is accepted", price.Denom, p.MaxPrice.Denom)
	case price.Amount.GT(p.MaxPrice.Amount):
		return errors.Wrapf(ErrInvalidFunction, "price %s exceeds %s", price, p.MaxPrice)
	}
	return nil
}

// AdmitVersion checks a new version against the params of the day.
func (p Params) AdmitVersion(v Version) error {
	switch {
	case v.Artifact.Size_ > p.MaxArtifactBytes:
		return errors.Wrapf(ErrInvalidVersion, "artifact has %d bytes, at most %d are allowed", v.Artifact.Size_, p.MaxArtifactBytes)
	case v.Complexity < p.MinComplexity || v.Complexity > p.MaxComplexity:
		return errors.Wrapf(ErrInvalidVersion, "complexity %d is not in %d..%d", v.Complexity, p.MinComplexity, p.MaxComplexity)
	case v.MemoryLimit > p.MaxMemoryBytes:
		return errors.Wrapf(ErrInvalidVersion, "memory limit of %d bytes exceeds %d", v.MemoryLimit, p.MaxMemoryBytes)
	}
	return nil
}
