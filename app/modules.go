package app

import (
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/orbnetwork/orb/x/functions"
	functionskeeper "github.com/orbnetwork/orb/x/functions/keeper"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/rewards"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	"github.com/orbnetwork/orb/x/seeding"
	seedingkeeper "github.com/orbnetwork/orb/x/seeding/keeper"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// chainQueries is what one module's simulated messages ask another.
type chainQueries struct {
	functionsQueries
	seedingQueries
}

type (
	functionsQueries = functionstypes.QueryServer
	seedingQueries   = seedingtypes.QueryServer
)

func newModules(app *App) (*module.Manager, module.BasicManager) {
	var (
		cdc      = app.encoding.Codec
		registry = app.encoding.Registry
		queries  = chainQueries{functionskeeper.NewQueryServer(app.Functions), seedingkeeper.NewQueryServer(app.Seeding)}
	)
	manager := module.NewManager(
		genutil.NewAppModule(app.Account, app.Staking, app, app.encoding.TxConfig),
		auth.NewAppModule(cdc, app.Account, authsims.RandomGenesisAccounts),
		vesting.NewAppModule(app.Account, app.Bank),
		bank.NewAppModule(cdc, app.Bank, app.Account),
		staking.NewAppModule(cdc, app.Staking, app.Account, app.Bank),
		slashing.NewAppModule(cdc, app.Slashing, app.Account, app.Bank, app.Staking, registry),
		mint.NewAppModule(cdc, app.Mint, app.Account, nil),
		distr.NewAppModule(cdc, app.Distribution, app.Account, app.Bank, app.Staking),
		gov.NewAppModule(cdc, app.Gov, app.Account, app.Bank),
		upgrade.NewAppModule(app.Upgrade, app.Account.AddressCodec()),
		evidence.NewAppModule(app.Evidence),
		authzmodule.NewAppModule(cdc, app.Authz, app.Account, app.Bank, registry),
		feegrantmodule.NewAppModule(cdc, app.Account, app.Bank, app.Feegrant, registry),
		consensus.NewAppModule(cdc, app.Consensus),
		functions.NewAppModule(app.Functions, app.Account, app.Bank, app.Staking),
		seeding.NewAppModule(app.Seeding, app.Account, app.Bank, queries),
		rewards.NewAppModule(app.Rewards, app.Account, app.Bank, queries),
	)

	manager.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)
	manager.SetOrderBeginBlockers(
		minttypes.ModuleName,
		distrtypes.ModuleName, // pays out the fees of the last block before slashing changes who bonds what
		slashingtypes.ModuleName,
		evidencetypes.ModuleName,
		stakingtypes.ModuleName,
		authz.ModuleName,
		seedingtypes.ModuleName,
	)
	manager.SetOrderEndBlockers(
		banktypes.ModuleName,      // credits the block's fees and deposits
		functionstypes.ModuleName, // pays out of what has been credited, and closes claims, whose payouts x/rewards sums up
		seedingtypes.ModuleName,   // forgets what is dead, whose last payouts x/rewards sums up
		rewardstypes.ModuleName,   // pays the block's payees
		govtypes.ModuleName,
		stakingtypes.ModuleName,
		feegrant.ModuleName,
	)
	genesis := []string{
		authtypes.ModuleName,
		banktypes.ModuleName,
		distrtypes.ModuleName,
		stakingtypes.ModuleName,
		slashingtypes.ModuleName,
		govtypes.ModuleName,
		minttypes.ModuleName,
		genutiltypes.ModuleName, // runs gentxs, so after staking has its pools and auth its params
		evidencetypes.ModuleName,
		authz.ModuleName,
		feegrant.ModuleName,
		upgradetypes.ModuleName,
		vestingtypes.ModuleName,
		consensustypes.ModuleName,
		functionstypes.ModuleName,
		seedingtypes.ModuleName,
		rewardstypes.ModuleName,
	}
	manager.SetOrderInitGenesis(genesis...)
	manager.SetOrderExportGenesis(genesis...)

	basics := module.NewBasicManagerFromManager(manager, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName:  genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		banktypes.ModuleName:     bankBasics{},
		minttypes.ModuleName:     mintBasics{},
		slashingtypes.ModuleName: slashingBasics{},
	})
	basics.RegisterInterfaces(registry)
	basics.RegisterLegacyAminoCodec(app.encoding.Amino)
	return manager, basics
}

// newSimulations leaves out what makes no random messages of its own; auth needs a generator of accounts.
func newSimulations(app *App) *module.SimulationManager {
	return module.NewSimulationManagerFromAppModules(app.modules.Modules, map[string]module.AppModuleSimulation{
		authtypes.ModuleName: auth.NewAppModule(app.encoding.Codec, app.Account, authsims.RandomGenesisAccounts),
	})
}
