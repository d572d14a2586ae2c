package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// ClaimHosting pays a node's paid seeds for the epochs that it has proven since the last claim. Seeds that are due nothing are skipped;
// when none is due anything the message fails.
func (s msgServer) ClaimHosting(ctx context.Context, msg *types.MsgClaimHosting) (*types.MsgClaimHostingResponse, error) {
	params, err := s.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := validateEntries(params, len(msg.FunctionIds)); err != nil {
		return nil, err
	}
	node, err := s.seeding.GetNode(ctx, msg.OrbId)
	if err != nil {
		return nil, err
	}
	total := math.ZeroInt()
	for _, functionID := range msg.FunctionIds {
		amount, err := s.claim(ctx, params, node, functionID)
		if err != nil {
			return nil, err
		}
		total = total.Add(amount)
	}
	if total.IsZero() {
		return nil, errors.Wrapf(types.ErrNothingPaid, "node %s has proven through epoch %d", node.OrbId, node.ProvenThrough)
	}
	if err := s.payAccount(ctx, node.Operator, total); err != nil {
		return nil, err
	}
	return &types.MsgClaimHostingResponse{Paid: coin(params, total)}, nil
}

func (k Keeper) claim(ctx context.Context, params types.Params, node seedingtypes.Node, functionID string) (math.Int, error) {
	seed, err := k.seeding.GetSeed(ctx, functionID, node.OrbId)
	if err != nil {
		return math.Int{}, err
	}
	escrow, err := k.Escrows.Get(ctx, functionID)
	if err != nil {
		return math.Int{}, notFound(err, "escrow of %s", functionID)
	}
	amount, through := escrow.Due(seed, node.ProvenThrough)
	if amount.IsZero() {
		return amount, nil
	}
	escrow.Hosting = escrow.Hosting.Sub(amount)
	if err := k.Escrows.Set(ctx, functionID, escrow); err != nil {
		return math.Int{}, err
	}
	if err := k.seeding.SetClaimedThrough(ctx, functionID, node.OrbId, through); err != nil {
		return math.Int{}, err
	}
	return amount, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventHostingPaid{
		FunctionId: functionID, OrbId: node.OrbId, Through: through, Amount: coin(params, amount),
	})
}
