//go:build sims

package app_test

import (
	"encoding/json"
	"flag"
	"math/rand"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	simcli "github.com/cosmos/cosmos-sdk/x/simulation/client/cli"

	"github.com/orbnetwork/orb/app"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// simApp gives the simulator the one method that nobody else needs.
type simApp struct{ *app.App }

func (a simApp) GetBaseApp() *baseapp.BaseApp { return a.App.BaseApp }

// newSimApp ends a simulated block a second time before it is committed, and then checks that all money is there: the simulator delivers
// its messages after the end of the block, which on a chain comes last, and a commit empties the object stores that hold fees, deposits and
// payouts until then.
func newSimApp(logger log.Logger, db dbm.DB, loadLatest bool, options servertypes.AppOptions, base ...func(*baseapp.BaseApp)) simApp {
	chain := app.New(logger, db, false, options, base...)
	chain.SetPrecommiter(func(ctx sdk.Context) {
		if err := chain.Bank.CreditVirtualAccounts(ctx); err != nil {
			panic(err)
		}
		if err := chain.Functions.EndBlock(ctx); err != nil {
			panic(err)
		}
		if err := chain.Seeding.EndBlock(ctx); err != nil {
			panic(err)
		}
		if err := chain.Rewards.EndBlock(ctx); err != nil {
			panic(err)
		}
		if err := chain.Conserved(ctx); err != nil {
			panic(err)
		}
		chain.SimWriteState()
	})
	if loadLatest {
		if err := chain.LoadLatestVersion(); err != nil {
			panic(err)
		}
	}
	return simApp{chain}
}

func init() { simcli.GetSimulatorFlags() }

func simulated(a simApp) simsx.SimStateFactory {
	return simsx.SimStateFactory{
		Codec:         a.AppCodec(),
		AppStateFn:    withPool(a, simtestutil.AppStateFn(a.AppCodec(), a.SimulationManager(), a.DefaultGenesis())),
		BlockedAddr:   app.BlockedAddresses(),
		AccountSource: a.Account,
		BalanceSource: a.Bank,
	}
}

// withPool puts coins into the account of grants, out of which sponsored nodes get theirs.
func withPool(a simApp, state simtypes.AppStateFn) simtypes.AppStateFn {
	return func(r *rand.Rand, accounts []simtypes.Account, config simtypes.Config) (json.RawMessage, []simtypes.Account, string, time.Time) {
		data, accounts, chainID, began := state(r, accounts, config)
		var genesis app.GenesisState
		if err := json.Unmarshal(data, &genesis); err != nil {
			panic(err)
		}
		var bank banktypes.GenesisState
		a.AppCodec().MustUnmarshalJSON(genesis[banktypes.ModuleName], &bank)
		pool := sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, 1+r.Int63n(1_000_000)))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(seedingtypes.GrantsName).String(), Coins: pool})
		bank.Supply = bank.Supply.Add(pool...)
		genesis[banktypes.ModuleName] = a.AppCodec().MustMarshalJSON(&bank)
		data, err := json.Marshal(genesis)
		if err != nil {
			panic(err)
		}
		return data, accounts, chainID, began
	}
}

// seeds are 1 up to this number.
var seeds = flag.Int64("Seeds", 2, "how many simulations, each with a seed of its own")

// TestSimulation sends random messages of all modules, and exports, imports and exports what is left.
func TestSimulation(t *testing.T) {
	numbers := make([]int64, *seeds)
	for i := range numbers {
		numbers[i] = int64(i + 1)
	}
	simsx.RunWithSeeds(t, newSimApp, simulated, numbers, nil, func(t testing.TB, run simsx.TestInstance[simApp], _ []simtypes.Account) {
		var genesis app.GenesisState
		require.NoError(t, json.Unmarshal(reimported(t, run.App.App), &genesis))
		require.NoError(t, run.App.Basics().ValidateGenesis(run.App.AppCodec(), run.App.TxConfig(), genesis))
	})
}
