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
	bank      types.BankKeeper
	hooks     types.FunctionsHooks
	endings   []types.EndingHooks
	bonds     types.Bonds

	Schema     collections.Schema
	Params     collections.Item[types.Params]
	SuperNodes *collections.IndexedMap[sdk.ValAddress, types.SuperNode, superNodeIndexes]
	Functions  *collections.IndexedMap[string, types.Function, functionIndexes]
	// Names maps a taken name to the id of its function.
	Names    collections.Map[string, string]
	Versions collections.Map[collections.Pair[string, uint64], types.Version]
	Claims   *collections.IndexedMap[[]byte, types.Claim, claimIndexes]
	// Attestations are keyed by claim id and operator address.
	Attestations *collections.IndexedMap[collections.Pair[[]byte, sdk.ValAddress], types.Attestation, attestationIndexes]
	// Deadlines holds each claim that has to move on once, under its Deadline.
	Deadlines collections.KeySet[collections.Pair[int64, []byte]]
	// Pruned holds the ids of functions that are gone. An id is used once, so what was signed for it can never count again.
	Pruned collections.KeySet[string]
}

type superNodeIndexes struct {
	// Attester finds the one super node that an attester account speaks for.
	Attester *indexes.Unique[sdk.AccAddress, sdk.ValAddress, types.SuperNode]
}

func (i superNodeIndexes) IndexesList() []collections.Index[sdk.ValAddress, types.SuperNode] {
	return []collections.Index[sdk.ValAddress, types.SuperNode]{i.Attester}
}

type functionIndexes struct {
	Owner  *indexes.Multi[sdk.AccAddress, string, types.Function]
	Status *indexes.Multi[int32, string, types.Function]
	// Ending finds the functions whose life goes on at the end of a block.
	Ending *indexes.Multi[int64, string, types.Function]
}

func (i functionIndexes) IndexesList() []collections.Index[string, types.Function] {
	return []collections.Index[string, types.Function]{i.Owner, i.Status, i.Ending}
}

type claimIndexes struct {
	Function *indexes.Multi[string, []byte, types.Claim]
	Status   *indexes.Multi[int32, []byte, types.Claim]
	Outcome  *indexes.Multi[int32, []byte, types.Claim]
}

func (i claimIndexes) IndexesList() []collections.Index[[]byte, types.Claim] {
	return []collections.Index[[]byte, types.Claim]{i.Function, i.Status, i.Outcome}
}

type attestationIndexes struct {
	// Attester finds a super node's attestations in the order of their claims' ids.
	Attester *indexes.ReversePair[[]byte, sdk.ValAddress, types.Attestation]
}

func (i attestationIndexes) IndexesList() []collections.Index[collections.Pair[[]byte, sdk.ValAddress], types.Attestation] {
	return []collections.Index[collections.Pair[[]byte, sdk.ValAddress], types.Attestation]{i.Attester}
}

