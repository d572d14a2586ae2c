package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// HoldBond keeps a node's bond, and what of it is unbonding, from being paid back until ReleaseBond. Every hold needs its own release.
func (k Keeper) HoldBond(ctx context.Context, orbID string) (operator string, held math.Int, err error) {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return "", math.Int{}, err
	}
	node.Holds++
	return node.Operator, node.Held(), k.setNode(ctx, node)
}

// ReleaseBond ends one hold.
func (k Keeper) ReleaseBond(ctx context.Context, orbID string) error {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return err
	}
	if node.Holds > 0 {
		node.Holds--
	}
	return k.setNode(ctx, node)
}

// SlashBond takes basis points of what is left of a node's bond, also of what is unbonding, and sends it to the account of x/functions,
// which knows whom it is for.
func (k Keeper) SlashBond(ctx context.Context, orbID string, bps uint32) (math.Int, error) {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return math.Int{}, err
	}
	slashed := node.Slash(bps)
	if slashed.IsZero() {
		return slashed, nil
	}
	if err := k.setNode(ctx, node); err != nil {
		return math.Int{}, err
	}
	if err := k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, functionstypes.ModuleName, sdk.NewCoins(coin(slashed))); err != nil {
		return math.Int{}, err
	}
	return slashed, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventSlashed{OrbId: orbID, Amount: coin(slashed), Bond: coin(node.Bond)})
}

func (k Keeper) payUnbonded(ctx context.Context, node types.Node, amount math.Int) error {
	if amount.IsZero() {
		return nil
	}
	if err := k.payBack(ctx, types.ModuleName, node.Operator, amount); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventUnbonded{OrbId: node.OrbId, Operator: node.Operator, Amount: coin(amount)})
}
