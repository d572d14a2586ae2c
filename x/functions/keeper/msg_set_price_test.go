package keeper_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

func setPrice(id, owner string, amount int64) *types.MsgSetPrice {
	return &types.MsgSetPrice{Owner: person(owner).String(), FunctionId: id, Price: sdk.NewInt64Coin(types.Denom, amount)}
}

// TestSetPrice: the first change is at once, the next when the price has held for its time, and each is told.
func TestSetPrice(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	before := s.function(id).Price
	height := s.ctx.BlockHeight()
	_, err := s.msgs.SetPrice(s.ctx, setPrice(id, "alice", 80))
	require.NoError(t, err)
	require.EqualValues(t, 80, s.function(id).Price.Amount.Int64())
	require.EqualValues(t, 80, s.hooks.priced[0].Price.Amount.Int64(), "x/rewards is asked")
	require.Contains(t, s.ctx.EventManager().Events().ToABCIEvents()[len(s.ctx.EventManager().Events())-1].Type, "EventPriceSet")
	require.NotEqual(t, before, s.function(id).Price)
	s.roundTrip()

	until := height + int64(types.DefaultParams().PriceBlocks)
	s.ctx = s.ctx.WithBlockHeight(until - 1)
	_, err = s.msgs.SetPrice(s.ctx, setPrice(id, "alice", 90))
	require.ErrorIs(t, err, types.ErrPriceHolds)
	s.ctx = s.ctx.WithBlockHeight(until)
	_, err = s.msgs.SetPrice(s.ctx, setPrice(id, "alice", 90))
	require.NoError(t, err)
	require.EqualValues(t, 90, s.function(id).Price.Amount.Int64())
}

func TestSetPriceRefuses(t *testing.T) {
	s := newSuite(t)
	s.superNode("vera", 10)
	id := s.active("markdown")
	pending := s.deploy("pending").Id
	price := s.function(id).Price.Amount.Int64()
	foreign := setPrice(id, "alice", 80)
	foreign.Price.Denom = "stake"
	none := setPrice(id, "alice", 80)
	none.Price = sdk.Coin{}
	for name, test := range map[string]struct {
		msg  *types.MsgSetPrice
		want error
	}{
		"another's":      {setPrice(id, "bob", 80), types.ErrNotOwner},
		"never accepted": {setPrice(pending, "alice", 80), types.ErrNotActive},
		"unknown":        {setPrice(types.FunctionID(nil), "alice", 80), types.ErrNotFound},
		"too high":       {setPrice(id, "alice", types.DefaultParams().MaxPrice.Amount.Int64()+1), types.ErrInvalidFunction},
		"another denom":  {foreign, types.ErrInvalidFunction},
		"no price":       {none, types.ErrInvalidFunction},
		"the same":       {setPrice(id, "alice", price), types.ErrInvalidFunction},
	} {
		_, err := s.msgs.SetPrice(s.ctx, test.msg)
		require.ErrorIs(t, err, test.want, name)
	}
	s.hooks.refuse = errors.New("below the least")
	_, err := s.msgs.SetPrice(s.ctx, setPrice(id, "alice", 1))
	require.ErrorIs(t, err, s.hooks.refuse)
}
