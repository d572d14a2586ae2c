package keeper

import "github.com/orbnetwork/orb/x/seeding/types"

type msgServer struct{ Keeper }

// NewMsgServer returns the handlers of the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }
