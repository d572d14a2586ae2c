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

// openClaim stores a claim about a version and fixes who decides it. It fails with types.ErrNoElectors when nobody could.
func (k Keeper) openClaim(ctx context.Context, params types.Params, kind types.ClaimKind, functionID string, version uint64) (types.Claim, error) {
	electors, err := k.electors(ctx, params.MaxElectors)
	if err != nil {
		return types.Claim{}, err
	}
	if len(electors) == 0 {
		return types.Claim{}, types.ErrNoElectors
	}
	commitUntil := sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.CommitBlocks)
	claim := types.Claim{
		Id:          types.ClaimID(kind, functionID, version),
		Kind:        kind,
		FunctionId:  functionID,
		Version:     version,
		Status:      types.CLAIM_STATUS_COMMIT,
		CommitUntil: commitUntil,
		RevealUntil: commitUntil + int64(params.RevealBlocks),
		Electors:    electors,
	}
	return claim, k.storeOpen(ctx, claim)
}

// electors returns the super nodes of the bonded, unjailed validators with the most power, ordered by operator address.
func (k Keeper) electors(ctx context.Context, limit uint32) ([]types.Elector, error) {
	type candidate struct {
		address sdk.ValAddress
		elector types.Elector
	}
	var (
		candidates []candidate
		failure    error
	)
	reduction := k.staking.PowerReduction(ctx)
	err := k.staking.IterateBondedValidatorsByPower(ctx, func(_ int64, v stakingtypes.ValidatorI) bool {
		if v.IsJailed() {
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
		if registered {
			candidates = append(candidates, candidate{address, types.Elector{Validator: v.GetOperator(), Power: v.GetConsensusPower(reduction)}})
		}
		return len(candidates) == int(limit)
	})
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	slices.SortFunc(candidates, func(a, b candidate) int { return bytes.Compare(a.address, b.address) })
	electors := make([]types.Elector, len(candidates))
	for i, c := range candidates {
		electors[i] = c.elector
	}
	return electors, nil
}

// deadline is the last height of the claim's phase.
func deadline(claim types.Claim) int64 {
	if claim.Status == types.CLAIM_STATUS_COMMIT {
		return claim.CommitUntil
	}
	return claim.RevealUntil
}

func (k Keeper) storeOpen(ctx context.Context, claim types.Claim) error {
	if err := k.Deadlines.Set(ctx, collections.Join(deadline(claim), claim.Id)); err != nil {
		return err
	}
	return k.Claims.Set(ctx, claim.Id, claim)
}

// startReveal ends the commit phase. The reveal phase keeps its length, which was fixed when the claim opened.
func (k Keeper) startReveal(ctx context.Context, claim types.Claim) error {
	if err := k.Deadlines.Remove(ctx, collections.Join(deadline(claim), claim.Id)); err != nil {
		return err
	}
	claim.Status = types.CLAIM_STATUS_REVEAL
	claim.RevealUntil = sdk.UnwrapSDKContext(ctx).BlockHeight() + claim.RevealUntil - claim.CommitUntil
	return k.storeOpen(ctx, claim)
}

// attestations lists those on a claim, in elector order.
func (k Keeper) attestations(ctx context.Context, claimID []byte) ([]types.Attestation, error) {
	iterator, err := k.Attestations.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, sdk.ValAddress](claimID))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// decide closes a claim with what its reveals agree on and moves the version and the function on. It returns the closed claim and
// the majority, for the hook.
func (k Keeper) decide(ctx context.Context, claim types.Claim, attestations []types.Attestation) (types.Claim, []string, error) {
	version, err := k.GetVersion(ctx, claim.FunctionId, claim.Version)
	if err != nil {
		return types.Claim{}, nil, err
	}
	if err := k.Deadlines.Remove(ctx, collections.Join(deadline(claim), claim.Id)); err != nil {
		return types.Claim{}, nil, err
	}
	outcome := types.Tally(claim.Electors, attestations, version.Complexity)
	claim.Status, claim.Verdict, claim.ResponseHash = outcome.Status, outcome.Verdict, outcome.ResponseHash
	if err := k.Claims.Set(ctx, claim.Id, claim); err != nil {
		return types.Claim{}, nil, err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventClaimDecided{
		ClaimId:      claim.Id,
		FunctionId:   claim.FunctionId,
		Version:      claim.Version,
		Status:       claim.Status,
		Verdict:      claim.Verdict,
		ResponseHash: claim.ResponseHash,
	}); err != nil {
		return types.Claim{}, nil, err
	}
	return claim, outcome.Majority, k.closeVersion(ctx, claim, version)
}

// closeVersion activates an accepted version, or rejects it; a function whose first version is rejected gives its name back.
func (k Keeper) closeVersion(ctx context.Context, claim types.Claim, version types.Version) error {
	fn, err := k.GetFunction(ctx, claim.FunctionId)
	if err != nil {
		return err
	}
	if claim.Status != types.CLAIM_STATUS_ACCEPTED {
		version.Status, version.Reason = types.VERSION_STATUS_REJECTED, claim.Verdict
		if fn.ActiveVersion == 0 {
			fn.Status = types.FUNCTION_STATUS_REJECTED
			if err := k.Names.Remove(ctx, fn.Name); err != nil {
				return err
			}
		}
	} else {
		version.Status = types.VERSION_STATUS_ACTIVE
		fn.Status, fn.ActiveVersion = types.FUNCTION_STATUS_ACTIVE, version.Number
		if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventVersionActivated{
			FunctionId: fn.Id,
			Version:    version.Number,
			Cid:        version.Artifact.Cid,
			Name:       fn.Name,
		}); err != nil {
			return err
		}
	}
	if err := k.Versions.Set(ctx, collections.Join(fn.Id, version.Number), version); err != nil {
		return err
	}
	return k.Functions.Set(ctx, fn.Id, fn)
}
