package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

func coin(amount math.Int) sdk.Coin { return sdk.NewCoin(types.Denom, amount) }

// deposit takes an amount from an account into the module's, where it can be used from the end of the block.
func (k Keeper) deposit(ctx context.Context, from string, amount math.Int) error {
	if amount.IsZero() {
		return nil
	}
	address, err := sdk.AccAddressFromBech32(from)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromAccountToModuleVirtual(ctx, address, types.ModuleName, sdk.NewCoins(coin(amount)))
}

// pay sends an amount out of the module's account. It runs at the end of a block only, when the block's deposits have been credited. A
// payee that may not receive, such as a module's account, must not stop the chain: validators get its part.
func (k Keeper) pay(ctx context.Context, to string, amount sdk.Coin) error {
	if amount.IsZero() {
		return nil
	}
	address, err := sdk.AccAddressFromBech32(to)
	if err != nil {
		return err
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.bank.SendCoinsFromModuleToAccount(cached, types.ModuleName, address, sdk.NewCoins(amount)); err != nil {
		k.logger(ctx).Error("payee cannot be paid; validators get its part", "payee", to, "amount", amount.String(), "error", err)
		return k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, authtypes.FeeCollectorName, sdk.NewCoins(amount))
	}
	write()
	return nil
}

func (k Keeper) burn(ctx context.Context, amount sdk.Coin) error {
	if amount.IsZero() {
		return nil
	}
	return k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(amount))
}

// Conserved returns an error unless the module's account holds exactly what deposits and stakes add up to. It reads the whole state: for
// tests, genesis and simulations. Deposits of the running block must have been credited.
func (k Keeper) Conserved(ctx context.Context, held sdk.Coin) error {
	genesis, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if owed := genesis.Owed(); !held.Amount.Equal(owed) {
		return types.ErrInvalidGenesis.Wrapf("the module's account holds %s, deposits and stakes add up to %s", held, owed)
	}
	return nil
}
