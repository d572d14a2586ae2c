package types

import (
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Typed returns the same as sdk.TypedEventToEvent, which goes through JSON by reflection: proofs are half of what a chain of many nodes
// does.
func (e *EventProved) Typed() sdk.Event {
	number := func(n uint64) string { return `"` + strconv.FormatUint(n, 10) + `"` }
	return sdk.Event{Type: proto.MessageName(e), Attributes: []abci.EventAttribute{
		{Key: "from", Value: number(e.From)},
		{Key: "function_id", Value: `"` + e.FunctionId + `"`}, // ids need no escapes
		{Key: "orb_id", Value: `"` + e.OrbId + `"`},
		{Key: "proven_through", Value: number(e.ProvenThrough)},
	}}
}
