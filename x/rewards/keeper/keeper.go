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

// Keeper holds every escrow: deploys, subscriptions and lanes.
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

// BaseReplicas returns how many paid seeds a function has paid for; x/seeding asks.
func (k Keeper) BaseReplicas(ctx context.Context, functionID string) (uint32, error) {
	escrow, err := k.Escrows.Get(ctx, functionID)
	if errors.IsOf(err, collections.ErrNotFound) {
		return 0, nil
	}
	return escrow.BaseReplicas, err
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

func (k Keeper) setSubscription(ctx context.Context, s types.Subscription) error {
	return k.Subscriptions.Set(ctx, collections.Join(s.Payer, s.FunctionId), s)
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
