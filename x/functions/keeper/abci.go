package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// EndBlock moves on what is due, the oldest first: at most MaxClaimsPerBlock claims, and dead functions of at most MaxPrunesPerBlock
// entries. What is left waits for the next block.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.moveClaims(ctx, params); err != nil {
		return err
	}
	return k.moveFunctions(ctx, params)
}

func (k Keeper) moveClaims(ctx context.Context, params types.Params) error {
	until := collections.NewPrefixUntilPairRange[int64, []byte](sdk.UnwrapSDKContext(ctx).BlockHeight())
	deadlines, err := k.Deadlines.Iterate(ctx, until)
	if err != nil {
		return err
	}
	due, err := first(deadlines, deadlines.Key, int(params.MaxClaimsPerBlock))
	if err != nil {
		return err
	}
	for _, key := range due {
		id := key.K2()
		err := k.isolated(ctx, func(ctx context.Context) error {
			if err := k.Deadlines.Remove(ctx, key); err != nil {
				return err
			}
			return k.endPhase(ctx, params, id)
		})
		if err == nil {
			continue
		}
		k.logger(ctx).Error("claim cannot move on and waits", "claim", fmt.Sprintf("%x", id), "error", err)
		if err := k.delay(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// retryBlocks is how long a claim or a function rests that cannot move on, so that it does not stand in the way of others.
const retryBlocks = 100

// delay puts off when a claim is looked at again. Its phase is as long as it was: what comes after that is refused.
func (k Keeper) delay(ctx context.Context, deadline collections.Pair[int64, []byte]) error {
	if err := k.Deadlines.Remove(ctx, deadline); err != nil {
		return err
	}
	return k.Deadlines.Set(ctx, collections.Join(sdk.UnwrapSDKContext(ctx).BlockHeight()+retryBlocks, deadline.K2()))
}

func (k Keeper) moveFunctions(ctx context.Context, params types.Params) error {
	budget := int(params.MaxPrunesPerBlock)
	until := collections.NewPrefixUntilPairRange[int64, string](sdk.UnwrapSDKContext(ctx).BlockHeight())
	endings, err := k.Functions.Indexes.Ending.Iterate(ctx, until)
	if err != nil {
		return err
	}
	due, err := first(endings, endings.FullKey, budget)
	if err != nil {
		return err
	}
	for _, key := range due {
		if budget <= 0 {
			break
		}
		id, used := key.K2(), 0
		err := k.isolated(ctx, func(ctx context.Context) (err error) {
			used, err = k.moveOn(ctx, params, id, budget)
			return err
		})
		budget -= max(used, 1)
		if err == nil {
			continue
		}
		k.logger(ctx).Error("function cannot move on and waits", "function", id, "error", err)
		if err := k.rest(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// isolated runs one step of the end of a block. A step that fails leaves no writes: a block must not fail for one claim or function.
func (k Keeper) isolated(ctx context.Context, step func(context.Context) error) (err error) {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := step(cached); err != nil {
		return err
	}
	write()
	return nil
}

func (k Keeper) endPhase(ctx context.Context, params types.Params, id []byte) error {
	claim, err := k.Claims.Get(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case claim.Deadline() > sdk.UnwrapSDKContext(ctx).BlockHeight():
		return nil // it has moved on since it was put off
	case claim.IsOwed():
		return k.settleDispute(ctx, claim)
	case claim.Status == types.CLAIM_STATUS_DRAW:
		return k.draw(ctx, params, claim)
	}
	attestations, err := k.attestations(ctx, id)
	if err != nil {
		return err
	}
	if claim.Status == types.CLAIM_STATUS_COMMIT && types.CanAgree(claim.Electors, attestations) {
		return k.startReveal(ctx, claim)
	}
	decided, err := k.decide(ctx, claim, attestations)
	if err != nil {
		return err
	}
	// The claim stays closed whatever the hooks do.
	if err := k.isolated(ctx, func(ctx context.Context) error { return k.afterDecision(ctx, decided) }); err != nil {
		k.logger(ctx).Error("paying for a claim failed", "claim", claim.HexID(), "error", err)
	}
	return nil
}
