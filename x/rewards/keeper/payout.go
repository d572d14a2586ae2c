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

// What an entry of the object store is about: the first byte of its key.
const (
	toAccount byte = iota
	toBurning
	toValidators
	ofTally
)

// purpose is what an account is paid for.
type purpose byte

const (
	// forNothing is money that returns to whom it belonged.
	forNothing purpose = iota
	forServing
	forOwning
	forRouting
	forHosting
	forAttesting
)

// noteKey ends with the transaction, so that those of one block never write the same entry.
func noteKey(ctx sdk.Context, kind byte, parts ...[]byte) []byte {
	key := []byte{kind}
	for _, part := range parts {
		key = append(append(key, byte(len(part))), part...)
	}
	return binary.BigEndian.AppendUint64(key, uint64(ctx.TxIndex()))
}

// pay notes what a payee is due at the end of the block.
func (k Keeper) pay(ctx context.Context, kind byte, payee sdk.AccAddress, amount math.Int) {
	k.payFor(ctx, kind, payee, forNothing, amount)
}

func (k Keeper) payFor(ctx context.Context, kind byte, payee sdk.AccAddress, why purpose, amount math.Int) {
	if amount.IsZero() {
		return
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	key, store := noteKey(sdkCtx, kind, payee, []byte{byte(why)}), sdkCtx.ObjectStore(k.objects)
	if noted := store.Get(key); noted != nil {
		amount = amount.Add(noted.(math.Int))
	}
	store.Set(key, amount)
}

func (k Keeper) payAccount(ctx context.Context, why purpose, account string, amount math.Int) error {
	address, err := sdk.AccAddressFromBech32(account)
	if err != nil {
		return err
	}
	k.payFor(ctx, toAccount, address, why, amount)
	return nil
}

type due struct {
	account string
	why     purpose
}

// dues sums what one message pays.
type dues struct {
	// order in which they were first due, amounts by what is due.
	order   []due
	amounts map[due]math.Int

	burned, validators math.Int
}

func newDues() dues {
	return dues{amounts: make(map[due]math.Int), burned: math.ZeroInt(), validators: math.ZeroInt()}
}

func (d *dues) add(why purpose, account string, amount math.Int) {
	key := due{account, why}
	sum, known := d.amounts[key]
	if !known {
		d.order, sum = append(d.order, key), math.ZeroInt()
	}
	d.amounts[key] = sum.Add(amount)
}

// note enters the sums into the block's payouts.
func (d *dues) note(ctx context.Context, k Keeper) error {
	for _, key := range d.order {
		if err := k.payAccount(ctx, key.why, key.account, d.amounts[key]); err != nil {
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
	// earned are the parts of the amount that are pay for something.
	earned map[purpose]math.Int
}

// payouts sums what the block's transactions have noted, once per payee, in the order of their keys.
func (k Keeper) payouts(ctx context.Context) []payout {
	store := sdk.UnwrapSDKContext(ctx).ObjectStore(k.objects)
	iterator := store.Iterator(nil, []byte{ofTally})
	defer iterator.Close()
	var sums []payout
	for ; iterator.Valid(); iterator.Next() {
		key, amount := iterator.Key(), iterator.Value().(math.Int)
		payee := sdk.AccAddress(key[2 : 2+key[1]])
		last := len(sums) - 1
		if last < 0 || sums[last].kind != key[0] || !sums[last].payee.Equals(payee) {
			sums = append(sums, payout{kind: key[0], payee: payee, amount: math.ZeroInt(), earned: make(map[purpose]math.Int)})
			last++
		}
		sums[last].amount = sums[last].amount.Add(amount)
		if why := purpose(key[2+int(key[1])+1]); why != forNothing {
			if sum, known := sums[last].earned[why]; known {
				sums[last].earned[why] = sum.Add(amount)
			} else {
				sums[last].earned[why] = amount
			}
		}
	}
	return sums
}

// payOut makes the payments of a block, one per payee.
func (k Keeper) payOut(ctx context.Context, params types.Params) error {
	for _, p := range k.payouts(ctx) {
		if err := k.transfer(ctx, p, coin(params, p.amount)); err != nil {
			return err
		}
		if err := k.sumEarnings(ctx, p); err != nil {
			return err
		}
	}
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
