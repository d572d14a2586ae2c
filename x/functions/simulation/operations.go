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
		signer := key(r)
		digest, root := sha256.Sum256(Artifact()), possession.Root(Artifact())
		complexity := uint64(r.IntInRange(1_000, 1_000_000))
		msg := &types.MsgDeployFunction{
			Owner:         owner.AddressBech32,
			Name:          strings.ToLower(r.StringN(12)),
			SigningKey:    signer.Public().(ed25519.PublicKey),
			Price:         sdk.NewInt64Coin(types.Denom, int64(r.IntInRange(10, 1_000))),
			OwnerShareBps: uint32(r.IntInRange(0, types.BasisPoints)),
			Plan:          "starter",
			Artifact: types.Artifact{
				Cid:        "b" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(append([]byte{1, 0x55, 0x12, 0x20}, digest[:]...))),
				Sha256:     digest[:],
				MerkleRoot: root[:],
				Size_:      uint64(len(Artifact())),
			},
			Complexity:  complexity,
			FuelLimit:   complexity * types.FuelFactor,
			MemoryLimit: types.PageSize,
			Contract:    types.CONTRACT_FILTER,
			MaxCost:     owner.LiquidBalance().RandSubsetCoin(reporter, types.Denom),
		}
		if reporter.IsSkipped() {
			return nil, nil
		}
		version := msg.Version()
		msg.Signature = ed25519.Sign(signer, types.VersionSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Owner, msg.Name, &version))
		return []simsx.SimAccount{owner}, msg
	}
}

// CommitAttestation commits a random elector of a random open claim to its finding.
func CommitAttestation(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCommitAttestation] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCommitAttestation) {
		claim, node, attester := pick(ctx, k, types.CLAIM_STATUS_COMMIT, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		reveal := finding(ctx, k, claim, node)
		return []simsx.SimAccount{attester}, &types.MsgCommitAttestation{
			Attester: node.Attester,
			ClaimId:  claim.Id,
			Commitment: types.AttestationCommitment(sdk.UnwrapSDKContext(ctx).ChainID(), claim.Id, node.Validator,
				reveal.Verdict, reveal.ResponseHash, reveal.Fuel, reveal.Salt),
		}
	}
}

// RevealAttestation reveals the finding of a random elector of a random open claim.
func RevealAttestation(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRevealAttestation] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRevealAttestation) {
		claim, node, attester := pick(ctx, k, types.CLAIM_STATUS_REVEAL, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{attester}, finding(ctx, k, claim, node)
	}
}

// pick skips unless an open claim is in the phase and one of its electors still has to act in it.
func pick(ctx context.Context, k keeper.Keeper, phase types.ClaimStatus, data *simsx.ChainDataSource, reporter simsx.SimulationReporter,
) (types.Claim, types.SuperNode, simsx.SimAccount) {
	open, err := keeper.NewQueryServer(k).OpenClaims(ctx, &types.QueryOpenClaimsRequest{})
	if err != nil || len(open.Claims) == 0 {
		reporter.Skip("no open claim")
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	claim := simsx.OneOf(data.Rand(), open.Claims)
	if len(claim.Electors) == 0 {
		reporter.Skip("no electors drawn yet")
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	elector := simsx.OneOf(data.Rand(), claim.Electors)
	node, err := k.SuperNode(ctx, elector.Validator)
	if err != nil {
		reporter.Skip(err.Error())
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	answer, err := keeper.NewQueryServer(k).Claim(ctx, &types.QueryClaimRequest{ClaimId: claim.HexID()})
	if err != nil {
		reporter.Skip(err.Error())
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	committed, revealed := false, false
	for _, attestation := range answer.Attestations {
		if attestation.Validator == elector.Validator {
			committed, revealed = true, attestation.Revealed
		}
	}
	due := phase == types.CLAIM_STATUS_COMMIT && !committed || phase == types.CLAIM_STATUS_REVEAL && committed && !revealed
	if claim.Status != phase || !due {
		reporter.Skip("nothing to do on the claim")
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	return claim, node, data.GetAccount(reporter, node.Attester)
}

// finding is the same for every honest super node and is derived from the claim, so that it need not be kept between commit and
// reveal. One claim in four is found to state a wrong complexity.
func finding(ctx context.Context, k keeper.Keeper, claim types.Claim, node types.SuperNode) *types.MsgRevealAttestation {
	response := sha256.Sum256(claim.Id)
	salt := sha256.Sum256([]byte(node.Validator))
	fuel := uint64(1)
	if version, err := k.GetVersion(ctx, claim.FunctionId, claim.Version); err == nil && claim.Id[0]%4 != 0 {
		fuel = version.Complexity
	}
	return &types.MsgRevealAttestation{
		Attester:     node.Attester,
		ClaimId:      claim.Id,
		Verdict:      types.VERDICT_VALID,
		ResponseHash: response[:],
		Fuel:         fuel,
		Salt:         salt[:],
	}
}

func key(r *simsx.XRand) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	r.Read(seed)
	return ed25519.NewKeyFromSeed(seed)
}
