package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// openClaim stores a claim and fixes who decides it, or leaves that to a draw when more could than may. It fails with types.ErrNoElectors
// when nobody could. What identifies the claim is set by the caller.
func (k Keeper) openClaim(ctx context.Context, params types.Params, claim types.Claim) (types.Claim, error) {
	candidates, err := k.candidates(ctx, claim)
	if err != nil {
		return types.Claim{}, err
	}
	if len(candidates) == 0 {
		return types.Claim{}, types.ErrNoElectors
	}
	claim.Opened = sdk.UnwrapSDKContext(ctx).BlockHeight()
	claim.CommitUntil = claim.Opened + int64(params.CommitBlocks)
	claim.RevealUntil = claim.CommitUntil + int64(params.RevealBlocks)
	if len(candidates) > int(params.MaxElectors) {
		claim.Status = types.CLAIM_STATUS_DRAW
		return claim, k.storeClaim(ctx, claim)
	}
	return k.startCommit(ctx, claim, candidates)
}

// draw fixes the electors of a claim that was made in an earlier block, with that block's app hash, and lets the commit phase begin with
// the length that it had when the claim was made.
func (k Keeper) draw(ctx context.Context, params types.Params, claim types.Claim) error {
	candidates, err := k.candidates(ctx, claim)
	if err != nil {
		return err
	}
	if err := k.Deadlines.Remove(ctx, collections.Join(claim.Deadline(), claim.Id)); err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if len(candidates) > int(params.MaxElectors) {
		candidates = types.Draw(candidates, int(params.MaxElectors), types.DrawSeed(sdkCtx.BlockHeader().AppHash, claim.Id))
	}
	late := sdkCtx.BlockHeight() - claim.Opened
	claim.CommitUntil += late
	claim.RevealUntil += late
	_, err = k.startCommit(ctx, claim, candidates)
	return err
}

func (k Keeper) startCommit(ctx context.Context, claim types.Claim, electors []types.Elector) (types.Claim, error) {
	claim.Status, claim.Electors = types.CLAIM_STATUS_COMMIT, electors
	if err := k.storeClaim(ctx, claim); err != nil {
		return claim, err
	}
	return claim, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventClaimOpened{
		ClaimId: claim.Id, Kind: claim.Kind, FunctionId: claim.FunctionId, Version: claim.Version,
		CommitUntil: claim.CommitUntil, RevealUntil: claim.RevealUntil, Electors: electors,
	})
}

// candidates are the super nodes of bonded, unjailed validators, ordered by operator address, without those that a dispute is about. When
// nobody else is left, as on a network of one, they decide for themselves.
func (k Keeper) candidates(ctx context.Context, claim types.Claim) ([]types.Elector, error) {
	type candidate struct {
		address sdk.ValAddress
		elector types.Elector
		party   bool
	}
	var (
		all     []candidate
		failure error
	)
	reduction := k.staking.PowerReduction(ctx)
	err := k.staking.IterateBondedValidatorsByPower(ctx, func(_ int64, v stakingtypes.ValidatorI) bool {
		if v.IsJailed() || v.GetConsensusPower(reduction) == 0 {
			return false
		}
		var address sdk.ValAddress
		if address, failure = sdk.ValAddressFromBech32(v.GetOperator()); failure != nil {
			return true
		}
		var registered bool
		if registered, failure = k.SuperNodes.Has(ctx, address); failure != nil {
			return true
		}
		if !registered {
			return false
		}
		var node types.SuperNode
		if node, failure = k.SuperNodes.Get(ctx, address); failure != nil {
			return true
		}
		all = append(all, candidate{
			address, types.Elector{Validator: v.GetOperator(), Power: v.GetConsensusPower(reduction)},
			claim.Dispute != nil && claim.Dispute.Concerns(node, sdk.AccAddress(address).String()),
		})
		return false
	})
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	slices.SortFunc(all, func(a, b candidate) int { return bytes.Compare(a.address, b.address) })
	var free, any []types.Elector
	for _, c := range all {
		any = append(any, c.elector)
		if !c.party {
			free = append(free, c.elector)
		}
	}
	if len(free) == 0 {
		return any, nil
	}
	return free, nil
}

