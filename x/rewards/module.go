// Package rewards holds every escrow and pays owners, hosts, attesters and the network.
package rewards

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
	"github.com/orbnetwork/orb/x/rewards/keeper"
	"github.com/orbnetwork/orb/x/rewards/simulation"
	"github.com/orbnetwork/orb/x/rewards/types"
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
	chain    simulation.Chain
}

// NewAppModule returns the module of a keeper.
func NewAppModule(k keeper.Keeper, accounts types.AccountKeeper, balances types.BalanceKeeper, chain simulation.Chain) AppModule {
	return AppModule{keeper: k, accounts: accounts, balances: balances, chain: chain}
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
	if err := am.keeper.InitGenesis(ctx, &genesis); err != nil {
		panic(err)
	}
	am.accounts.GetModuleAccount(ctx, types.ModuleName) // makes the account, should nobody have paid in yet
	if err := am.Conserved(ctx); err != nil {
		panic(err)
	}
}

// ExportGenesis returns the whole state.
func (am AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := am.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(genesis)
}

// EndBlock closes lanes and pays the block's payees.
func (am AppModule) EndBlock(ctx context.Context) error { return am.keeper.EndBlock(ctx) }

// Conserved returns an error unless the module's account holds exactly what its state adds up to.
func (am AppModule) Conserved(ctx context.Context) error {
	params, err := am.keeper.Params.Get(ctx)
	if err != nil {
		return err
	}
	return am.keeper.Conserved(ctx, am.balances.GetBalance(ctx, am.accounts.GetModuleAddress(types.ModuleName), params.Denom))
}

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
	registry.Add(weights.Get("msg_rewards_update_params", 20), simulation.UpdateParams())
}

// WeightedOperationsX registers the messages that simulated accounts send.
func (am AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_subscribe", 40), functionssim.Refusable(simulation.Subscribe(am.chain)))
	registry.Add(weights.Get("msg_top_up", 20), functionssim.Refusable(simulation.TopUp(am.keeper)))
	registry.Add(weights.Get("msg_set_delegate", 10), functionssim.Refusable(simulation.SetDelegate(am.keeper)))
	registry.Add(weights.Get("msg_unsubscribe", 10), functionssim.Refusable(simulation.Unsubscribe(am.keeper)))
	registry.Add(weights.Get("msg_close_lanes", 20), functionssim.Refusable(simulation.CloseLanes(am.keeper)))
	registry.Add(weights.Get("msg_fund_function", 30), functionssim.Refusable(simulation.FundFunction(am.keeper, am.chain)))
	registry.Add(weights.Get("msg_open_lanes", 80), functionssim.Refusable(simulation.OpenLanes(am.keeper, am.chain)))
	registry.Add(weights.Get("msg_settle", 100), functionssim.Refusable(simulation.Settle(am.keeper)))
	registry.Add(weights.Get("msg_claim_hosting", 40), functionssim.Refusable(simulation.ClaimHosting(am.keeper, am.chain)))
}
