package app

import (
	"context"

	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
)

func newAnteHandler(k Keepers, txConfig client.TxConfig) sdk.AnteHandler {
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   k.Account,
		BankKeeper:      virtualFees{k.Bank},
		FeegrantKeeper:  k.Feegrant,
		SignModeHandler: txConfig.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
	})
	if err != nil {
		panic(err)
	}
	return handler
}

// virtualFees collects fees in the bank's object store, which credits the fee collector once at the end of the block. Paying them
// directly would make every transaction of a block write the same balance, and none of them could run in parallel.
type virtualFees struct{ bankkeeper.Keeper }

// SendCoinsFromAccountToModule is how the fee decorator takes a fee.
func (v virtualFees) SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amount sdk.Coins) error {
	return v.SendCoinsFromAccountToModuleVirtual(ctx, sender, module, amount)
}
