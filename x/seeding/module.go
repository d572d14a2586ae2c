// Package seeding is the registry of nodes and of which functions they seed.
package seeding

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	functionssim "github.com/orbnetwork/orb/x/functions/simulation"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	"github.com/orbnetwork/orb/x/seeding/keeper"
	"github.com/orbnetwork/orb/x/seeding/simulation"
	"github.com/orbnetwork/orb/x/seeding/types"
)

var (
	_ module.AppModuleBasic      = AppModule{}
	_ module.HasGenesis          = AppModule{}
	_ module.HasServices         = AppModule{}
	_ module.HasConsensusVersion = AppModule{}
	_ module.AppModuleSimulation = AppModule{}
	_ appmodule.AppModule        = AppModule{}
	_ appmodule.HasBeginBlocker  = AppModule{}
	_ appmodule.HasEndBlocker    = AppModule{}
)

// AppModule connects the keeper to the app.
type AppModule struct {
	keeper    keeper.Keeper
	accounts  types.AccountKeeper
	balances  types.BalanceKeeper
	functions simulation.Functions
}

// NewAppModule returns the module of a keeper whose hooks are set.
func NewAppModule(k keeper.Keeper, accounts types.AccountKeeper, balances types.BalanceKeeper, functions simulation.Functions) AppModule {
	return AppModule{keeper: k, accounts: accounts, balances: balances, functions: functions}
}

// IsOnePerModuleType marks the module for the SDK.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK.
func (AppModule) IsAppModule() {}

// Name returns the module's name.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion counts the breaking changes of the module's state.
func (AppModule) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec registers the messages for amino signing.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	types.RegisterLegacyAminoCodec(cdc)
}

// RegisterInterfaces registers the messages.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}

// RegisterGRPCGatewayRoutes registers the REST routes of the queries.
func (AppModule) RegisterGRPCGatewayRoutes(clientCtx client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(clientCtx)); err != nil {
		panic(err)
	}
}

// RegisterServices registers the message and query handlers.
func (am AppModule) RegisterServices(cfg module.Configurator) {
	types.RegisterMsgServer(cfg.MsgServer(), keeper.NewMsgServer(am.keeper))
	types.RegisterQueryServer(cfg.QueryServer(), keeper.NewQueryServer(am.keeper))
}

// DefaultGenesis is the state of a new chain.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis checks a genesis state without a chain.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, data json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(data, &genesis); err != nil {
		return fmt.Errorf("reading %s genesis: %w", types.ModuleName, err)
	}
	return genesis.Validate()
}

// InitGenesis stores a genesis state.
func (am AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, data json.RawMessage) {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(data, &genesis)
	am.accounts.GetModuleAccount(ctx, types.ModuleName) // makes the accounts, should nobody have paid in yet
	am.accounts.GetModuleAccount(ctx, types.GrantsName)
	if err := am.keeper.InitGenesis(ctx, &genesis, am.held(ctx, types.GrantsName).Amount); err != nil {
		panic(err)
	}
	if err := am.Conserved(ctx); err != nil {
		panic(err)
	}
}

func (am AppModule) held(ctx context.Context, account string) sdk.Coin {
	return am.balances.GetBalance(ctx, am.accounts.GetModuleAddress(account), functionstypes.Denom)
}

// Conserved returns an error unless the module's accounts hold exactly what its state adds up to.
func (am AppModule) Conserved(ctx context.Context) error {
	return am.keeper.Conserved(ctx, am.held(ctx, types.ModuleName), am.held(ctx, types.GrantsName))
}

// ExportGenesis returns the whole state.
func (am AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := am.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(genesis)
}

// BeginBlock fixes an epoch's randomness.
func (am AppModule) BeginBlock(ctx context.Context) error { return am.keeper.BeginBlock(ctx) }

// EndBlock pays back bonds and forgets what is dead.
func (am AppModule) EndBlock(ctx context.Context) error { return am.keeper.EndBlock(ctx) }

// GenerateGenesisState makes the genesis of a simulation.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(simulation.RandomGenesis(state.Rand))
}

// RegisterStoreDecoder tells the simulator how to print the module's state.
func (am AppModule) RegisterStoreDecoder(registry simtypes.StoreDecoderRegistry) {
	registry[types.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(am.keeper.Schema)
}

// WeightedOperations is empty: WeightedOperationsX holds the operations.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// ProposalMsgsX registers the messages that simulated proposals carry.
func (AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_seeding_update_params", 20), simulation.UpdateParams())
}

// WeightedOperationsX registers the messages that simulated accounts send.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_register_node", 40), functionssim.Refusable(simulation.RegisterNode(am.keeper)))
	registry.Add(weights.Get("msg_sponsor_node", 20), functionssim.Refusable(simulation.SponsorNode(am.keeper, am.functions)))
	registry.Add(weights.Get("msg_update_node", 10), functionssim.Refusable(simulation.UpdateNode(am.keeper)))
	registry.Add(weights.Get("msg_bond", 40), functionssim.Refusable(simulation.Bond(am.keeper)))
	registry.Add(weights.Get("msg_unbond", 20), functionssim.Refusable(simulation.Unbond(am.keeper)))
	registry.Add(weights.Get("msg_unseed", 10), functionssim.Refusable(simulation.Unseed(am.keeper)))
	registry.Add(weights.Get("msg_seed", 80), functionssim.Refusable(simulation.Seed(am.keeper, am.functions)))
	registry.Add(weights.Get("msg_prove", 80), functionssim.Refusable(simulation.Prove(am.keeper)))
}
