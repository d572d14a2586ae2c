package rewards

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"
)

// AutoCLIOptions describes the module's commands.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	example := func(args string) string { return fmt.Sprintf("%s %s", version.AppName, args) }
	args := func(fields ...string) []*autocliv1.PositionalArgDescriptor {
		descriptors := make([]*autocliv1.PositionalArgDescriptor, len(fields))
		for i, field := range fields {
			descriptors[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
		}
		return descriptors
	}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "orb.rewards.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Params",
					Use:       "params",
					Short:     "Show the params, with plans and tariff",
					Example:   example("query rewards params"),
				},
				{
					RpcMethod:      "Quote",
					Use:            "quote [plan] [complexity] [size] [price]",
					Short:          "Show what a deploy would cost, item by item",
					Example:        example("query rewards quote standard 120000000 3500000 50 --owner orb1…"),
					PositionalArgs: args("plan", "complexity", "size", "price"),
				},
				{
					RpcMethod:      "Escrow",
					Use:            "escrow [function-id]",
					Short:          "Show what is held for a function's verification and hosting",
					Example:        example("query rewards escrow orbfn1…"),
					PositionalArgs: args("function_id"),
				},
				{
					RpcMethod:      "Subscription",
					Use:            "subscription [payer] [function-id]",
					Short:          "Show a subscription",
					Example:        example("query rewards subscription orb1… orbfn1…"),
					PositionalArgs: args("payer", "function_id"),
				},
				{
					RpcMethod: "Subscriptions",
					Use:       "subscriptions",
					Short:     "List the subscriptions of a payer or to a function",
					Example:   example("query rewards subscriptions --payer orb1…"),
				},
				{
					RpcMethod:      "Lane",
					Use:            "lane [lane-id]",
					Short:          "Show a lane; the id is in hex",
					Example:        example("query rewards lane 5f0c…"),
					PositionalArgs: args("lane_id"),
				},
				{
					RpcMethod: "Lanes",
					Use:       "lanes",
					Short:     "List the lanes of a function, a payer or a host",
					Example:   example("query rewards lanes --function-id orbfn1…"),
				},
				{
					RpcMethod:      "FundQuote",
					Use:            "fund-quote [function-id] [epochs]",
					Short:          "Show what further hosting costs",
					Example:        example("query rewards fund-quote orbfn1… 4320 --base-replicas 2"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "epochs"}},
				},
				{
					RpcMethod:      "FunctionStats",
					Use:            "function-stats [function-id]",
					Short:          "Sum what a function's requests and hosting were paid with",
					Example:        example("query rewards function-stats orbfn1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}},
				},
				{
					RpcMethod:      "NodeStats",
					Use:            "node-stats [orb-id]",
					Short:          "Sum what a node was paid",
					Example:        example("query rewards node-stats 12D3KooW…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}},
				},
				{
					RpcMethod:      "Earnings",
					Use:            "earnings [account]",
					Short:          "Sum what an account was paid, and for what",
					Example:        example("query rewards earnings orb1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "account"}},
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "orb.rewards.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Subscribe",
					Use:       "subscribe [function-id] [deposit]",
					Short:     "Open or top up a subscription, and replace its delegate and limits",
					Example: example("tx rewards subscribe orbfn1… 1000000uorb --delegate orb1…" +
						` --limits '{"max_price":"100","max_locked":"0","max_spend":"500000"}' --from bob`),
					PositionalArgs: args("function_id", "deposit"),
				},
				{
					RpcMethod:      "TopUp",
					Use:            "top-up [payer] [function-id] [amount]",
					Short:          "Add to a subscription, yours or another's",
					Example:        example("tx rewards top-up orb1… orbfn1… 1000000uorb --from bob"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "payer"}, {ProtoField: "function_id"}, {ProtoField: "amount"}},
				},
				{
					RpcMethod: "SetDelegate",
					Use:       "set-delegate [function-id] [delegate]",
					Short:     "Replace who may open lanes for you, and within which limits",
					Example: example("tx rewards set-delegate orbfn1… orb1… --from bob" +
						` --limits '{"max_price":"100","max_locked":"0","max_spend":"500000"}'`),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "delegate"}},
				},
				{
					RpcMethod:      "Unsubscribe",
					Use:            "unsubscribe [function-id]",
					Short:          "Stop new lanes and take the balance back",
					Example:        example("tx rewards unsubscribe orbfn1… --from bob"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}},
				},
				{
					RpcMethod:      "OpenLanes",
					Use:            "open-lanes [entries]",
					Short:          "Open or raise lanes; gateways and clients do this by themselves",
					Example:        example(`tx rewards open-lanes '{"payer":"orb1…","function_id":"orbfn1…","orb_id":"12D3KooW…","session_key":"…","price":{"denom":"uorb","amount":"50"},"cap":"100"}' --from bob`),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "entries", Varargs: true}},
				},
				{
					RpcMethod:      "Settle",
					Use:            "settle [receipts]",
					Short:          "Redeem receipts, for whichever host; hosts do this by themselves",
					Example:        example(`tx rewards settle '{"lane_id":"…","count":"12","signature":"…"}' --from bob`),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "receipts", Varargs: true}},
				},
				{
					RpcMethod:      "CloseLanes",
					Use:            "close-lanes [lane-ids]",
					Short:          "Close lanes: at once as their host, from now on as their payer; ids are in hex or base64",
					Example:        example("tx rewards close-lanes Nqi1… --from bob"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "lane_ids", Varargs: true}},
				},
				{
					RpcMethod:      "FundFunction",
					Use:            "fund-function [function-id] [epochs] [max-cost]",
					Short:          "Pay for further epochs of hosting; fund-quote tells what they cost",
					Example:        example("tx rewards fund-function orbfn1… 4320 5000000uorb --base-replicas 2 --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "epochs"}, {ProtoField: "max_cost"}},
				},
				{
					RpcMethod:      "ClaimHosting",
					Use:            "claim-hosting [orb-id] [function-ids]",
					Short:          "Pay a node's paid seeds up to the last epoch it has proven",
					Example:        example("tx rewards claim-hosting 12D3KooW… orbfn1… orbfn1… --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "function_ids", Varargs: true}},
				},
				{
					RpcMethod:      "UpdateParams",
					Use:            "update-params-proposal [params]",
					Short:          "Submit a proposal that replaces all params",
					Example:        example(`tx rewards update-params-proposal "$(` + version.AppName + ` query rewards params --output json | jq -c .params)" --from alice`),
					PositionalArgs: args("params"),
					GovProposal:    true,
				},
			},
		},
	}
}
