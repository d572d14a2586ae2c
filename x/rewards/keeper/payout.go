package keeper

import (
	"context"
	"encoding/binary"

	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// What a payout may go to: the first byte of its key in the object store.
const (
	toAccount byte = iota
	toBurning
	toValidators
)

// pay notes what a payee is due at the end of the block. Each transaction has its own entry, so that those of one block never write
// the same one.
func (k Keeper) pay(ctx context.Context, kind byte, payee sdk.AccAddress, amount math.Int) {
	if amount.IsZero() {
		return
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	key := append([]byte{kind, byte(len(payee))}, payee...)
	key = binary.BigEndian.AppendUint64(key, uint64(sdkCtx.TxIndex()))
	store := sdkCtx.ObjectStore(k.objects)
	if noted := store.Get(key); noted != nil {
		amount = amount.Add(noted.(math.Int))
	}
	store.Set(key, amount)
}

func (k Keeper) payAccount(ctx context.Context, account string, amount math.Int) error {
	address, err := sdk.AccAddressFromBech32(account)
	if err != nil {
		return err
	}
	k.pay(ctx, toAccount, address, amount)
	return nil
}

// dues sums what one message pays.
type dues struct {
	// accounts in the order in which they were first paid, amounts by account.
	accounts []string
	amounts  map[string]math.Int

	burned, validators math.Int
}

func newDues() dues {
	return dues{amounts: make(map[string]math.Int), burned: math.ZeroInt(), validators: math.ZeroInt()}
}

func (d *dues) add(account string, amount math.Int) {
	sum, known := d.amounts[account]
	if !known {
		d.accounts, sum = append(d.accounts, account), math.ZeroInt()
	}
	d.amounts[account] = sum.Add(amount)
}

// note enters the sums into the block's payouts.
func (d *dues) note(ctx context.Context, k Keeper) error {
	for _, account := range d.accounts {
		if err := k.payAccount(ctx, account, d.amounts[account]); err != nil {
			return err
		}
	}
	k.pay(ctx, toBurning, nil, d.burned)
	k.pay(ctx, toValidators, nil, d.validators)
	return nil
}

type payout struct {
	kind   byte
	payee  sdk.AccAddress
	amount math.Int
}

// payouts sums what the block's transactions have noted, once per payee, in the order of their keys.
func (k Keeper) payouts(ctx context.Context) []payout {
	store := sdk.UnwrapSDKContext(ctx).ObjectStore(k.objects)
	iterator := store.Iterator(nil, nil)
	defer iterator.Close()
	var sums []payout
	for ; iterator.Valid(); iterator.Next() {
		key, amount := iterator.Key(), iterator.Value().(math.Int)
		next := payout{kind: key[0], payee: sdk.AccAddress(key[2 : 2+key[1]]), amount: amount}
		if last := len(sums) - 1; last >= 0 && sums[last].kind == next.kind && sums[last].payee.Equals(next.payee) {
			sums[last].amount = sums[last].amount.Add(amount)
			continue
		}
		sums = append(sums, next)
	}
	return sums
}

// payOut makes the payments of a block, one per payee.
func (k Keeper) payOut(ctx context.Context, params types.Params) error {
	for _, p := range k.payouts(ctx) {
		if err := k.transfer(ctx, p, coin(params, p.amount)); err != nil {
			return err
		}
	}
	k.forget(ctx)
	return nil
}

func (k Keeper) transfer(ctx context.Context, p payout, amount sdk.Coin) error {
	coins := sdk.NewCoins(amount)
	switch p.kind {
	case toBurning:
		return k.bank.BurnCoins(ctx, types.ModuleName, coins)
	case toValidators:
		return k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, authtypes.FeeCollectorName, coins)
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, p.payee, coins); err != nil {
		// A payee that may not receive, such as a module's account, must not stop the chain.
		k.logger(ctx).Error("payee cannot be paid; validators get its part", "payee", p.payee.String(), "amount", amount.String(), "error", err)
		return k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, authtypes.FeeCollectorName, coins)
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventPaid{Account: p.payee.String(), Amount: amount})
}

// forget empties the object store, which lives until the block is committed.
func (k Keeper) forget(ctx context.Context) {
	store := sdk.UnwrapSDKContext(ctx).ObjectStore(k.objects)
	for _, key := range keys(store) {
		store.Delete(key)
	}
}

func keys(store storetypes.ObjKVStore) [][]byte {
	iterator := store.Iterator(nil, nil)
	defer iterator.Close()
	var all [][]byte
	for ; iterator.Valid(); iterator.Next() {
		all = append(all, iterator.Key())
	}
	return all
}
