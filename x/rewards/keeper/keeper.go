// Package keeper holds the state of x/rewards and the rules that change it.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/errors"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/rewards/types"
)

// Keeper holds every escrow: verification, hosting, subscriptions and lanes.
type Keeper struct {
	authority string
	objects   storetypes.StoreKey
	bank      types.BankKeeper
	functions types.FunctionsKeeper
	seeding   types.SeedingKeeper

	Schema  collections.Schema
	Params  collections.Item[types.Params]
	Escrows collections.Map[string, types.Escrow]
	// Subscriptions are keyed by payer and function id.
	Subscriptions *collections.IndexedMap[collections.Pair[string, string], types.Subscription, subscriptionIndexes]
	// Lanes hold a lane's terms; what is redeemed lies in Redeemed, so that a settlement writes one number and nothing else.
	Lanes    collections.Map[[]byte, types.Lane]
	Redeemed collections.Map[[]byte, uint64]
	// The three that follow list lanes by function id, payer and Orb ID. They are written when a lane opens and closes.
	LanesByFunction collections.KeySet[collections.Pair[string, []byte]]
	LanesByPayer    collections.KeySet[collections.Pair[string, []byte]]
	LanesByHost     collections.KeySet[collections.Pair[string, []byte]]
	// Closings hold each lane once, under the height after which its rest returns.
	Closings collections.KeySet[collections.Pair[int64, []byte]]
	// Leaving lists subscriptions that may hold nothing any more, to be forgotten at the end of the block.
	Leaving collections.KeySet[collections.Pair[string, string]]
	// TermEnds holds each escrow with terms once, under the epoch in which its first one is dropped.
	TermEnds collections.KeySet[collections.Pair[uint64, string]]
	// The sums that follow are written at the end of a block, once for each function, node and account that it paid.
	FunctionStats collections.Map[string, types.FunctionStats]
	NodeStats     collections.Map[string, types.NodeStats]
	Earnings      collections.Map[string, types.Earnings]
}

type subscriptionIndexes struct {
	Function *indexes.ReversePair[string, string, types.Subscription]
}

func (i subscriptionIndexes) IndexesList() []collections.Index[collections.Pair[string, string], types.Subscription] {
	return []collections.Index[collections.Pair[string, string], types.Subscription]{i.Function}
}

