// Package functions is the registry of functions, their versions and the super nodes that verify them.
package functions

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

	"github.com/orbnetwork/orb/x/functions/keeper"
	"github.com/orbnetwork/orb/x/functions/simulation"
	"github.com/orbnetwork/orb/x/functions/types"
)

var (
	_ module.AppModuleBasic      = AppModule{}
	_ module.HasGenesis          = AppModule{}
	_ module.HasServices         = AppModule{}
	_ module.HasConsensusVersion = AppModule{}
	_ module.AppModuleSimulation = AppModule{}
	_ appmodule.AppModule        = AppModule{}
	_ appmodule.HasEndBlocker    = AppModule{}
)

// AppModule connects the keeper to the app.
type AppModule struct {
	keeper   keeper.Keeper
	accounts types.AccountKeeper
	balances types.BalanceKeeper
	staking  simulation.StakingKeeper
}

// NewAppModule returns the module of a keeper whose hooks are set.
func NewAppModule(k keeper.Keeper, accounts types.AccountKeeper, balances types.BalanceKeeper, staking simulation.StakingKeeper) AppModule {
	return AppModule{keeper: k, accounts: accounts, balances: balances, staking: staking}
}

// IsOnePerModuleType marks the module for the SDK.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK.
func (AppModule) IsAppModule() {}

// Name returns the module's name.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion counts the breaking changes of the module's state.
func (AppModule) ConsensusVersion() uint64 { return 2 }

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

// RegisterServices registers the handlers of messages and queries, and the migrations.
func (am AppModule) RegisterServices(cfg module.Configurator) {
	types.RegisterMsgServer(cfg.MsgServer(), keeper.NewMsgServer(am.keeper))
	types.RegisterQueryServer(cfg.QueryServer(), keeper.NewQueryServer(am.keeper))
	if err := cfg.RegisterMigration(types.ModuleName, 1, keeper.NewMigrator(am.keeper).Migrate1to2); err != nil {
		panic(err)
	}
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
	if err := am.keeper.InitGenesis(ctx, &genesis); err != nil {
		panic(err)
	}
	am.accounts.GetModuleAccount(ctx, types.ModuleName) // makes the account, should nobody have paid in yet
	if err := am.Conserved(ctx); err != nil {
		panic(err)
	}
}

// Conserved returns an error unless the module's account holds exactly what deposits and stakes add up to.
func (am AppModule) Conserved(ctx context.Context) error {
	return am.keeper.Conserved(ctx, am.balances.GetBalance(ctx, am.accounts.GetModuleAddress(types.ModuleName), types.Denom))
}

// ExportGenesis returns the whole state.
func (am AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := am.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(genesis)
}

// EndBlock moves on claims and functions whose time has come.
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
	registry.Add(weights.Get("msg_functions_update_params", 20), simulation.UpdateParams())
}

// WeightedOperationsX registers the messages that simulated accounts send.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_register_super_node", 30), simulation.Refusable(simulation.RegisterSuperNode(am.keeper, am.staking)))
	registry.Add(weights.Get("msg_update_super_node", 10), simulation.Refusable(simulation.UpdateSuperNode(am.keeper)))
	registry.Add(weights.Get("msg_deploy_function", 40), simulation.Refusable(simulation.DeployFunction(am.keeper)))
	registry.Add(weights.Get("msg_update_function", 20), simulation.Refusable(simulation.UpdateFunction(am.keeper)))
	registry.Add(weights.Get("msg_rollback_function", 10), simulation.Refusable(simulation.RollbackFunction(am.keeper)))
	registry.Add(weights.Get("msg_deprecate_function", 5), simulation.Refusable(simulation.DeprecateFunction(am.keeper)))
	registry.Add(weights.Get("msg_transfer_function", 10), simulation.Refusable(simulation.TransferFunction(am.keeper)))
	registry.Add(weights.Get("msg_set_price", 10), simulation.Refusable(simulation.SetPrice(am.keeper)))
	registry.Add(weights.Get("msg_rotate_key", 10), simulation.Refusable(simulation.RotateKey(am.keeper)))
	registry.Add(weights.Get("msg_dispute_result", 20), simulation.Refusable(simulation.DisputeResult(am.keeper)))
	registry.Add(weights.Get("msg_commit_attestation", 150), simulation.Refusable(simulation.CommitAttestation(am.keeper)))
	registry.Add(weights.Get("msg_reveal_attestation", 150), simulation.Refusable(simulation.RevealAttestation(am.keeper)))
}
