// Package money gives keeper tests a real bank on a store of its own, so that what they assert is what accounts hold.
package money

import (
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// minter is the account that funds the tests' others.
const minter = "mint"

// Ledger is a bank and what it stands on.
type Ledger struct {
	T        testing.TB
	Store    storetypes.CommitMultiStore
	Bank     bankkeeper.BaseKeeper
	Accounts authkeeper.AccountKeeper
	Encoding moduletestutil.TestEncodingConfig
	KV       map[string]*storetypes.KVStoreKey
	Objects  map[string]*storetypes.ObjectStoreKey
}

// Config of a Ledger.
type Config struct {
	// Authority may change params.
	Authority string
	// Modules are the accounts of modules with what they may do beyond sending; the fee collector is always there.
	Modules map[string][]string
	// KV and Objects name the stores of the modules under test.
	KV, Objects []string
	// Basics register what the modules under test encode.
	Basics []module.AppModuleBasic
}

// New returns a bank in which nobody has anything.
func New(t testing.TB, c Config) (*Ledger, sdk.Context) {
	t.Helper()
	l := &Ledger{
		T:        t,
		Store:    rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger()),
		Encoding: moduletestutil.MakeTestEncodingConfig(append([]module.AppModuleBasic{auth.AppModuleBasic{}, bank.AppModuleBasic{}}, c.Basics...)...),
		KV:       storetypes.NewKVStoreKeys(append([]string{authtypes.StoreKey, banktypes.StoreKey}, c.KV...)...),
		Objects:  make(map[string]*storetypes.ObjectStoreKey),
	}
	for _, key := range l.KV {
		l.Store.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	}
	for _, name := range append([]string{banktypes.ObjectStoreKey}, c.Objects...) {
		l.Objects[name] = storetypes.NewObjectStoreKey(name)
		l.Store.MountStoreWithDB(l.Objects[name], storetypes.StoreTypeObject, nil)
	}
	require.NoError(t, l.Store.LoadLatestVersion())

	permissions := map[string][]string{authtypes.FeeCollectorName: nil, minter: {authtypes.Minter}}
	blocked := make(map[string]bool)
	for name, allowed := range c.Modules {
		permissions[name] = allowed
	}
	for name := range permissions {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	l.Accounts = authkeeper.NewAccountKeeper(l.Encoding.Codec, runtime.NewKVStoreService(l.KV[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		permissions, address.NewBech32Codec(functionstypes.AccountPrefix), functionstypes.AccountPrefix, c.Authority)
	l.Bank = bankkeeper.NewBaseKeeper(l.Encoding.Codec, runtime.NewKVStoreService(l.KV[banktypes.StoreKey]), l.Accounts, blocked, c.Authority,
		log.NewNopLogger()).WithObjStoreKey(l.Objects[banktypes.ObjectStoreKey])
	ctx := sdk.NewContext(l.Store, cmtproto.Header{Height: 1}, false, log.NewNopLogger())
	require.NoError(t, l.Bank.SetParams(ctx, banktypes.DefaultParams()))
	for name := range permissions {
		l.Accounts.GetModuleAccount(ctx, name)
	}
	return l, ctx
}

// Fund mints coins for an account, or for a module's.
func (l *Ledger) Fund(ctx sdk.Context, account string, amount int64) {
	l.T.Helper()
	require.NoError(l.T, l.Bank.MintCoins(ctx, minter, uorb(amount)))
	to, err := sdk.AccAddressFromBech32(account)
	if err != nil {
		require.NoError(l.T, l.Bank.SendCoinsFromModuleToModule(ctx, minter, account, uorb(amount)))
		return
	}
	require.NoError(l.T, l.Bank.SendCoinsFromModuleToAccount(ctx, minter, to, uorb(amount)))
}

// Holds returns what an account, or a module's, has in uorb.
func (l *Ledger) Holds(ctx sdk.Context, account string) sdk.Coin {
	l.T.Helper()
	address, err := sdk.AccAddressFromBech32(account)
	if err != nil {
		address = authtypes.NewModuleAddress(account)
	}
	return l.Bank.GetBalance(ctx, address, functionstypes.Denom)
}

func uorb(amount int64) sdk.Coins {
	return sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, amount))
}
