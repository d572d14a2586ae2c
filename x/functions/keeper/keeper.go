// Package keeper holds the state of x/functions and the rules that change it.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/errors"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/x/functions/types"
)

// Keeper is the registry of functions, versions, super nodes and claims.
type Keeper struct {
	authority string
	staking   types.StakingKeeper
	hooks     types.FunctionsHooks

	Schema     collections.Schema
	Params     collections.Item[types.Params]
	SuperNodes *collections.IndexedMap[sdk.ValAddress, types.SuperNode, superNodeIndexes]
	Functions  *collections.IndexedMap[string, types.Function, functionIndexes]
	// Names maps a taken name to the id of its function.
	Names    collections.Map[string, string]
	Versions collections.Map[collections.Pair[string, uint64], types.Version]
	Claims   collections.Map[[]byte, types.Claim]
	// Attestations are keyed by claim id and operator address.
	Attestations collections.Map[collections.Pair[[]byte, sdk.ValAddress], types.Attestation]
	// Deadlines holds each open claim once, under the last height of its phase.
	Deadlines collections.KeySet[collections.Pair[int64, []byte]]
}

type superNodeIndexes struct {
	// Attester finds the one super node that an attester account speaks for.
	Attester *indexes.Unique[sdk.AccAddress, sdk.ValAddress, types.SuperNode]
}

func (i superNodeIndexes) IndexesList() []collections.Index[sdk.ValAddress, types.SuperNode] {
	return []collections.Index[sdk.ValAddress, types.SuperNode]{i.Attester}
}

type functionIndexes struct {
	Owner *indexes.Multi[sdk.AccAddress, string, types.Function]
}

func (i functionIndexes) IndexesList() []collections.Index[string, types.Function] {
	return []collections.Index[string, types.Function]{i.Owner}
}

// NewKeeper returns the keeper; authority is the account that may change params. SetHooks must follow before the first block.
func NewKeeper(cdc codec.Codec, storeService corestore.KVStoreService, authority string, staking types.StakingKeeper) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		authority: authority,
		staking:   staking,
		Params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		SuperNodes: collections.NewIndexedMap(sb, types.SuperNodesPrefix, "super_nodes", sdk.ValAddressKey, codec.CollValue[types.SuperNode](cdc),
			superNodeIndexes{Attester: indexes.NewUnique(sb, types.AttestersPrefix, "attesters", sdk.AccAddressKey, sdk.ValAddressKey,
				func(_ sdk.ValAddress, node types.SuperNode) (sdk.AccAddress, error) {
					return sdk.AccAddressFromBech32(node.Attester)
				})}),
		Functions: collections.NewIndexedMap(sb, types.FunctionsPrefix, "functions", collections.StringKey, codec.CollValue[types.Function](cdc),
			functionIndexes{Owner: indexes.NewMulti(sb, types.OwnersPrefix, "functions_by_owner", sdk.AccAddressKey, collections.StringKey,
				func(_ string, fn types.Function) (sdk.AccAddress, error) {
					return sdk.AccAddressFromBech32(fn.Owner)
				})}),
		Names: collections.NewMap(sb, types.NamesPrefix, "names", collections.StringKey, collections.StringValue),
		Versions: collections.NewMap(sb, types.VersionsPrefix, "versions",
			collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), codec.CollValue[types.Version](cdc)),
		Claims: collections.NewMap(sb, types.ClaimsPrefix, "claims", collections.BytesKey, codec.CollValue[types.Claim](cdc)),
		Attestations: collections.NewMap(sb, types.AttestationsPrefix, "attestations",
			collections.PairKeyCodec(collections.BytesKey, sdk.ValAddressKey), codec.CollValue[types.Attestation](cdc)),
		Deadlines: collections.NewKeySet(sb, types.DeadlinesPrefix, "deadlines",
			collections.PairKeyCodec(collections.Int64Key, collections.BytesKey)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// SetHooks connects the module that holds the money. It panics when called twice.
func (k *Keeper) SetHooks(hooks types.FunctionsHooks) {
	if k.hooks != nil {
		panic("x/functions: hooks are set already")
	}
	k.hooks = hooks
}

func (k Keeper) logger(ctx context.Context) log.Logger {
	return sdk.UnwrapSDKContext(ctx).Logger().With("module", "x/"+types.ModuleName)
}

// GetFunction returns a function by id, or types.ErrNotFound.
func (k Keeper) GetFunction(ctx context.Context, id string) (types.Function, error) {
	fn, err := k.Functions.Get(ctx, id)
	return fn, notFound(err, "function %s", id)
}

// GetVersion returns one version of a function, or types.ErrNotFound.
func (k Keeper) GetVersion(ctx context.Context, id string, number uint64) (types.Version, error) {
	v, err := k.Versions.Get(ctx, collections.Join(id, number))
	return v, notFound(err, "version %d of function %s", number, id)
}

// ActiveVersion returns a function and the version that serves, or types.ErrNotActive.
func (k Keeper) ActiveVersion(ctx context.Context, id string) (types.Function, types.Version, error) {
	fn, err := k.GetFunction(ctx, id)
	if err != nil {
		return types.Function{}, types.Version{}, err
	}
	if fn.Status != types.FUNCTION_STATUS_ACTIVE {
		return types.Function{}, types.Version{}, errors.Wrapf(types.ErrNotActive, "function %s is %s", id, fn.Status)
	}
	v, err := k.GetVersion(ctx, id, fn.ActiveVersion)
	return fn, v, err
}

// SuperNode returns the super node of a validator, named by its operator address, or types.ErrNotFound.
func (k Keeper) SuperNode(ctx context.Context, validator string) (types.SuperNode, error) {
	address, err := sdk.ValAddressFromBech32(validator)
	if err != nil {
		return types.SuperNode{}, errors.Wrapf(types.ErrInvalidSuperNode, "validator: %s", err)
	}
	node, err := k.SuperNodes.Get(ctx, address)
	return node, notFound(err, "super node %s", validator)
}

// IsAttester tells whether an account is the attester of a super node whose validator is bonded.
func (k Keeper) IsAttester(ctx context.Context, account string) (bool, error) {
	validator, err := k.validatorOf(ctx, account)
	if errors.IsOf(err, types.ErrNotSuperNode) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := k.staking.GetValidator(ctx, validator)
	if err != nil {
		return false, err
	}
	return v.IsBonded() && !v.IsJailed(), nil
}

// validatorOf returns the operator address that an attester account speaks for, or types.ErrNotSuperNode.
func (k Keeper) validatorOf(ctx context.Context, attester string) (sdk.ValAddress, error) {
	address, err := sdk.AccAddressFromBech32(attester)
	if err != nil {
		return nil, errors.Wrapf(types.ErrNotSuperNode, "attester: %s", err)
	}
	validator, err := k.SuperNodes.Indexes.Attester.MatchExact(ctx, address)
	if errors.IsOf(err, collections.ErrNotFound) {
		return nil, errors.Wrap(types.ErrNotSuperNode, attester)
	}
	return validator, err
}

// notFound turns the store's "not found" into the module's, and passes every other error on.
func notFound(err error, format string, args ...any) error {
	if errors.IsOf(err, collections.ErrNotFound) {
		return errors.Wrapf(types.ErrNotFound, format, args...)
	}
	return err
}
