package app

import (
	"slices"

	"github.com/spf13/cast"

	coreaddress "cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	functionskeeper "github.com/orbnetwork/orb/x/functions/keeper"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardskeeper "github.com/orbnetwork/orb/x/rewards/keeper"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingkeeper "github.com/orbnetwork/orb/x/seeding/keeper"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Keepers holds every module's keeper.
type Keepers struct {
	Account      authkeeper.AccountKeeper
	Bank         bankkeeper.BaseKeeper
	Staking      *stakingkeeper.Keeper
	Slashing     slashingkeeper.Keeper
	Mint         mintkeeper.Keeper
	Distribution distrkeeper.Keeper
	Gov          *govkeeper.Keeper
	Upgrade      *upgradekeeper.Keeper
	Evidence     evidencekeeper.Keeper
	Authz        authzkeeper.Keeper
	Feegrant     feegrantkeeper.Keeper
	Consensus    consensuskeeper.Keeper

	Functions functionskeeper.Keeper
	Seeding   seedingkeeper.Keeper
	Rewards   rewardskeeper.Keeper
}

// moduleAccounts lists the accounts that modules own, with what they may do beyond sending.
var moduleAccounts = map[string][]string{
	authtypes.FeeCollectorName:          nil,
	distrtypes.ModuleName:               nil,
	minttypes.ModuleName:                {authtypes.Minter},
	stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
	stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
	stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
	govtypes.ModuleName:                 {authtypes.Burner},
	functionstypes.ModuleName:           {authtypes.Burner},
	rewardstypes.ModuleName:             {authtypes.Burner},
	seedingtypes.ModuleName:             nil,
	seedingtypes.GrantsName:             nil,
}

// BlockedAddresses are the module accounts, which take no coins from users. Gov may be sent to: proposals fund it.
func BlockedAddresses() map[string]bool {
	blocked := make(map[string]bool)
	for name := range moduleAccounts {
		if name != govtypes.ModuleName {
			blocked[authtypes.NewModuleAddress(name).String()] = true
		}
	}
	return blocked
}

type storeKeys struct {
	kv     map[string]*storetypes.KVStoreKey
	object map[string]*storetypes.ObjectStoreKey
}

func newStoreKeys() storeKeys {
	keys := storeKeys{
		kv: storetypes.NewKVStoreKeys(
			authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey, minttypes.StoreKey,
			distrtypes.StoreKey, govtypes.StoreKey, upgradetypes.StoreKey, evidencetypes.StoreKey, authzkeeper.StoreKey,
			feegrant.StoreKey, consensustypes.StoreKey,
			functionstypes.StoreKey, seedingtypes.StoreKey, rewardstypes.StoreKey,
		),
		object: make(map[string]*storetypes.ObjectStoreKey),
	}
	for _, name := range []string{banktypes.ObjectStoreKey, rewardstypes.ObjectStoreKey, seedingtypes.ObjectStoreKey} {
		keys.object[name] = storetypes.NewObjectStoreKey(name)
	}
	return keys
}

func (k storeKeys) all() []storetypes.StoreKey {
	all := make([]storetypes.StoreKey, 0, len(k.kv)+len(k.object))
	for _, key := range k.kv {
		all = append(all, key)
	}
	for _, key := range k.object {
		all = append(all, key)
	}
	slices.SortFunc(all, func(a, b storetypes.StoreKey) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	return all
}

func newKeepers(base *baseapp.BaseApp, logger log.Logger, encoding Encoding, keys storeKeys, appOpts servertypes.AppOptions) Keepers {
	var (
		k         Keepers
		cdc       = encoding.Codec
		config    = sdk.GetConfig()
		authority = authtypes.NewModuleAddress(govtypes.ModuleName).String()
		accounts  = encoding.Registry.SigningContext().AddressCodec()
		store     = func(name string) corestore.KVStoreService { return runtime.NewKVStoreService(keys.kv[name]) }
	)
	k.Consensus = consensuskeeper.NewKeeper(cdc, store(consensustypes.StoreKey), authority, runtime.EventService{})
	base.SetParamStore(k.Consensus.ParamsStore)

	k.Account = authkeeper.NewAccountKeeper(cdc, store(authtypes.StoreKey), authtypes.ProtoBaseAccount, moduleAccounts, accounts,
		config.GetBech32AccountAddrPrefix(), authority)
	k.Bank = bankkeeper.NewBaseKeeper(cdc, store(banktypes.StoreKey), k.Account, BlockedAddresses(), authority, logger).
		WithObjStoreKey(keys.object[banktypes.ObjectStoreKey])
	k.Staking = stakingkeeper.NewKeeper(cdc, store(stakingtypes.StoreKey), k.Account, k.Bank, authority,
		encoding.Registry.SigningContext().ValidatorAddressCodec(), address.NewBech32Codec(config.GetBech32ConsensusAddrPrefix()))
	k.Mint = mintkeeper.NewKeeper(cdc, store(minttypes.StoreKey), k.Staking, k.Account, k.Bank, authtypes.FeeCollectorName, authority)
	k.Distribution = distrkeeper.NewKeeper(cdc, store(distrtypes.StoreKey), k.Account, k.Bank, k.Staking, authtypes.FeeCollectorName, authority)
	k.Slashing = slashingkeeper.NewKeeper(cdc, encoding.Amino, store(slashingtypes.StoreKey), k.Staking, authority)
	k.Functions = functionskeeper.NewKeeper(cdc, store(functionstypes.StoreKey), authority, k.Staking, k.Bank)
	k.Staking.SetHooks(stakingtypes.NewMultiStakingHooks(k.Distribution.Hooks(), k.Slashing.Hooks(), k.Functions.Hooks()))
	k.Evidence = newEvidenceKeeper(cdc, store(evidencetypes.StoreKey), k.Staking, k.Slashing, accounts)
	k.Feegrant = feegrantkeeper.NewKeeper(cdc, store(feegrant.StoreKey), k.Account).SetBankKeeper(k.Bank)
	k.Authz = authzkeeper.NewKeeper(store(authzkeeper.StoreKey), cdc, base.MsgServiceRouter(), k.Account)
	k.Upgrade = newUpgradeKeeper(cdc, store(upgradetypes.StoreKey), base, appOpts, authority)
	k.Gov = govkeeper.NewKeeper(cdc, store(govtypes.StoreKey), k.Account, k.Bank, k.Distribution, base.MsgServiceRouter(),
		govtypes.DefaultConfig(), authority, govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(k.Staking))
	// MsgExecLegacyContent still carries text proposals.
	k.Gov.SetLegacyRouter(govv1beta1.NewRouter().AddRoute(govtypes.RouterKey, govv1beta1.ProposalHandler))

	k.Seeding = seedingkeeper.NewKeeper(cdc, store(seedingtypes.StoreKey), keys.object[seedingtypes.ObjectStoreKey], authority,
		k.Functions, k.Bank, k.Feegrant)
	k.Rewards = rewardskeeper.NewKeeper(cdc, store(rewardstypes.StoreKey), keys.object[rewardstypes.ObjectStoreKey], authority,
		k.Bank, k.Functions, k.Seeding)
	// Keepers are values: the hooks are set on those that the modules get, after the others have taken what they query.
	k.Seeding.SetHooks(k.Rewards)
	k.Functions.SetHooks(k.Rewards)
	k.Functions.SetEndings(k.Seeding, k.Rewards) // seeds are paid before what is left returns
	k.Functions.SetBonds(k.Seeding)
	return k
}

func newEvidenceKeeper(cdc codec.Codec, store corestore.KVStoreService, staking *stakingkeeper.Keeper, slashing slashingkeeper.Keeper, accounts coreaddress.Codec) evidencekeeper.Keeper {
	k := evidencekeeper.NewKeeper(cdc, store, staking, slashing, accounts, runtime.ProvideCometInfoService())
	k.SetRouter(evidencetypes.NewRouter())
	return *k
}

func newUpgradeKeeper(cdc codec.Codec, store corestore.KVStoreService, base *baseapp.BaseApp, appOpts servertypes.AppOptions, authority string) *upgradekeeper.Keeper {
	skip := make(map[int64]bool)
	for _, height := range cast.ToIntSlice(appOpts.Get(server.FlagUnsafeSkipUpgrades)) {
		skip[int64(height)] = true
	}
	return upgradekeeper.NewKeeper(skip, store, cdc, cast.ToString(appOpts.Get(flags.FlagHome)), base, authority)
}
