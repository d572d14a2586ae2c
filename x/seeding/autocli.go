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
					Example:   example("query seeding seeds --function-id orbfn1…"),
				},
				{
					RpcMethod:      "Challenge",
					Use:            "challenge [orb-id]",
					Short:          "Show which chunk a node has to show in this epoch",
					Example:        example("query seeding challenge 12D3KooW… --function-id orbfn1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "orb_id"}},
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
