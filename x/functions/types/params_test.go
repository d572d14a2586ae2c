package types_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// TestParamsValidate: one step over each edge is refused.
func TestParamsValidate(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	uorb := func(amount int64) sdk.Coin { return sdk.NewInt64Coin(types.Denom, amount) }
	stake := sdk.NewInt64Coin("stake", 1_000_000)
	for name, change := range map[string]func(*types.Params){
		"commit_blocks":              func(p *types.Params) { p.CommitBlocks = 0 },
		"commit_blocks high":         func(p *types.Params) { p.CommitBlocks = 100_001 },
		"reveal_blocks":              func(p *types.Params) { p.RevealBlocks = 0 },
		"reveal_blocks high":         func(p *types.Params) { p.RevealBlocks = 100_001 },
		"max_artifact_bytes":         func(p *types.Params) { p.MaxArtifactBytes = 0 },
		"max_artifact_bytes high":    func(p *types.Params) { p.MaxArtifactBytes = 256<<20 + 1 },
		"min_complexity":             func(p *types.Params) { p.MinComplexity = 0 },
		"min_complexity high":        func(p *types.Params) { p.MinComplexity = p.MaxComplexity + 1 },
		"max_complexity":             func(p *types.Params) { p.MaxComplexity = 1<<48 + 1 },
		"max_memory_bytes":           func(p *types.Params) { p.MaxMemoryBytes = types.PageSize - 1 },
		"max_memory_bytes high":      func(p *types.Params) { p.MaxMemoryBytes = 4<<30 + 1 },
		"max_price":                  func(p *types.Params) { p.MaxPrice.Amount = p.MaxPrice.Amount.Neg() },
		"max_price zero":             func(p *types.Params) { p.MaxPrice = uorb(0) },
		"max_price denom":            func(p *types.Params) { p.MaxPrice = stake },
		"max_price high":             func(p *types.Params) { p.MaxPrice = uorb(1<<60 + 1) },
		"max_electors":               func(p *types.Params) { p.MaxElectors = 0 },
		"max_electors high":          func(p *types.Params) { p.MaxElectors = 257 },
		"max_claims_per_block":       func(p *types.Params) { p.MaxClaimsPerBlock = 0 },
		"max_claims_per_block high":  func(p *types.Params) { p.MaxClaimsPerBlock = 1_001 },
		"name_deposit":               func(p *types.Params) { p.NameDeposit = sdk.Coin{} },
		"name_deposit denom":         func(p *types.Params) { p.NameDeposit = stake },
		"name_deposit high":          func(p *types.Params) { p.NameDeposit = uorb(math.MaxInt64) },
		"notice_blocks":              func(p *types.Params) { p.NoticeBlocks = 0 },
		"notice_blocks high":         func(p *types.Params) { p.NoticeBlocks = 10_000_001 },
		"wind_down_blocks":           func(p *types.Params) { p.WindDownBlocks = 0 },
		"wind_down_blocks high":      func(p *types.Params) { p.WindDownBlocks = 10_000_001 },
		"max_prunes_per_block":       func(p *types.Params) { p.MaxPrunesPerBlock = 0 },
		"max_prunes_per_block high":  func(p *types.Params) { p.MaxPrunesPerBlock = 10_001 },
		"price_blocks":               func(p *types.Params) { p.PriceBlocks = 0 },
		"price_blocks high":          func(p *types.Params) { p.PriceBlocks = 10_000_001 },
		"dispute_deposit":            func(p *types.Params) { p.DisputeDeposit = p.DisputeFee },
		"dispute_deposit denom":      func(p *types.Params) { p.DisputeDeposit = stake },
		"dispute_fee":                func(p *types.Params) { p.DisputeFee = uorb(0) },
		"dispute_slash_bps":          func(p *types.Params) { p.DisputeSlashBps = 0 },
		"dispute_slash_bps high":     func(p *types.Params) { p.DisputeSlashBps = 10_001 },
		"dispute_reporter_bps whole": func(p *types.Params) { p.DisputeReporterBps = 10_000 },
	} {
		params := types.DefaultParams()
		change(&params)
		require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, name)
	}
	for name, change := range map[string]func(*types.Params){
		"no name deposit": func(p *types.Params) { p.NameDeposit = uorb(0) },
		"no reward":       func(p *types.Params) { p.DisputeReporterBps = 0 },
		"the whole bond":  func(p *types.Params) { p.DisputeSlashBps = 10_000 },
		"one elector":     func(p *types.Params) { p.MaxElectors = 1 },
		"one a block":     func(p *types.Params) { p.MaxClaimsPerBlock, p.MaxPrunesPerBlock = 1, 1 },
	} {
		params := types.DefaultParams()
		change(&params)
		require.NoError(t, params.Validate(), name)
	}
}
