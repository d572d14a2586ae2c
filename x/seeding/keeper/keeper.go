// Package keeper holds the state of x/seeding and the rules that change it.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/seeding/types"
)

// Keeper is the registry of nodes and of their standing for functions.
type Keeper struct {
	authority string
	functions types.FunctionsKeeper
	replicas  types.Replicas

	Schema collections.Schema
	Params collections.Item[types.Params]
	Nodes  *collections.IndexedMap[string, types.Node, nodeIndexes]
	// Seeds are keyed by function id and Orb ID.
	Seeds *collections.IndexedMap[collections.Pair[string, string], types.Seed, seedIndexes]
	// Counts and PaidCounts hold how many seeds, and how many paid ones, a function has.
	Counts     collections.Map[string, uint64]
	PaidCounts collections.Map[string, uint64]
	// Beacons holds those of the current and the previous epoch.
	Beacons collections.Map[uint64, types.Beacon]
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

// NewKeeper returns the keeper; authority is the account that may change params. SetReplicas must follow before the first block.
func NewKeeper(cdc codec.Codec, storeService corestore.KVStoreService, authority string, functions types.FunctionsKeeper) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	seedKey := collections.PairKeyCodec(collections.StringKey, collections.StringKey)
	k := Keeper{
		authority: authority,
		functions: functions,
		Params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Nodes: collections.NewIndexedMap(sb, types.NodesPrefix, "nodes", collections.StringKey, codec.CollValue[types.Node](cdc),
			nodeIndexes{Operator: indexes.NewMulti(sb, types.OperatorsPrefix, "nodes_by_operator", sdk.AccAddressKey, collections.StringKey,
				func(_ string, node types.Node) (sdk.AccAddress, error) {
					return sdk.AccAddressFromBech32(node.Operator)
				})}),
		Seeds: collections.NewIndexedMap(sb, types.SeedsPrefix, "seeds", seedKey, codec.CollValue[types.Seed](cdc),
			seedIndexes{Node: indexes.NewReversePair[types.Seed](sb, types.SeedsByNodePrefix, "seeds_by_node", seedKey)}),
		Counts:     collections.NewMap(sb, types.CountsPrefix, "counts", collections.StringKey, collections.Uint64Value),
		PaidCounts: collections.NewMap(sb, types.PaidCountsPrefix, "paid_counts", collections.StringKey, collections.Uint64Value),
		Beacons:    collections.NewMap(sb, types.BeaconsPrefix, "beacons", collections.Uint64Key, codec.CollValue[types.Beacon](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// SetReplicas connects the module that knows what was paid for. It panics when called twice.
func (k *Keeper) SetReplicas(replicas types.Replicas) {
	if k.replicas != nil {
		panic("x/seeding: replicas are set already")
	}
	k.replicas = replicas
}

// Epoch returns the current epoch.
func (k Keeper) Epoch(ctx context.Context) (uint64, error) {
	params, err := k.Params.Get(ctx)
	return params.Epoch(sdk.UnwrapSDKContext(ctx).BlockHeight()), err
}

// GetNode returns a node by its Orb ID, or types.ErrNotFound.
func (k Keeper) GetNode(ctx context.Context, orbID string) (types.Node, error) {
	node, err := k.Nodes.Get(ctx, orbID)
	return node, notFound(err, "node %s", orbID)
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

func (k Keeper) count(ctx context.Context, counts collections.Map[string, uint64], functionID string) (uint64, error) {
	n, err := counts.Get(ctx, functionID)
	if errors.IsOf(err, collections.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// addSeed stores a new seed and counts it.
func (k Keeper) addSeed(ctx context.Context, seed types.Seed) error {
	if err := k.Seeds.Set(ctx, collections.Join(seed.FunctionId, seed.OrbId), seed); err != nil {
		return err
	}
	if err := k.increment(ctx, k.Counts, seed.FunctionId); err != nil || !seed.Paid {
		return err
	}
	return k.increment(ctx, k.PaidCounts, seed.FunctionId)
}

func (k Keeper) increment(ctx context.Context, counts collections.Map[string, uint64], functionID string) error {
	n, err := k.count(ctx, counts, functionID)
	if err != nil {
		return err
	}
	return counts.Set(ctx, functionID, n+1)
}

// notFound turns the store's "not found" into the module's, and passes every other error on.
func notFound(err error, format string, args ...any) error {
	if errors.IsOf(err, collections.ErrNotFound) {
		return errors.Wrapf(types.ErrNotFound, format, args...)
	}
	return err
}
