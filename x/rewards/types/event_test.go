package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

func TestTypedEvent(t *testing.T) {
	uorb := func(n int64) sdk.Coin { return sdk.NewInt64Coin("uorb", n) }
	for _, event := range []*types.EventLaneSettled{
		{
			LaneId: []byte{0xfb, 0xff, 3}, FunctionId: "orbfn1x", Payer: "orb1x", OrbId: "12D3", Requests: 1 << 63, Count: 7,
			Spent: uorb(100), Host: uorb(70), Owner: uorb(20), Fee: uorb(10), Burned: uorb(5), Gateway: uorb(3), Validators: uorb(2),
		},
		{LaneId: make([]byte, 20), Spent: uorb(0), Host: uorb(0), Owner: uorb(0), Fee: uorb(0), Burned: uorb(0), Gateway: uorb(0), Validators: uorb(0)},
	} {
		want, err := sdk.TypedEventToEvent(event)
		require.NoError(t, err)
		require.Equal(t, want, event.Typed())
	}
}
