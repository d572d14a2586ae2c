package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestParamsValidate(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, change := range map[string]func(*types.Params){
		"commit_blocks":        func(p *types.Params) { p.CommitBlocks = 0 },
		"reveal_blocks":        func(p *types.Params) { p.RevealBlocks = 0 },
		"max_artifact_bytes":   func(p *types.Params) { p.MaxArtifactBytes = 0 },
		"min_complexity":       func(p *types.Params) { p.MinComplexity = p.MaxComplexity + 1 },
		"max_complexity":       func(p *types.Params) { p.MaxComplexity = 1 << 60 },
		"max_memory_bytes":     func(p *types.Params) { p.MaxMemoryBytes = 1 },
		"max_price":            func(p *types.Params) { p.MaxPrice.Amount = p.MaxPrice.Amount.Neg() },
		"max_electors":         func(p *types.Params) { p.MaxElectors = 0 },
		"max_claims_per_block": func(p *types.Params) { p.MaxClaimsPerBlock = 1 << 20 },
	} {
		params := types.DefaultParams()
		change(&params)
		require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, name)
	}
}
