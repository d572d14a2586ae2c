// Package app wires the chain: SDK modules, Orb modules, ante handler, block executor.
package app

import (
	"encoding/json"
	"fmt"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/blockexec"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/version"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Name is the chain's application name.
const Name = "orb"

// GenesisState is a genesis document's app state: module name → state.
type GenesisState map[string]json.RawMessage

// App is the chain.
type App struct {
	*baseapp.BaseApp
	Keepers

	encoding     Encoding
	modules      *module.Manager
	basics       module.BasicManager
	configurator module.Configurator
	simulations  *module.SimulationManager
	closing      func() error
}

var _ servertypes.Application = (*App)(nil)

// New returns the chain on a database. With loadLatest it is ready for the next block; without, LoadHeight must follow.
func New(logger log.Logger, db dbm.DB, loadLatest bool, appOpts servertypes.AppOptions, options ...func(*baseapp.BaseApp)) *App {
	encoding := NewEncoding()
	options = append(options, baseapp.SetOptimisticExecution())
	base := baseapp.NewBaseApp(Name, logger, db, encoding.TxConfig.TxDecoder(), options...)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.Registry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	keys := newStoreKeys()
	blockexec.Apply(base, appOpts, keys.all(), encoding.TxConfig.TxDecoder(), func(storetypes.MultiStore) string { return functionstypes.Denom })

	app := &App{BaseApp: base, encoding: encoding, Keepers: newKeepers(base, logger, encoding, keys, appOpts)}
	app.closing = sync.OnceValue(base.Close)
	app.modules, app.basics = newModules(app)
	app.simulations = newSimulations(app)
	app.simulations.RegisterStoreDecoders()

	app.configurator = module.NewConfigurator(encoding.Codec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.modules.RegisterServices(app.configurator); err != nil {
		panic(err)
	}
	app.registerReflection()

	app.MountKVStores(keys.kv)
	app.MountObjectStores(keys.object)
	app.SetInitChainer(app.InitChainer)
	app.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return app.modules.PreBlock(ctx)
	})
	app.SetBeginBlocker(app.BeginBlocker)
	app.SetEndBlocker(app.EndBlocker)
	app.SetAnteHandler(newAnteHandler(app.Keepers, encoding.TxConfig))
	app.registerUpgrades()

	if loadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			panic(fmt.Errorf("loading the latest state: %w", err))
		}
	}
	return app
}

// Close releases the databases. The SDK's start command calls it twice, and a database closes only once.
func (app *App) Close() error { return app.closing() }

// registerReflection lets clients that know nothing of Orb ask for its protos and commands.
func (app *App) registerReflection() {
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	if err != nil {
		panic(err)
	}
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)
}

// InitChainer stores a genesis state.
func (app *App) InitChainer(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var genesis GenesisState
	if err := json.Unmarshal(req.AppStateBytes, &genesis); err != nil {
		return nil, fmt.Errorf("reading app state: %w", err)
	}
	if err := app.Upgrade.SetModuleVersionMap(ctx, app.modules.GetVersionMap()); err != nil {
		return nil, err
	}
	return app.modules.InitGenesis(ctx, app.encoding.Codec, genesis)
}

// BeginBlocker runs before a block's transactions.
func (app *App) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	return app.modules.BeginBlock(ctx)
}

// EndBlocker runs after a block's transactions.
func (app *App) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) { return app.modules.EndBlock(ctx) }

// LoadHeight loads the state after a past block.
func (app *App) LoadHeight(height int64) error { return app.LoadVersion(height) }

// LegacyAmino returns the amino codec.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.encoding.Amino }

// AppCodec returns the proto codec.
func (app *App) AppCodec() codec.Codec { return app.encoding.Codec }

// InterfaceRegistry returns the registry of interface types.
func (app *App) InterfaceRegistry() codectypes.InterfaceRegistry { return app.encoding.Registry }

// TxConfig returns how transactions are encoded and signed.
func (app *App) TxConfig() client.TxConfig { return app.encoding.TxConfig }

// Basics returns the modules' codecs, genesis defaults and routes.
func (app *App) Basics() module.BasicManager { return app.basics }

// SimulationManager returns the modules that take part in simulations.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulations }

// DefaultGenesis returns the state of a new chain.
func (app *App) DefaultGenesis() GenesisState { return app.basics.DefaultGenesis(app.encoding.Codec) }

// AutoCLI returns what the command line is generated from.
func (app *App) AutoCLI() autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule)
	for name, m := range app.modules.Modules {
		if m, ok := m.(appmodule.AppModule); ok {
			modules[name] = m
		}
	}
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(app.modules.Modules),
		AddressCodec:          app.encoding.Registry.SigningContext().AddressCodec(),
		ValidatorAddressCodec: app.encoding.Registry.SigningContext().ValidatorAddressCodec(),
		ConsensusAddressCodec: app.Staking.ConsensusAddressCodec(),
	}
}

// RegisterAPIRoutes registers the REST routes of all modules and their description.
func (app *App) RegisterAPIRoutes(server *api.Server, cfg config.APIConfig) {
	authtx.RegisterGRPCGatewayRoutes(server.ClientCtx, server.GRPCGatewayRouter)
	cmtservice.RegisterGRPCGatewayRoutes(server.ClientCtx, server.GRPCGatewayRouter)
	nodeservice.RegisterGRPCGatewayRoutes(server.ClientCtx, server.GRPCGatewayRouter)
	app.basics.RegisterGRPCGatewayRoutes(server.ClientCtx, server.GRPCGatewayRouter)
	if err := registerOpenAPI(server.Router, cfg.Swagger); err != nil {
		panic(fmt.Errorf("registering the OpenAPI routes: %w", err))
	}
}

// RegisterTxService registers the service that simulates, broadcasts and finds transactions.
func (app *App) RegisterTxService(clientCtx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), clientCtx, app.Simulate, app.encoding.Registry)
}

// RegisterTendermintService registers the service that shows blocks and validators.
func (app *App) RegisterTendermintService(clientCtx client.Context) {
	cmtservice.RegisterTendermintService(clientCtx, app.GRPCQueryRouter(), app.encoding.Registry, server.NewCometABCIWrapper(app).Query)
}

// RegisterNodeService registers the service that shows a node's configuration.
func (app *App) RegisterNodeService(clientCtx client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(clientCtx, app.GRPCQueryRouter(), cfg, func() int64 { return app.CommitMultiStore().EarliestVersion() })
}
