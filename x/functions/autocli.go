package functions

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"
)

// AutoCLIOptions describes the module's commands. DeployFunction, UpdateFunction and RotateKey have none here: `tx functions
// deploy`, `update` and `rotate-key` also sign with the function's key, and more.
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
					Short:     "List functions, optionally those of one owner or in one status",
					Example:   example("query functions functions --owner orb1… --status active"),
				},
				{
					RpcMethod:      "Version",
					Use:            "version [function-id] [number]",
					Short:          "Show one version of a function",
					Example:        example("query functions version orbfn1… 1"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "number"}},
				},
				{
					RpcMethod:      "Versions",
					Use:            "versions [function-id]",
					Short:          "List a function's versions, the oldest first",
					Example:        example("query functions versions orbfn1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}},
				},
				{
					RpcMethod:      "SuperNode",
					Use:            "super-node [validator]",
					Short:          "Show a validator's super node and whether it may attest now",
					Example:        example("query functions super-node orbvaloper1…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "validator"}},
				},
				{
					RpcMethod: "SuperNodes",
					Use:       "super-nodes",
					Short:     "List the super nodes, optionally those that may attest now",
					Example:   example("query functions super-nodes --active"),
				},
				{
					RpcMethod:      "Claim",
					Use:            "claim [claim-id]",
					Short:          "Show a claim and the attestations on it; the id is in hex",
					Example:        example("query functions claim 5f0c…"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "claim_id"}},
				},
				{
					RpcMethod: "Claims",
					Use:       "claims",
					Short:     "List claims that match all filters: function, attester, status, outcome",
					Example: example("query functions claims --attester orbvaloper1… --outcome valid") + "\n" +
						example("query functions claims --function-id orbfn1… --status expired"),
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
				{
					RpcMethod: "UpdateSuperNode",
					Use:       "update-super-node",
					Short:     "Change some of what your super node has registered, such as its hot attester key",
					Example: example("tx functions update-super-node --attester orb1… --from validator") + "\n" +
						example("tx functions update-super-node --endpoint https://new.example.org --addresses /dns4/new.example.org/tcp/4001 --from validator"),
				},
				{RpcMethod: "DeployFunction", Skip: true},
				{RpcMethod: "UpdateFunction", Skip: true},
				{
					RpcMethod:      "RollbackFunction",
					Use:            "rollback [function-id] [version]",
					Short:          "Make a version that was accepted before the active one again",
					Example:        example("tx functions rollback orbfn1… 3 --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "version"}},
				},
				{
					RpcMethod:      "DeprecateFunction",
					Use:            "deprecate [function-id]",
					Short:          "Give notice: the function serves until its notice is over, then ends; what is left is refunded and its name freed",
					Example:        example("tx functions deprecate orbfn1… --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}},
				},
				{
					RpcMethod:      "TransferFunction",
					Use:            "transfer [function-id] [new-owner]",
					Short:          "Give a function, with its name deposit, to another owner, who should rotate its key",
					Example:        example("tx functions transfer orbfn1… orb1… --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "new_owner"}},
				},
				{
					RpcMethod:      "SetPrice",
					Use:            "set-price [function-id] [price]",
					Short:          "Change what a request costs from now on; lanes that are open keep their price",
					Example:        example("tx functions set-price orbfn1… 80uorb --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "function_id"}, {ProtoField: "price"}},
				},
				{RpcMethod: "RotateKey", Skip: true},
				{
					RpcMethod: "DisputeResult",
					Use:       "dispute-result [orb-id] [batch] [result] [request]",
					Short:     "Stake a deposit on a host's signed result being wrong; batch and result are JSON, the request is in hex",
					Example: example(`tx functions dispute-result 12D3KooW… "$(cat batch.json)" "$(cat result.json)" "$(xxd -p -c 0 request)"` +
						" --path 77aa… --path 9a1b… --from alice"),
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{
						{ProtoField: "orb_id"}, {ProtoField: "batch"}, {ProtoField: "result"}, {ProtoField: "request"},
					},
				},
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
					Example: example("tx functions reveal-attestation 5f0c… valid 77aa…" +
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
