package simulation

import (
	"context"
	"crypto/ed25519"
	"slices"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/possession"
	functionssim "github.com/orbnetwork/orb/x/functions/simulation"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/keeper"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// Functions is what the operations need of x/functions' queries.
type Functions interface {
	Functions(ctx context.Context, req *functionstypes.QueryFunctionsRequest) (*functionstypes.QueryFunctionsResponse, error)
}

// activeFunction skips unless some function serves.
func activeFunction(ctx context.Context, functions Functions, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) string {
	answer, err := functions.Functions(ctx, &functionstypes.QueryFunctionsRequest{})
	if err != nil {
		reporter.Skip(err.Error())
		return ""
	}
	active := slices.DeleteFunc(answer.Functions, func(fn functionstypes.Function) bool {
		return fn.Status != functionstypes.FUNCTION_STATUS_ACTIVE
	})
	if len(active) == 0 {
		reporter.Skip("no active function")
		return ""
	}
	return simsx.OneOf(data.Rand(), active).Id
}

// UpdateParams proposes another bound of seeds.
func UpdateParams() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(reporter, "gov"),
			Params:    RandomGenesis(data.Rand().Rand).Params,
		}
	}
}

// nodeKey is the key of an account's one node.
func nodeKey(operator string) ed25519.PrivateKey { return functionssim.NodeKey(operator) }

// NodeOf returns the Orb ID of an account's node.
func NodeOf(operator string) string {
	return orbid.FromKey(nodeKey(operator).Public().(ed25519.PublicKey))
}

// RegisterNode registers an account's node, or registers it again under another moniker.
func RegisterNode() simsx.SimMsgFactoryFn[*types.MsgRegisterNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterNode) {
		operator := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		id := NodeOf(operator.AddressBech32)
		return []simsx.SimAccount{operator}, &types.MsgRegisterNode{
			Operator:  operator.AddressBech32,
			OrbId:     id,
			Moniker:   data.Rand().StringN(10),
			Signature: ed25519.Sign(nodeKey(operator.AddressBech32), types.RegistrationSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), operator.AddressBech32, id)),
		}
	}
}

// Seed makes a random node a seed of a random active function.
func Seed(k keeper.Keeper, functions Functions) simsx.SimMsgFactoryFn[*types.MsgSeed] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSeed) {
		operator := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		function := activeFunction(ctx, functions, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		id := NodeOf(operator.AddressBech32)
		if _, err := k.GetNode(ctx, id); err != nil {
			reporter.Skip("node is not registered")
			return nil, nil
		}
		if _, err := k.GetSeed(ctx, function, id); err == nil {
			reporter.Skip("node seeds it already")
			return nil, nil
		}
		epoch, proof, err := answer(ctx, k, id, function)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgSeed{
			Operator: operator.AddressBech32, OrbId: id, FunctionId: function, Epoch: epoch, Proof: proof,
		}
	}
}

// Prove answers the current challenge of a random node.
func Prove(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgProve] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgProve) {
		operator := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		node, err := k.GetNode(ctx, NodeOf(operator.AddressBech32))
		if err != nil {
			reporter.Skip("node is not registered")
			return nil, nil
		}
		challenge, err := keeper.NewQueryServer(k).Challenge(ctx, &types.QueryChallengeRequest{OrbId: node.OrbId})
		if err != nil || challenge.Epoch <= node.ProvenThrough {
			reporter.Skip("nothing to prove")
			return nil, nil
		}
		epoch, proof, err := answer(ctx, k, node.OrbId, challenge.FunctionId)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgProve{
			Operator: operator.AddressBech32, OrbId: node.OrbId, FunctionId: challenge.FunctionId, Epoch: epoch, Proof: proof,
		}
	}
}

// answer proves possession of the artifact that simulated deploys register.
func answer(ctx context.Context, k keeper.Keeper, orbID, functionID string) (uint64, types.Proof, error) {
	challenge, err := keeper.NewQueryServer(k).Challenge(ctx, &types.QueryChallengeRequest{OrbId: orbID, FunctionId: functionID})
	if err != nil {
		return 0, types.Proof{}, err
	}
	chunk, path, err := possession.Prove(functionssim.Artifact(), challenge.ChunkIndex)
	return challenge.Epoch, types.Proof{Chunk: chunk, Path: path}, err
}
