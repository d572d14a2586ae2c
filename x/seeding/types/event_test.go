package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

func TestTypedEvent(t *testing.T) {
	for _, event := range []*types.EventProved{{OrbId: "12D3", FunctionId: "orbfn1x", ProvenThrough: 1 << 63, From: 7}, {}} {
		want, err := sdk.TypedEventToEvent(event)
		require.NoError(t, err)
		require.Equal(t, want, event.Typed())
	}
}
