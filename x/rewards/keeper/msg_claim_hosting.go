package keeper

import (
	"context"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// ClaimHosting pays a node's seeds for the epochs that it has proven since the last claim. Seeds that are due nothing are skipped; when
// none is due anything the message fails.
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
		seed, err := s.seeding.GetSeed(ctx, functionID, node.OrbId)
		if err != nil {
			return nil, err
		}
		amount, through, err := s.payHosting(ctx, node, seed)
		if err != nil {
			return nil, err
		}
		if amount.IsZero() {
			continue
		}
		if err := s.seeding.SetClaimedThrough(ctx, functionID, node.OrbId, through); err != nil {
			return nil, err
		}
		total = total.Add(amount)
	}
	if total.IsZero() {
		return nil, errors.Wrapf(types.ErrNothingPaid, "node %s has proven through epoch %d", node.OrbId, node.ProvenThrough)
	}
	return &types.MsgClaimHostingResponse{Paid: coin(params, total)}, nil
}
