package functions

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"
)

// AutoCLIOptions describes the module's commands. DeployFunction has none here: `tx functions deploy` builds, quotes, uploads and
// signs before it sends the message.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	example := func(args string) string { return fmt.Sprintf("%s %s", version.AppName, args) }
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "orb.functions.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Params",
					Use:       "params",
					Short:     "Show the params",
					Example:   example("query functions params"),
				},
				{
					RpcMethod:      "Function",
					Use:            "function [id-or-name]",
					Alias:          []string{"show"},
					Short:          "Show a function with its active version",
					Example:        example("query functions function markdown"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function"}},
				},
				{
					RpcMethod: "Functions",
					Use:       "functions",
					Alias:     []string{"list"},
					Short:     "List functions, optionally those of one owner",
					Example:   example("query functions functions --owner orb1…"),
				},
				{
					RpcMethod:      "Version",
					Use:            "version [function-id] [number]",
					Short:          "Show one version of a function",
					Example:        example("query functions version orbfn1… 1"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "number"}},
				},
				{
					RpcMethod: "SuperNodes",
					Use:       "super-nodes",
					Short:     "List the super nodes",
					Example:   example("query functions super-nodes"),
				},
				{
					RpcMethod:      "Claim",
					Use:            "claim [claim-id]",
					Short:          "Show a claim and the attestations on it; the id is in hex",
					Example:        example("query functions claim 5f0c…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "claim_id"}},
				},
				{
					RpcMethod: "OpenClaims",
					Use:       "open-claims",
					Short:     "List the claims that are being verified",
					Example:   example("query functions open-claims"),
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "orb.functions.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "RegisterSuperNode",
					Use:       "register-super-node [attester] [orb-id] [endpoint]",
					Short:     "Make your bonded validator a super node, or replace what it had registered",
					Example: example("tx functions register-super-node orb1… 12D3KooW… https://gateway.example.org" +
						" --addresses /dns4/gateway.example.org/tcp/4001 --from validator"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "attester"}, {ProtoField: "orb_id"}, {ProtoField: "endpoint"}},
				},
				{RpcMethod: "DeployFunction", Skip: true},
				{
					RpcMethod:      "CommitAttestation",
					Use:            "commit-attestation [claim-id] [commitment]",
					Short:          "Commit to a verdict on a claim; `supernode` does this by itself",
					Example:        example("tx functions commit-attestation 5f0c… 9a1b… --from attester"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "claim_id"}, {ProtoField: "commitment"}},
				},
				{
					RpcMethod: "RevealAttestation",
					Use:       "reveal-attestation [claim-id] [verdict] [salt]",
					Short:     "Reveal a committed verdict; `supernode` does this by itself",
					Example: example("tx functions reveal-attestation 5f0c… verdict-valid 77aa…" +
						" --response-hash e3b0… --fuel 120000 --from attester"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "claim_id"}, {ProtoField: "verdict"}, {ProtoField: "salt"}},
				},
				{
					RpcMethod:      "UpdateParams",
					Use:            "update-params-proposal [params]",
					Short:          "Submit a proposal that replaces all params",
					Example:        example(`tx functions update-params-proposal "$(` + version.AppName + ` query functions params --output json | jq -c .params)" --from alice`),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "params"}},
					GovProposal:    true,
				},
			},
		},
	}
}
