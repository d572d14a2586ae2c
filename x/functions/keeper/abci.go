package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// EndBlock moves on the claims whose phase has ended, at most MaxClaimsPerBlock of them, the oldest first.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	due, err := k.due(ctx, params.MaxClaimsPerBlock)
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := k.endPhase(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// due lists the claims whose phase ends at this height or ended before.
func (k Keeper) due(ctx context.Context, limit uint32) ([][]byte, error) {
	until := collections.NewPrefixUntilPairRange[int64, []byte](sdk.UnwrapSDKContext(ctx).BlockHeight())
	iterator, err := k.Deadlines.Iterate(ctx, until)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var ids [][]byte
	for ; iterator.Valid() && len(ids) < int(limit); iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		ids = append(ids, key.K2())
	}
	return ids, nil
}

func (k Keeper) endPhase(ctx context.Context, id []byte) error {
	claim, err := k.Claims.Get(ctx, id)
	if err != nil {
		return err
	}
	attestations, err := k.attestations(ctx, id)
	if err != nil {
		return err
	}
	if claim.Status == types.CLAIM_STATUS_COMMIT && types.CanAgree(claim.Electors, attestations) {
		return k.startReveal(ctx, claim)
	}
	claim, majority, err := k.decide(ctx, claim, attestations)
	if err != nil {
		return err
	}
	k.settle(ctx, claim, majority)
	return nil
}

// settle runs the hook of a claim that a deadline closed. The claim stays closed whatever the hook does: one that fails is logged and
// leaves no writes, because a block must not fail for one claim.
func (k Keeper) settle(ctx context.Context, claim types.Claim, majority []string) {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		return k.hooks.AfterClaimDecided(cached, claim, majority)
	}()
	if err != nil {
		k.logger(ctx).Error("paying for a claim failed", "claim", claim.HexID(), "error", err)
		return
	}
	write()
}
