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
	SuperNodes(ctx context.Context, req *functionstypes.QuerySuperNodesRequest) (*functionstypes.QuerySuperNodesResponse, error)
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

// RegisterNode registers an account's node.
func RegisterNode(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterNode) {
		operator := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		id := NodeOf(operator.AddressBech32)
		if _, err := k.GetNode(ctx, id); err == nil {
			reporter.Skip("node is registered")
			return nil, nil
		}
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
		epoch, proof, err := answer(ctx, k, id, function)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		msg := &types.MsgSeed{Operator: operator.AddressBech32, OrbId: id, FunctionId: function, Epoch: epoch, Proof: proof}
		if held, err := keeper.NewQueryServer(k).Seeds(ctx, &types.QuerySeedsRequest{FunctionId: function}); err == nil && len(held.Seeds) > 0 && data.Rand().Bool() {
			msg.Displace = simsx.OneOf(data.Rand(), held.Seeds).Node.OrbId // squatters try, and mostly fail
		}
		return []simsx.SimAccount{operator}, msg
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

// ownNode is a random account with the node that it has registered.
func ownNode(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, types.Node) {
	operator := data.AnyAccount(reporter, simsx.WithSpendableBalance())
	if reporter.IsSkipped() {
		return operator, types.Node{}
	}
	node, err := k.GetNode(ctx, NodeOf(operator.AddressBech32))
	if err != nil {
		reporter.Skip("node is not registered")
	}
	return operator, node
}

// UpdateNode renames a node, now and then somebody else's.
func UpdateNode(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateNode) {
		operator, node := ownNode(ctx, k, data, reporter)
		if data.Rand().Intn(4) == 0 {
			operator = data.AnyAccount(reporter, simsx.WithSpendableBalance())
		}
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgUpdateNode{Operator: operator.AddressBech32, OrbId: node.OrbId, Moniker: data.Rand().StringN(10)}
	}
}

// Bond puts up a random part of an operator's coins.
func Bond(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgBond] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgBond) {
		operator, node := ownNode(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		amount := operator.LiquidBalance().RandSubsetCoin(reporter, functionstypes.Denom)
		return []simsx.SimAccount{operator}, &types.MsgBond{Operator: operator.AddressBech32, OrbId: node.OrbId, Amount: amount}
	}
}

// Unbond takes a random part of a bond back, and now and then more than there is.
func Unbond(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUnbond] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUnbond) {
		operator, node := ownNode(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		amount := node.Bond.MulRaw(int64(data.Rand().Intn(110))).QuoRaw(100).AddRaw(1)
		return []simsx.SimAccount{operator}, &types.MsgUnbond{
			Operator: operator.AddressBech32, OrbId: node.OrbId, Amount: sdk.NewCoin(functionstypes.Denom, amount),
		}
	}
}

// Unseed ends a random seed of a node.
func Unseed(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUnseed] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUnseed) {
		operator, node := ownNode(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		seeds, err := keeper.NewQueryServer(k).Seeds(ctx, &types.QuerySeedsRequest{OrbId: node.OrbId})
		if err != nil || len(seeds.Seeds) == 0 {
			reporter.Skip("node seeds nothing")
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgUnseed{
			Operator: operator.AddressBech32, OrbId: node.OrbId, FunctionId: simsx.OneOf(data.Rand(), seeds.Seeds).Seed.FunctionId,
		}
	}
}

// SponsorNode has a random account, mostly a super node's attester, register another's node.
func SponsorNode(k keeper.Keeper, functions Functions) simsx.SimMsgFactoryFn[*types.MsgSponsorNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSponsorNode) {
		sponsor, operator := data.AnyAccount(reporter, simsx.WithSpendableBalance()), data.AnyAccount(reporter)
		if nodes, err := functions.SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{}); err == nil && len(nodes.SuperNodes) > 0 && data.Rand().Intn(4) > 0 {
			sponsor = data.GetAccount(reporter, simsx.OneOf(data.Rand(), nodes.SuperNodes).Attester)
		}
		if reporter.IsSkipped() || sponsor.LiquidBalance().Empty() {
			reporter.Skip("nobody to sponsor")
			return nil, nil
		}
		id := NodeOf(operator.AddressBech32)
		if _, err := k.GetNode(ctx, id); err == nil {
			reporter.Skip("node is registered")
			return nil, nil
		}
		return []simsx.SimAccount{sponsor}, &types.MsgSponsorNode{
			Sponsor: sponsor.AddressBech32, Operator: operator.AddressBech32, OrbId: id, Moniker: data.Rand().StringN(10),
			Signature: ed25519.Sign(nodeKey(operator.AddressBech32), types.RegistrationSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), operator.AddressBech32, id)),
		}
	}
}
