package simulation

import (
	"slices"

	"cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/x/functions/types"
)

type refusable struct{ simsx.SimMsgFactoryX }

// Refusable lets the chain answer a simulated message with an error of its own: proposals change params under honest messages, and
// hostile ones ought to be refused. What it must never answer with is a panic, an internal error or another module's complaint.
func Refusable(factory simsx.SimMsgFactoryX) simsx.SimMsgFactoryX { return refusable{factory} }

// DeliveryResultHandler is asked about the error of each delivery.
func (refusable) DeliveryResultHandler() simsx.SimDeliveryResultHandler {
	return func(err error) error {
		codespace, _, _ := errors.ABCIInfo(err, false)
		if slices.Contains([]string{types.ModuleName, "seeding", "rewards"}, codespace) || errors.IsOf(err, sdkerrors.ErrInsufficientFunds) {
			return nil
		}
		return err
	}
}