// NewKeeper returns the keeper; authority is the account that may change params. SetHooks must follow before the first block.
func NewKeeper(cdc codec.Codec, storeService corestore.KVStoreService, authority string, staking types.StakingKeeper, bank types.BankKeeper) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	attestationKey := collections.PairKeyCodec(collections.BytesKey, sdk.ValAddressKey)
	k := Keeper{
		authority: authority,
		staking:   staking,
		bank:      bank,
		Params:    collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		SuperNodes: collections.NewIndexedMap(sb, types.SuperNodesPrefix, "super_nodes", sdk.ValAddressKey, codec.CollValue[types.SuperNode](cdc),
			superNodeIndexes{Attester: indexes.NewUnique(sb, types.AttestersPrefix, "attesters", sdk.AccAddressKey, sdk.ValAddressKey,
				func(_ sdk.ValAddress, node types.SuperNode) (sdk.AccAddress, error) {
					return sdk.AccAddressFromBech32(node.Attester)
				})}),
		Functions: collections.NewIndexedMap(sb, types.FunctionsPrefix, "functions", collections.StringKey, codec.CollValue[types.Function](cdc),
			functionIndexes{
				Owner: indexes.NewMulti(sb, types.OwnersPrefix, "functions_by_owner", sdk.AccAddressKey, collections.StringKey,
					func(_ string, fn types.Function) (sdk.AccAddress, error) { return sdk.AccAddressFromBech32(fn.Owner) }),
				Status: indexes.NewMulti(sb, types.FunctionsByStatusPrefix, "functions_by_status", collections.Int32Key, collections.StringKey,
					func(_ string, fn types.Function) (int32, error) { return int32(fn.Status), nil }),
				Ending: indexes.NewMulti(sb, types.EndingsPrefix, "functions_by_ending", collections.Int64Key, collections.StringKey,
					func(_ string, fn types.Function) (int64, error) { return fn.Ending(), nil }),
			}),
		Names: collections.NewMap(sb, types.NamesPrefix, "names", collections.StringKey, collections.StringValue),
		Versions: collections.NewMap(sb, types.VersionsPrefix, "versions",
			collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), codec.CollValue[types.Version](cdc)),
		Claims: collections.NewIndexedMap(sb, types.ClaimsPrefix, "claims", collections.BytesKey, codec.CollValue[types.Claim](cdc),
			claimIndexes{
				Function: indexes.NewMulti(sb, types.ClaimsByFunctionPrefix, "claims_by_function", collections.StringKey, collections.BytesKey,
					func(_ []byte, claim types.Claim) (string, error) { return claim.FunctionId, nil }),
				Status: indexes.NewMulti(sb, types.ClaimsByStatusPrefix, "claims_by_status", collections.Int32Key, collections.BytesKey,
					func(_ []byte, claim types.Claim) (int32, error) { return int32(claim.Status), nil }),
				Outcome: indexes.NewMulti(sb, types.ClaimsByOutcomePrefix, "claims_by_outcome", collections.Int32Key, collections.BytesKey,
					func(_ []byte, claim types.Claim) (int32, error) { return int32(claim.Verdict), nil }),
			}),
		Attestations: collections.NewIndexedMap(sb, types.AttestationsPrefix, "attestations", attestationKey, codec.CollValue[types.Attestation](cdc),
			attestationIndexes{Attester: indexes.NewReversePair[types.Attestation](sb, types.AttestationsByAttesterPrefix, "attestations_by_attester", attestationKey)}),
		Deadlines: collections.NewKeySet(sb, types.DeadlinesPrefix, "deadlines",
			collections.PairKeyCodec(collections.Int64Key, collections.BytesKey)),
		Pruned: collections.NewKeySet(sb, types.PrunedPrefix, "pruned", collections.StringKey),
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

// SetEndings connects the modules that keep state about functions, in the order in which they forget it. It panics when called twice.
func (k *Keeper) SetEndings(endings ...types.EndingHooks) {
	if k.endings != nil {
		panic("x/functions: endings are set already")
	}
	k.endings = endings
}

// SetBonds connects the module that keeps the bonds of nodes, without which no result can be disputed. It panics when called twice.
func (k *Keeper) SetBonds(bonds types.Bonds) {
	if k.bonds != nil {
		panic("x/functions: bonds are set already")
	}
	k.bonds = bonds
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

// ownFunction returns a function if it is the owner's.
func (k Keeper) ownFunction(ctx context.Context, id, owner string) (types.Function, error) {
	fn, err := k.GetFunction(ctx, id)
	if err != nil {
		return fn, err
	}
	if fn.Owner != owner {
		return fn, errors.Wrapf(types.ErrNotOwner, "function %s belongs to %s", id, fn.Owner)
	}
	return fn, nil
}

// ownServing returns a function if it is the owner's and serves.
func (k Keeper) ownServing(ctx context.Context, id, owner string) (types.Function, error) {
	fn, err := k.ownFunction(ctx, id, owner)
	if err != nil {
		return fn, err
	}
	if !fn.Serves() {
		return fn, errors.Wrapf(types.ErrNotActive, "function %s is %s", id, fn.Status)
	}
	return fn, nil
}

// ActiveVersion returns a function and the version that serves, or types.ErrNotActive.
func (k Keeper) ActiveVersion(ctx context.Context, id string) (types.Function, types.Version, error) {
	fn, err := k.GetFunction(ctx, id)
	if err != nil {
		return types.Function{}, types.Version{}, err
	}
	if !fn.Serves() {
		return types.Function{}, types.Version{}, errors.Wrapf(types.ErrNotActive, "function %s is %s", id, fn.Status)
	}
	v, err := k.GetVersion(ctx, id, fn.ActiveVersion)
	return fn, v, err
}

// notFound turns the store's "not found" into the module's, and passes every other error on.
func notFound(err error, format string, args ...any) error {
	if errors.IsOf(err, collections.ErrNotFound) {
		return errors.Wrapf(types.ErrNotFound, format, args...)
	}
	return err
}
