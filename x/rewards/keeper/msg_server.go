package keeper

import (
	"cosmossdk.io/errors"

	"github.com/orbnetwork/orb/x/rewards/types"
)

type msgServer struct{ Keeper }

// NewMsgServer returns the handlers of the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

// validateEntries bounds the work of one message.
func validateEntries(params types.Params, entries int) error {
	if entries == 0 || entries > int(params.MaxEntries) {
		return errors.Wrapf(types.ErrInvalidBatch, "%d, want 1 to %d", entries, params.MaxEntries)
	}
	return nil
}
