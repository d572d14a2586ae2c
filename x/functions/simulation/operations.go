package simulation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/types"
)

// StakingKeeper is what the operations need of x/staking.
type StakingKeeper interface {
	GetBondedValidatorsByPower(ctx context.Context) ([]stakingtypes.Validator, error)
}

// UpdateParams proposes other bounds of the phases.
func UpdateParams() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(reporter, "gov"),
			Params:    RandomGenesis(data.Rand().Rand).Params,
		}
	}
}

// RegisterSuperNode makes a bonded validator a super node with any account as its attester.
func RegisterSuperNode(k keeper.Keeper, staking StakingKeeper) simsx.SimMsgFactoryFn[*types.MsgRegisterSuperNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterSuperNode) {
		validators, err := staking.GetBondedValidatorsByPower(ctx)
		if err != nil || len(validators) == 0 {
			reporter.Skip("no bonded validator")
			return nil, nil
		}
		address, err := sdk.ValAddressFromBech32(simsx.OneOf(data.Rand(), validators).GetOperator())
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		operator := data.GetAccountbyAccAddr(reporter, sdk.AccAddress(address))
		attester := data.AnyAccount(reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		speaksFor, err := k.SuperNodes.Indexes.Attester.MatchExact(ctx, attester.Address)
		if err == nil && !speaksFor.Equals(address) {
			reporter.Skip("the attester speaks for another super node")
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgRegisterSuperNode{
			Operator: operator.AddressBech32,
			Attester: attester.AddressBech32,
			OrbId:    orbid.FromKey(key(data.Rand()).Public().(ed25519.PublicKey)),
			Endpoint: "https://" + strings.ToLower(data.Rand().StringN(8)) + ".example",
		}
	}
}

// UpdateSuperNode rotates the attester of a random super node, or changes its endpoint; the attester may speak for another one already.
func UpdateSuperNode(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateSuperNode] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateSuperNode) {
		answer, err := keeper.NewQueryServer(k).SuperNodes(ctx, &types.QuerySuperNodesRequest{})
		if err != nil || len(answer.SuperNodes) == 0 {
			reporter.Skip("no super node")
			return nil, nil
		}
		address, err := sdk.ValAddressFromBech32(simsx.OneOf(data.Rand(), answer.SuperNodes).Validator)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		operator := data.GetAccountbyAccAddr(reporter, sdk.AccAddress(address))
		msg := &types.MsgUpdateSuperNode{Operator: operator.AddressBech32, Endpoint: "https://" + strings.ToLower(data.Rand().StringN(8)) + ".example"}
		if data.Rand().Intn(2) == 0 {
			msg.Attester, msg.OrbId = data.AnyAccount(reporter).AddressBech32, orbid.FromKey(NodeKey(operator.AddressBech32).Public().(ed25519.PublicKey))
		}
		return []simsx.SimAccount{operator}, msg
	}
}

// Artifact is what every simulated deploy registers, so that simulated nodes can prove that they have it.
func Artifact() []byte { return bytes.Repeat([]byte("simulated artifact "), 200) }

// DeployFunction deploys a function with random figures inside the params.
func DeployFunction(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeployFunction] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeployFunction) {
		nodes, err := k.SuperNodes.Iterate(ctx, nil)
		if err != nil || !nodes.Valid() {
			reporter.Skip("no super node")
			return nil, nil
		}
		nodes.Close()
		owner := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		label := strings.ToLower(r.StringN(12))
		signer := functionKey(label)
		complexity := uint64(r.IntInRange(1_000, 1_000_000))
		msg := &types.MsgDeployFunction{
			Owner:         owner.AddressBech32,
			Name:          simsx.OneOf(r, []string{label, label, label, "wanted", ""}),
			SigningKey:    signer.Public().(ed25519.PublicKey),
			Price:         sdk.NewInt64Coin(types.Denom, int64(r.IntInRange(10, 1_000))),
			OwnerShareBps: uint32(r.IntInRange(0, types.BasisPoints)),
			Plan:          "starter",
			Artifact:      artifact(),
			Complexity:    complexity,
			FuelLimit:     complexity * types.FuelFactor,
			MemoryLimit:   types.PageSize,
			Contract:      types.CONTRACT_FILTER,
			MaxCost:       owner.LiquidBalance().RandSubsetCoin(reporter, types.Denom),
		}
		if reporter.IsSkipped() {
			return nil, nil
		}
		version := msg.Version()
		msg.Signature = ed25519.Sign(signer, types.VersionSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Owner, msg.Name, &version))
		return []simsx.SimAccount{owner}, msg
	}
}

func artifact() types.Artifact {
	digest, root := sha256.Sum256(Artifact()), possession.Root(Artifact())
	return types.Artifact{
		Cid:        "b" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{1, 0x55, 0x12, 0x20}, digest[:]...))),
		Sha256:     digest[:],
		MerkleRoot: root[:],
		Size_:      uint64(len(Artifact())),
	}
}

func key(r *simsx.XRand) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	r.Read(seed)
	return ed25519.NewKeyFromSeed(seed)
}

// Keys are derived from what their owners are known by, so that they need not be kept between messages.

func derived(label string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(label))
	return ed25519.NewKeyFromSeed(seed[:])
}

// NodeKey is the key of an account's one node.
func NodeKey(operator string) ed25519.PrivateKey { return derived("simulated node of " + operator) }

// functionKey signs a function that the simulation has deployed under a label.
func functionKey(label string) ed25519.PrivateKey { return derived("simulated function " + label) }

// rotatedKey is the one that takes the place of a function's key.
func rotatedKey(current []byte) ed25519.PrivateKey {
	return derived("simulated rotation of " + string(current))
}
