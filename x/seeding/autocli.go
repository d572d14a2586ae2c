package seeding

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"
)

// AutoCLIOptions describes the module's commands.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	example := func(args string) string { return fmt.Sprintf("%s %s", version.AppName, args) }
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "orb.seeding.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Params",
					Use:       "params",
					Short:     "Show the params and the current epoch",
					Example:   example("query seeding params"),
				},
				{
					RpcMethod:      "Node",
					Use:            "node [orb-id]",
					Short:          "Show a node",
					Example:        example("query seeding node 12D3KooW…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}},
				},
				{
					RpcMethod: "Nodes",
					Use:       "nodes",
					Short:     "List nodes, optionally those of one operator",
					Example:   example("query seeding nodes --operator orb1…"),
				},
				{
					RpcMethod: "Seeds",
					Use:       "seeds",
					Short:     "List the seeds of a function or of a node",
					Example:   example("query seeding seeds --function-id orbfn1… --standing paid"),
				},
				{
					RpcMethod:      "Challenge",
					Use:            "challenge [orb-id]",
					Short:          "Show which chunk a node has to show in this epoch",
					Example:        example("query seeding challenge 12D3KooW… --function-id orbfn1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}},
				},
				{
					RpcMethod:      "Grant",
					Use:            "grant [operator]",
					Short:          "Show what an operator was granted and has used of it",
					Example:        example("query seeding grant orb1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "operator"}},
				},
				{
					RpcMethod: "Grants",
					Use:       "grants",
					Short:     "List grants, and show what the pool still has",
					Example:   example("query seeding grants"),
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "orb.seeding.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod:      "RegisterNode",
					Use:            "register-node [orb-id] [moniker] [signature]",
					Short:          "Bind a node key to you as its operator; `orb node start` does this by itself",
					Example:        example("tx seeding register-node 12D3KooW… attic 9a1b… --addresses /ip4/203.0.113.7/tcp/4001 --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "moniker"}, {ProtoField: "signature"}},
				},
				{
					RpcMethod:      "SponsorNode",
					Use:            "sponsor-node [operator] [orb-id] [moniker] [signature]",
					Short:          "Register a node for somebody who owns nothing yet, as a super node's attester",
					Example:        example("tx seeding sponsor-node orb1… 12D3KooW… attic 9a1b… --from attester"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "operator"}, {ProtoField: "orb_id"}, {ProtoField: "moniker"}, {ProtoField: "signature"}},
				},
				{
					RpcMethod:      "UpdateNode",
					Use:            "update-node [orb-id] [moniker]",
					Short:          "Replace a node's moniker and addresses",
					Example:        example("tx seeding update-node 12D3KooW… attic --addresses /ip4/203.0.113.7/tcp/4001 --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "moniker"}},
				},
				{
					RpcMethod:      "Bond",
					Use:            "bond [orb-id] [amount]",
					Short:          "Add to a node's bond, which paid seeds need",
					Example:        example("tx seeding bond 12D3KooW… 1000000uorb --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "amount"}},
				},
				{
					RpcMethod:      "Unbond",
					Use:            "unbond [orb-id] [amount]",
					Short:          "Take a part of a node's bond back",
					Example:        example("tx seeding unbond 12D3KooW… 1000000uorb --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "amount"}},
				},
				{
					RpcMethod:      "Unseed",
					Use:            "unseed [orb-id] [function-id]",
					Short:          "Stop seeding a function; prove first to be paid for the last epochs",
					Example:        example("tx seeding unseed 12D3KooW… orbfn1… --from operator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}, {ProtoField: "function_id"}},
				},
				{
					RpcMethod:      "Seed",
					Use:            "seed [orb-id] [function-id] [epoch] [proof]",
					Short:          "Seed a function; `orb node start` does this by itself",
					Example:        example(`tx seeding seed 12D3KooW… orbfn1… 12 '{"chunk":"…","path":["…"]}' --from operator`),
					PositionalArgs: proofArgs(),
				},
				{
					RpcMethod:      "Prove",
					Use:            "prove [orb-id] [function-id] [epoch] [proof]",
					Short:          "Answer a possession challenge; `orb node start` does this by itself",
					Example:        example(`tx seeding prove 12D3KooW… orbfn1… 12 '{"chunk":"…","path":["…"]}' --from operator`),
					PositionalArgs: proofArgs(),
				},
				{
					RpcMethod:      "UpdateParams",
					Use:            "update-params-proposal [params]",
					Short:          "Submit a proposal that replaces all params",
					Example:        example(`tx seeding update-params-proposal "$(` + version.AppName + ` query seeding params --output json | jq -c .params)" --from alice`),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "params"}},
					GovProposal:    true,
				},
			},
		},
	}
}

func proofArgs() []*autocliv1.PositionalArgDescriptor {
	return []*autocliv1.PositionalArgDescriptor{
		{ProtoField: "orb_id"}, {ProtoField: "function_id"}, {ProtoField: "epoch"}, {ProtoField: "proof"},
	}
}