// NewKeeper returns the keeper; objects is the key of the mounted object store, authority the account that may change params.
func NewKeeper(cdc codec.Codec, storeService corestore.KVStoreService, objects storetypes.StoreKey, authority string,
	bank types.BankKeeper, functions types.FunctionsKeeper, seeding types.SeedingKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	pair := collections.PairKeyCodec(collections.StringKey, collections.StringKey)
	listing := collections.PairKeyCodec(collections.StringKey, collections.BytesKey)
	k := Keeper{
		authority: authority,
		objects:   objects,
		bank:      bank,
		functions: functions,
		seeding:   seeding,
		Params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Escrows:   collections.NewMap(sb, types.EscrowsPrefix, "escrows", collections.StringKey, codec.CollValue[types.Escrow](cdc)),
		Subscriptions: collections.NewIndexedMap(sb, types.SubscriptionsPrefix, "subscriptions", pair, codec.CollValue[types.Subscription](cdc),
			subscriptionIndexes{Function: indexes.NewReversePair[types.Subscription](sb, types.SubscriptionsByFunctionPrefix, "subscriptions_by_function", pair)}),
		Lanes:           collections.NewMap(sb, types.LanesPrefix, "lanes", collections.BytesKey, codec.CollValue[types.Lane](cdc)),
		Redeemed:        collections.NewMap(sb, types.RedeemedPrefix, "redeemed", collections.BytesKey, collections.Uint64Value),
		LanesByFunction: collections.NewKeySet(sb, types.LanesByFunctionPrefix, "lanes_by_function", listing),
		LanesByPayer:    collections.NewKeySet(sb, types.LanesByPayerPrefix, "lanes_by_payer", listing),
		LanesByHost:     collections.NewKeySet(sb, types.LanesByHostPrefix, "lanes_by_host", listing),
		Closings: collections.NewKeySet(sb, types.ClosingsPrefix, "closings",
			collections.PairKeyCodec(collections.Int64Key, collections.BytesKey)),
		Leaving: collections.NewKeySet(sb, types.LeavingPrefix, "leaving", pair),
		TermEnds: collections.NewKeySet(sb, types.TermEndsPrefix, "term_ends",
			collections.PairKeyCodec(collections.Uint64Key, collections.StringKey)),
		FunctionStats: collections.NewMap(sb, types.FunctionStatsPrefix, "function_stats", collections.StringKey, codec.CollValue[types.FunctionStats](cdc)),
		NodeStats:     collections.NewMap(sb, types.NodeStatsPrefix, "node_stats", collections.StringKey, codec.CollValue[types.NodeStats](cdc)),
		Earnings:      collections.NewMap(sb, types.EarningsPrefix, "earnings", collections.StringKey, codec.CollValue[types.Earnings](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

func (k Keeper) logger(ctx context.Context) log.Logger {
	return sdk.UnwrapSDKContext(ctx).Logger().With("module", "x/"+types.ModuleName)
}

// deposit takes an amount from an account into the module's.
func (k Keeper) deposit(ctx context.Context, from string, amount sdk.Coin) error {
	if amount.IsZero() {
		return nil
	}
	address, err := sdk.AccAddressFromBech32(from)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromAccountToModuleVirtual(ctx, address, types.ModuleName, sdk.NewCoins(amount))
}

// subscription returns a payer's subscription, or types.ErrNotFound.
func (k Keeper) subscription(ctx context.Context, payer, functionID string) (types.Subscription, error) {
	s, err := k.Subscriptions.Get(ctx, collections.Join(payer, functionID))
	return s, notFound(err, "subscription of %s to %s", payer, functionID)
}

// mutable returns the payer's own subscription for a change.
func (k Keeper) mutable(ctx context.Context, payer, functionID string) (types.Subscription, error) {
	s, err := k.subscription(ctx, payer, functionID)
	if err == nil && s.Unsubscribed {
		return s, errors.Wrapf(types.ErrUnsubscribed, "%s from %s", payer, functionID)
	}
	return s, err
}

// changed stores a subscription and tells what it has become. One that holds nothing is forgotten at the end of the block, no earlier:
// the ids of lanes count on its nonce.
func (k Keeper) changed(ctx context.Context, params types.Params, s types.Subscription, deposit sdk.Coin) error {
	if err := k.setSubscription(ctx, s); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSubscribed{
		Payer: s.Payer, FunctionId: s.FunctionId, Deposit: deposit, Delegate: s.Delegate, Public: s.Public, Limits: s.Limits,
		Balance: coin(params, s.Balance),
	})
}

func (k Keeper) setSubscription(ctx context.Context, s types.Subscription) error {
	if s.Empty() {
		if err := k.Leaving.Set(ctx, collections.Join(s.Payer, s.FunctionId)); err != nil {
			return err
		}
	}
	return k.Subscriptions.Set(ctx, collections.Join(s.Payer, s.FunctionId), s)
}

// setEscrow stores an escrow and when its first term is dropped: ClaimEpochs after its end.
func (k Keeper) setEscrow(ctx context.Context, params types.Params, e types.Escrow) error {
	due := uint64(0)
	if len(e.Terms) > 0 {
		due = e.Terms[0].Through + params.ClaimEpochs + 1
	}
	if due != e.Due {
		if e.Due > 0 {
			if err := k.TermEnds.Remove(ctx, collections.Join(e.Due, e.FunctionId)); err != nil {
				return err
			}
		}
		if due > 0 {
			if err := k.TermEnds.Set(ctx, collections.Join(due, e.FunctionId)); err != nil {
				return err
			}
		}
		e.Due = due
	}
	return k.Escrows.Set(ctx, e.FunctionId, e)
}

// escrow returns a function's escrow, or types.ErrNotFound.
func (k Keeper) escrow(ctx context.Context, functionID string) (types.Escrow, error) {
	e, err := k.Escrows.Get(ctx, functionID)
	return e, notFound(err, "escrow of %s", functionID)
}

// coin returns an amount in the only denom there is.
func coin(params types.Params, amount math.Int) sdk.Coin { return sdk.NewCoin(params.Denom, amount) }

// notFound turns the store's "not found" into the module's, and passes every other error on.
func notFound(err error, format string, args ...any) error {
	if errors.IsOf(err, collections.ErrNotFound) {
		return errors.Wrapf(types.ErrNotFound, format, args...)
	}
	return err
}
