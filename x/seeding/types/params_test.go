package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestParamsValidate(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	// Each row's first value is the least that is accepted, its second the most; what lies beyond is not.
	for name, row := range map[string]struct {
		set         func(*types.Params, uint64)
		least, most uint64
	}{
		"epoch_blocks":           {func(p *types.Params, v uint64) { p.EpochBlocks = v }, 2, 1_000_000},
		"max_seeds_per_function": {func(p *types.Params, v uint64) { p.MaxSeedsPerFunction = uint32(v) }, 1, 100_000},
		"draws_per_epoch":        {func(p *types.Params, v uint64) { p.DrawsPerEpoch = uint32(v) }, 1, 1_000_000},
		"vouch_epochs":           {func(p *types.Params, v uint64) { p.VouchEpochs = uint32(v) }, 2, 1_000},
		"min_bond":               {func(p *types.Params, v uint64) { p.MinBond = v }, 0, 1e18},
		"unbonding_blocks":       {func(p *types.Params, v uint64) { p.UnbondingBlocks = v }, 1, 100_000_000},
		"stale_epochs":           {func(p *types.Params, v uint64) { p.StaleEpochs = v }, 2, 10_000_000},
		"idle_epochs":            {func(p *types.Params, v uint64) { p.IdleEpochs = v }, 2, 10_000_000},
		"dead_epochs":            {func(p *types.Params, v uint64) { p.DeadEpochs = v }, 2, 10_000_000},
		"max_prunes_per_block":   {func(p *types.Params, v uint64) { p.MaxPrunesPerBlock = uint32(v) }, 1, 10_000},
		"sponsor_quota":          {func(p *types.Params, v uint64) { p.SponsorQuota = uint32(v) }, 0, 1_000_000},
		"grant":                  {func(p *types.Params, v uint64) { p.Grant = v }, 0, 1e18},
		"grant_budget":           {func(p *types.Params, v uint64) { p.GrantBudget = v }, 0, 1e18},
		"grant_idle_epochs":      {func(p *types.Params, v uint64) { p.GrantIdleEpochs = v }, 1, 10_000_000},
		"fee_period_allowance":   {func(p *types.Params, v uint64) { p.FeePeriodAllowance = v }, 0, types.DefaultParams().FeeAllowance},
		"fee_period_seconds":     {func(p *types.Params, v uint64) { p.FeePeriodSeconds = v }, 60, types.DefaultParams().FeeAllowanceSeconds},
		"fee_allowance_seconds":  {func(p *types.Params, v uint64) { p.FeeAllowanceSeconds = v }, types.DefaultParams().FeePeriodSeconds, 10 * 366 * 86_400},
	} {
		with := func(value uint64) error {
			params := types.DefaultParams()
			row.set(&params, value)
			return params.Validate()
		}
		require.NoError(t, with(row.least), name)
		require.NoError(t, with(row.most), name)
		require.ErrorIs(t, with(row.most+1), types.ErrInvalidParams, name)
		if row.least > 0 {
			require.ErrorIs(t, with(row.least-1), types.ErrInvalidParams, name)
		}
	}
}

func TestParamsValidateChange(t *testing.T) {
	params := types.DefaultParams()
	next := params
	next.MaxSeedsPerFunction++
	require.NoError(t, params.ValidateChange(next))
	next.MaxSeedsPerFunction = 0
	require.ErrorIs(t, params.ValidateChange(next), types.ErrInvalidParams)
	next = params
	next.EpochBlocks++
	require.ErrorIs(t, params.ValidateChange(next), types.ErrInvalidParams)
}

func TestEpoch(t *testing.T) {
	params := types.Params{EpochBlocks: 10}
	for height, epoch := range map[int64]uint64{0: 0, 1: 0, 9: 0, 10: 1, 19: 1, 20: 2} {
		require.Equal(t, epoch, params.Epoch(height), height)
	}
}
