package simulation

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/types"
)

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
	open, err := keeper.NewQueryServer(k).Claims(ctx, &types.QueryClaimsRequest{Status: phase})
	if err != nil || len(open.Claims) == 0 {
		reporter.Skip("no claim in this phase")
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	claim := simsx.OneOf(data.Rand(), open.Claims)
	answer, err := keeper.NewQueryServer(k).Claim(ctx, &types.QueryClaimRequest{ClaimId: claim.HexID()})
	if err != nil {
		reporter.Skip(err.Error())
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	due := slices.DeleteFunc(slices.Clone(claim.Electors), func(e types.Elector) bool {
		i := slices.IndexFunc(answer.Attestations, func(a types.Attestation) bool { return a.Validator == e.Validator })
		if phase == types.CLAIM_STATUS_COMMIT {
			return i >= 0
		}
		return i < 0 || answer.Attestations[i].Revealed
	})
	if len(due) == 0 {
		reporter.Skip("nothing to do on the claim")
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	node, err := k.SuperNode(ctx, simsx.OneOf(data.Rand(), due).Validator)
	if err != nil {
		reporter.Skip(err.Error())
		return types.Claim{}, types.SuperNode{}, simsx.SimAccount{}
	}
	return claim, node, data.GetAccount(reporter, node.Attester)
}

// finding is the same for every honest super node and is derived from the claim, so that it need not be kept between commit and
// reveal. One claim in four states a wrong complexity or a lie; one attestation in eight echoes what the claim states without looking.
func finding(ctx context.Context, k keeper.Keeper, claim types.Claim, node types.SuperNode) *types.MsgRevealAttestation {
	salt := sha256.Sum256([]byte(node.Validator))
	msg := &types.MsgRevealAttestation{Attester: node.Attester, ClaimId: claim.Id, Verdict: types.VERDICT_VALID, Salt: salt[:]}
	wrong := claim.Id[0]%4 == 0
	lazy := sha256.Sum256(append(salt[:], claim.Id...))[0]%8 == 0
	if claim.Dispute != nil {
		msg.ResponseHash, msg.Fuel = types.DisputeWitness(claim.Id, []byte("response")), claim.Dispute.Result.Fuel
		switch {
		case lazy:
			msg.ResponseHash = claim.Dispute.Result.ResponseHash
		case wrong:
			msg.Verdict = types.VERDICT_BAD_RESULT
		}
		return msg
	}
	response := sha256.Sum256(claim.Id)
	msg.ResponseHash, msg.Fuel = response[:], 1
	if version, err := k.GetVersion(ctx, claim.FunctionId, claim.Version); err == nil && (lazy || !wrong) {
		msg.Fuel = version.Complexity
	}
	return msg
}
