package keeper

import (
	"context"

	"cosmossdk.io/errors"

	"github.com/orbnetwork/orb/x/functions/types"
)

// RollbackFunction makes a retired version the active one again. Super nodes have accepted it before, so it serves at once; a version that
// is being verified goes on and takes its place when it is accepted.
func (s msgServer) RollbackFunction(ctx context.Context, msg *types.MsgRollbackFunction) (*types.MsgRollbackFunctionResponse, error) {
	fn, err := s.ownServing(ctx, msg.FunctionId, msg.Owner)
	if err != nil {
		return nil, err
	}
	version, err := s.GetVersion(ctx, fn.Id, msg.Version)
	if err != nil {
		return nil, err
	}
	if version.Status != types.VERSION_STATUS_RETIRED {
		return nil, errors.Wrapf(types.ErrNotRetired, "version %d is %s", version.Number, version.Status)
	}
	if fn, version, err = s.activate(ctx, fn, version); err != nil {
		return nil, err
	}
	return &types.MsgRollbackFunctionResponse{}, s.hooks.AfterVersionActivated(ctx, fn, version)
}
