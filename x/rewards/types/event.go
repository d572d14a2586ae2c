package types

import (
	"encoding/base64"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Typed returns the same as sdk.TypedEventToEvent. That goes through JSON by reflection, which costs more than the rest of a settled
// lane; this event is the one that a busy block holds by the thousand.
func (e *EventLaneSettled) Typed() sdk.Event {
	number := func(n uint64) string { return `"` + strconv.FormatUint(n, 10) + `"` }
	text := func(s string) string { return `"` + s + `"` } // ids, addresses and denoms need no escapes
	amount := func(c sdk.Coin) string { return `{"denom":"` + c.Denom + `","amount":"` + c.Amount.String() + `"}` }
	return sdk.Event{Type: proto.MessageName(e), Attributes: []abci.EventAttribute{
		{Key: "burned", Value: amount(e.Burned)},
		{Key: "count", Value: number(e.Count)},
		{Key: "fee", Value: amount(e.Fee)},
		{Key: "function_id", Value: text(e.FunctionId)},
		{Key: "gateway", Value: amount(e.Gateway)},
		{Key: "host", Value: amount(e.Host)},
		{Key: "lane_id", Value: text(base64.StdEncoding.EncodeToString(e.LaneId))},
		{Key: "orb_id", Value: text(e.OrbId)},
		{Key: "owner", Value: amount(e.Owner)},
		{Key: "payer", Value: text(e.Payer)},
		{Key: "requests", Value: number(e.Requests)},
		{Key: "spent", Value: amount(e.Spent)},
		{Key: "validators", Value: amount(e.Validators)},
	}}
}
