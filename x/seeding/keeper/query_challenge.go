package keeper

import (
	"context"

	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// Challenge returns which chunk a node has to show in the current epoch.
func (s queryServer) Challenge(ctx context.Context, req *types.QueryChallengeRequest) (*types.QueryChallengeResponse, error) {
	epoch, err := s.k.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	beacon, err := s.k.beacon(ctx, epoch)
	if err != nil {
		return nil, err
	}
	functionID := req.FunctionId
	if functionID == "" {
		node, err := s.k.GetNode(ctx, req.OrbId)
		if err != nil {
			return nil, queryError(err)
		}
		if functionID, err = s.k.drawn(ctx, beacon.Value, node); err != nil {
			return nil, queryError(err)
		}
	}
	version, err := s.k.standing(ctx, functionID)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryChallengeResponse{
		Epoch: epoch, FunctionId: functionID, Version: version.Number,
		ChunkIndex: possession.Index(beacon.Value, req.OrbId, functionID, version.Artifact.Size_),
		Drawn:      beacon.Drawn(req.OrbId),
	}, nil
}
