// Package keeper holds the state of x/seeding and the rules that change it.
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
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/types"
)

// Keeper is the registry of nodes and of their standing for functions.
type Keeper struct {
	authority string
	objects   storetypes.StoreKey
	functions types.FunctionsKeeper
	bank      types.BankKeeper
	feegrants types.FeegrantKeeper
	hooks     types.SeedingHooks

	Schema collections.Schema
	Params collections.Item[types.Params]
	// Nodes hold everything but what a proof writes, which lies in Watermarks.
	Nodes      *collections.IndexedMap[string, types.Node, nodeIndexes]
	Watermarks collections.Map[string, types.Watermark]
	// Seeds are keyed by function id and Orb ID.
	Seeds *collections.IndexedMap[collections.Pair[string, string], types.Seed, seedIndexes]
	// PaidByNode lists the paid seeds by Orb ID and function id, for the draw.
	PaidByNode collections.KeySet[collections.Pair[string, string]]
	// Counts and PaidCounts hold how many seeds, and how many paid ones, a function has.
	Counts     collections.Map[string, uint64]
	PaidCounts collections.Map[string, uint64]
	// PaidNodes counts the nodes with paid seeds, of which some are drawn. It is written at most once a block.
	PaidNodes collections.Item[uint64]
	// Beacons holds those of the epochs that a proof may vouch for.
	Beacons collections.Map[uint64, types.Beacon]
	// Unbondings queues nodes under the heights after which a part of their bond returns.
	Unbondings collections.KeySet[collections.Pair[int64, string]]
	// Dying holds each node once, under an epoch in which to ask whether it still lives.
	Dying collections.KeySet[collections.Pair[uint64, string]]
	// Grants are keyed by operator; Idling holds each once, under an epoch in which to ask whether it is still used.
	Grants collections.Map[string, types.Grant]
	Idling collections.KeySet[collections.Pair[uint64, string]]
	// Pool is what has not been granted yet; Quotas and Budget count what was in the last epoch in which anything was.
	Pool   collections.Item[math.Int]
	Quotas collections.Map[string, types.Quota]
	Budget collections.Item[types.Budget]
}

type nodeIndexes struct {
	Operator *indexes.Multi[sdk.AccAddress, string, types.Node]
}

func (i nodeIndexes) IndexesList() []collections.Index[string, types.Node] {
	return []collections.Index[string, types.Node]{i.Operator}
}

type seedIndexes struct {
	// Node finds a node's seeds in the order of their functions' ids.
	Node *indexes.ReversePair[string, string, types.Seed]
}

func (i seedIndexes) IndexesList() []collections.Index[collections.Pair[string, string], types.Seed] {
	return []collections.Index[collections.Pair[string, string], types.Seed]{i.Node}
}

