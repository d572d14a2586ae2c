package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/x/rewards/types"
)

func TestUpdateParams(t *testing.T) {
	for name, c := range map[string]struct {
		authority string
		change    func(*types.Params)
		err       error
	}{
		"by gov":          {authority, func(p *types.Params) { p.MinPrice = 20 }, nil},
		"by a stranger":   {stranger, func(*types.Params) {}, sdkerrors.ErrUnauthorized},
		"another denom":   {authority, func(p *types.Params) { p.Denom = "uatom" }, types.ErrInvalidParams},
		"no plan":         {authority, func(p *types.Params) { p.Plans = nil }, types.ErrInvalidParams},
		"a plan twice":    {authority, func(p *types.Params) { p.Plans = append(p.Plans, p.Plans[0]) }, types.ErrInvalidParams},
		"too high a fee":  {authority, func(p *types.Params) { p.FeeSplit.FeeBps = 10_001 }, types.ErrInvalidParams},
		"no minimum":      {authority, func(p *types.Params) { p.MinPrice = 0 }, types.ErrInvalidParams},
		"no lane life":    {authority, func(p *types.Params) { p.LaneBlocks = 0 }, types.ErrInvalidParams},
		"no lane cap":     {authority, func(p *types.Params) { p.MaxLaneCap = 0 }, types.ErrInvalidParams},
		"no entries":      {authority, func(p *types.Params) { p.MaxEntries = 0 }, types.ErrInvalidParams},
		"lanes that stay": {authority, func(p *types.Params) { p.MaxClosingsPerBlock = 0 }, types.ErrInvalidParams},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t)
			params := types.DefaultParams()
			c.change(&params)
			_, err := s.msgs.UpdateParams(s.ctx, &types.MsgUpdateParams{Authority: c.authority, Params: params})
			require.ErrorIs(t, err, c.err)
			stored, err := s.keeper.Params.Get(s.ctx)
			require.NoError(t, err)
			if c.err == nil {
				require.Equal(t, params, stored)
			} else {
				require.Equal(t, types.DefaultParams(), stored)
			}
		})
	}
}
