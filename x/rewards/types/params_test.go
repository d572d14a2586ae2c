package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/x/rewards/types"
)

// TestParamsValidate: what lies on an edge is accepted, one step over it is refused.
func TestParamsValidate(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, bound := range map[string]struct {
		set           func(*types.Params, uint64)
		least, limit  uint64
		zeroIsNothing bool
	}{
		"min_price":              {set: func(p *types.Params, v uint64) { p.MinPrice = v }, least: 1, limit: 1_000_000_000},
		"lane_blocks":            {set: func(p *types.Params, v uint64) { p.LaneBlocks = v }, least: 1, limit: 10_000_000},
		"max_lane_cap":           {set: func(p *types.Params, v uint64) { p.MaxLaneCap = v }, least: 1, limit: 1_000_000_000_000},
		"max_entries":            {set: func(p *types.Params, v uint64) { p.MaxEntries = uint32(v) }, least: 1, limit: 1_000},
		"max_closings_per_block": {set: func(p *types.Params, v uint64) { p.MaxClosingsPerBlock = uint32(v) }, least: 1, limit: 10_000},
		"claim_epochs":           {set: func(p *types.Params, v uint64) { p.ClaimEpochs = v }, least: 2, limit: 10_000_000},
		"max_term_epochs":        {set: func(p *types.Params, v uint64) { p.MaxTermEpochs = v }, least: 1, limit: 10_000_000},
		"fee_bps":                {set: func(p *types.Params, v uint64) { p.FeeSplit.FeeBps = uint32(v) }, least: 100, limit: 5_000},
		"burn_bps":               {set: func(p *types.Params, v uint64) { p.FeeSplit.BurnBps = uint32(v) }, least: 1_000, limit: 9_000},
		"gateway_bps":            {set: func(p *types.Params, v uint64) { p.FeeSplit.GatewayBps = uint32(v) }, limit: 9_000, zeroIsNothing: true},
	} {
		for value, valid := range map[uint64]bool{bound.least: true, bound.limit: true, bound.limit + 1: false, bound.least - 1: false} {
			if bound.zeroIsNothing && value == bound.least-1 {
				continue
			}
			params := types.DefaultParams()
			bound.set(&params, value)
			if valid {
				require.NoError(t, params.Validate(), "%s %d", name, value)
			} else {
				require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, "%s %d", name, value)
			}
		}
	}
	for name, change := range map[string]func(*types.Params){
		"denom":      func(p *types.Params) { p.Denom = "" },
		"no plan":    func(p *types.Params) { p.Plans = nil },
		"plan twice": func(p *types.Params) { p.Plans = append(p.Plans, p.Plans[0]) },
		"nameless":   func(p *types.Params) { p.Plans = []price.Plan{{}} },
		"plans":      func(p *types.Params) { p.Plans = make([]price.Plan, 65) },
	} {
		params := types.DefaultParams()
		change(&params)
		require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, name)
	}
}