// NewKeeper returns the keeper; objects is the key of the mounted object store, authority the account that may change params. SetHooks must
// follow before the first block.
func NewKeeper(cdc codec.Codec, storeService corestore.KVStoreService, objects storetypes.StoreKey, authority string,
	functions types.FunctionsKeeper, bank types.BankKeeper, feegrants types.FeegrantKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	seedKey := collections.PairKeyCodec(collections.StringKey, collections.StringKey)
	byEpoch := collections.PairKeyCodec(collections.Uint64Key, collections.StringKey)
	k := Keeper{
		authority: authority,
		objects:   objects,
		functions: functions,
		bank:      bank,
		feegrants: feegrants,
		Params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Nodes: collections.NewIndexedMap(sb, types.NodesPrefix, "nodes", collections.StringKey, codec.CollValue[types.Node](cdc),
			nodeIndexes{Operator: indexes.NewMulti(sb, types.OperatorsPrefix, "nodes_by_operator", sdk.AccAddressKey, collections.StringKey,
				func(_ string, node types.Node) (sdk.AccAddress, error) {
					return sdk.AccAddressFromBech32(node.Operator)
				})}),
		Watermarks: collections.NewMap(sb, types.WatermarksPrefix, "watermarks", collections.StringKey, codec.CollValue[types.Watermark](cdc)),
		Seeds: collections.NewIndexedMap(sb, types.SeedsPrefix, "seeds", seedKey, codec.CollValue[types.Seed](cdc),
			seedIndexes{Node: indexes.NewReversePair[types.Seed](sb, types.SeedsByNodePrefix, "seeds_by_node", seedKey)}),
		PaidByNode: collections.NewKeySet(sb, types.PaidByNodePrefix, "paid_by_node", seedKey),
		Counts:     collections.NewMap(sb, types.CountsPrefix, "counts", collections.StringKey, collections.Uint64Value),
		PaidCounts: collections.NewMap(sb, types.PaidCountsPrefix, "paid_counts", collections.StringKey, collections.Uint64Value),
		PaidNodes:  collections.NewItem(sb, types.PaidNodesPrefix, "paid_nodes", collections.Uint64Value),
		Beacons:    collections.NewMap(sb, types.BeaconsPrefix, "beacons", collections.Uint64Key, codec.CollValue[types.Beacon](cdc)),
		Unbondings: collections.NewKeySet(sb, types.UnbondingsPrefix, "unbondings",
			collections.PairKeyCodec(collections.Int64Key, collections.StringKey)),
		Dying:  collections.NewKeySet(sb, types.DyingPrefix, "dying", byEpoch),
		Grants: collections.NewMap(sb, types.GrantsPrefix, "grants", collections.StringKey, codec.CollValue[types.Grant](cdc)),
		Idling: collections.NewKeySet(sb, types.IdlingPrefix, "idling", byEpoch),
		Pool:   collections.NewItem(sb, types.PoolPrefix, "pool", sdk.IntValue),
		Quotas: collections.NewMap(sb, types.QuotasPrefix, "quotas", collections.StringKey, codec.CollValue[types.Quota](cdc)),
		Budget: collections.NewItem(sb, types.BudgetPrefix, "budget", codec.CollValue[types.Budget](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// SetHooks connects the module that pays for hosting. It panics when called twice.
func (k *Keeper) SetHooks(hooks types.SeedingHooks) {
	if k.hooks != nil {
		panic("x/seeding: hooks are set already")
	}
	k.hooks = hooks
}

func (k Keeper) logger(ctx context.Context) log.Logger {
	return sdk.UnwrapSDKContext(ctx).Logger().With("module", "x/"+types.ModuleName)
}

// Epoch returns the current epoch.
func (k Keeper) Epoch(ctx context.Context) (uint64, error) {
	params, err := k.Params.Get(ctx)
	return params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight()), err
}

// GetNode returns a node by its Orb ID, or types.ErrNotFound.
func (k Keeper) GetNode(ctx context.Context, orbID string) (types.Node, error) {
	node, err := k.Nodes.Get(ctx, orbID)
	if err != nil {
		return node, notFound(err, "node %s", orbID)
	}
	w, err := k.Watermarks.Get(ctx, orbID)
	node.ProvenThrough, node.Proven, node.Seen = w.ProvenThrough, w.Proven, w.Seen
	return node, err
}

// setNode stores everything of a node but its watermark.
func (k Keeper) setNode(ctx context.Context, node types.Node) error {
	node.ProvenThrough, node.Proven, node.Seen = 0, nil, 0
	return k.Nodes.Set(ctx, node.OrbId, node)
}

func (k Keeper) setWatermark(ctx context.Context, node types.Node) error {
	return k.Watermarks.Set(ctx, node.OrbId, types.Watermark{ProvenThrough: node.ProvenThrough, Proven: node.Proven, Seen: node.Seen})
}

// GetSeed returns a node's seed of a function, or types.ErrNotFound.
func (k Keeper) GetSeed(ctx context.Context, functionID, orbID string) (types.Seed, error) {
	seed, err := k.Seeds.Get(ctx, collections.Join(functionID, orbID))
	return seed, notFound(err, "seed of %s on node %s", functionID, orbID)
}

// SetClaimedThrough records the last epoch for which a seed's hosting was paid.
func (k Keeper) SetClaimedThrough(ctx context.Context, functionID, orbID string, epoch uint64) error {
	seed, err := k.GetSeed(ctx, functionID, orbID)
	if err != nil {
		return err
	}
	seed.ClaimedThrough = epoch
	return k.Seeds.Set(ctx, collections.Join(functionID, orbID), seed)
}

// ownNode returns a node if it is the operator's.
func (k Keeper) ownNode(ctx context.Context, orbID, operator string) (types.Node, error) {
	node, err := k.GetNode(ctx, orbID)
	if err != nil {
		return node, err
	}
	if node.Operator != operator {
		return node, errors.Wrapf(types.ErrNotOperator, "node %s is run by %s", orbID, node.Operator)
	}
	return node, nil
}

// coin returns an amount in the only denom there is.
func coin(amount math.Int) sdk.Coin { return sdk.NewCoin(functionstypes.Denom, amount) }

// validateAmount accepts a positive amount of the only denom there is.
func validateAmount(amount sdk.Coin) error {
	if err := amount.Validate(); err != nil || amount.Denom != functionstypes.Denom || !amount.IsPositive() {
		return errors.Wrapf(types.ErrInvalidAmount, "%s is not a positive amount of %s", amount, functionstypes.Denom)
	}
	return nil
}

// deposit takes an amount from an account into the module's.
func (k Keeper) deposit(ctx context.Context, from string, amount math.Int) error {
	address, err := sdk.AccAddressFromBech32(from)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromAccountToModuleVirtual(ctx, address, types.ModuleName, sdk.NewCoins(coin(amount)))
}

// payBack pays an amount out of one of the module's accounts. An account that may not receive must not stop the chain: the validators
// get its part.
func (k Keeper) payBack(ctx context.Context, module, account string, amount math.Int) error {
	if amount.IsZero() {
		return nil
	}
	address, err := sdk.AccAddressFromBech32(account)
	if err != nil {
		return err
	}
	if k.bank.BlockedAddr(address) {
		k.logger(ctx).Error("account cannot be paid; validators get its part", "account", account, "amount", amount.String())
		return k.bank.SendCoinsFromModuleToModule(ctx, module, authtypes.FeeCollectorName, sdk.NewCoins(coin(amount)))
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, module, address, sdk.NewCoins(coin(amount)))
}

// notFound turns the store's "not found" into the module's, and passes every other error on.
func notFound(err error, format string, args ...any) error {
	if errors.IsOf(err, collections.ErrNotFound) {
		return errors.Wrapf(types.ErrNotFound, format, args...)
	}
	return err
}