// storeClaim stores a claim and its deadline, if it has one. An earlier deadline must have been removed.
func (k Keeper) storeClaim(ctx context.Context, claim types.Claim) error {
	if deadline := claim.Deadline(); deadline != types.Never {
		if err := k.Deadlines.Set(ctx, collections.Join(deadline, claim.Id)); err != nil {
			return err
		}
	}
	return k.Claims.Set(ctx, claim.Id, claim)
}

// startReveal ends the commit phase. The reveal phase keeps its length, which was fixed when the claim opened.
func (k Keeper) startReveal(ctx context.Context, claim types.Claim) error {
	if err := k.Deadlines.Remove(ctx, collections.Join(claim.Deadline(), claim.Id)); err != nil {
		return err
	}
	claim.Status = types.CLAIM_STATUS_REVEAL
	claim.RevealUntil = sdk.UnwrapSDKContext(ctx).BlockHeight() + claim.RevealUntil - claim.CommitUntil
	if err := k.storeClaim(ctx, claim); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRevealStarted{ClaimId: claim.Id, RevealUntil: claim.RevealUntil})
}

// attestations lists those on a claim, in elector order.
func (k Keeper) attestations(ctx context.Context, claimID []byte) ([]types.Attestation, error) {
	iterator, err := k.Attestations.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, sdk.ValAddress](claimID))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// decision is a closed claim with what its hooks need.
type decision struct {
	claim     types.Claim
	payees    []string
	function  types.Function
	version   types.Version
	activated bool
}

// decide closes a claim with what its reveals agree on, and moves the version and the function on.
func (k Keeper) decide(ctx context.Context, claim types.Claim, attestations []types.Attestation) (decision, error) {
	version, err := k.GetVersion(ctx, claim.FunctionId, claim.Version)
	if err != nil {
		return decision{}, err
	}
	if err := k.Deadlines.Remove(ctx, collections.Join(claim.Deadline(), claim.Id)); err != nil {
		return decision{}, err
	}
	fuel := version.Complexity
	if claim.Dispute != nil {
		fuel = claim.Dispute.Result.Fuel
	}
	outcome := types.Tally(claim.Kind, claim.Electors, attestations, fuel)
	claim.Status, claim.Verdict, claim.ResponseHash = outcome.Status, outcome.Verdict, outcome.ResponseHash
	if err := k.storeClaim(ctx, claim); err != nil {
		return decision{}, err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventClaimDecided{
		ClaimId: claim.Id, Kind: claim.Kind, FunctionId: claim.FunctionId, Version: claim.Version,
		Status: claim.Status, Verdict: claim.Verdict, ResponseHash: claim.ResponseHash,
	}); err != nil {
		return decision{}, err
	}
	payees, err := k.payees(ctx, outcome.Majority)
	if err != nil {
		return decision{}, err
	}
	d := decision{claim: claim, payees: payees, version: version}
	if claim.Kind != types.CLAIM_KIND_VERSION {
		return d, nil
	}
	if d.function, err = k.GetFunction(ctx, claim.FunctionId); err != nil {
		return d, err
	}
	return k.closeVersion(ctx, d)
}

// afterDecision has the attesters paid and tells of the version that serves now. The stakes of a dispute are paid at the end of the block.
func (k Keeper) afterDecision(ctx context.Context, d decision) error {
	if d.claim.Kind != types.CLAIM_KIND_VERSION {
		return nil
	}
	if err := k.hooks.AfterClaimDecided(ctx, d.claim, d.payees); err != nil {
		return err
	}
	if !d.activated {
		return nil
	}
	return k.hooks.AfterVersionActivated(ctx, d.function, d.version)
}
