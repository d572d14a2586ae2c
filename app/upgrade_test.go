package app_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// earlier is what a chain of an earlier version had exported, and the app hash after the first block that it made of that.
type earlier struct {
	AppState      json.RawMessage `json:"app_state"`
	InitialHeight int64           `json:"initial_height"`
	Time          time.Time       `json:"time"`
	AppHash       []byte          `json:"app_hash"`
}

// fromV1 starts a chain in the state of testdata/v1.json as the first version would have stored it: every byte in its stores is the same,
// which the app hash shows.
func fromV1(t *testing.T) *fixture.Chain {
	t.Helper()
	data, err := os.ReadFile("testdata/v1.json")
	require.NoError(t, err)
	var v1 earlier
	require.NoError(t, json.Unmarshal(data, &v1))
	a := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(fixture.ChainID))
	a.SetInitChainer(func(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
		response, err := a.InitChainer(ctx, req)
		require.NoError(t, err)
		var genesis app.GenesisState
		require.NoError(t, json.Unmarshal(v1.AppState, &genesis))
		var functions functionstypes.GenesisState
		a.AppCodec().MustUnmarshalJSON(genesis[functionstypes.ModuleName], &functions)
		require.Zero(t, functions.Params.PriceBlocks)
		require.NoError(t, a.Functions.Params.Set(ctx, functions.Params))
		versions, err := a.Upgrade.GetModuleVersionMap(ctx)
		require.NoError(t, err)
		versions[functionstypes.ModuleName] = 1
		return response, a.Upgrade.SetModuleVersionMap(ctx, versions)
	})
	require.NoError(t, a.LoadLatestVersion())
	c := fixture.Continue(t, a, people, v1.AppState, v1.InitialHeight, v1.Time)
	require.Equal(t, v1.AppHash, c.NextBlock().AppHash, "the stores are those of the first version")
	return c
}

// TestUpgrade: a chain of the first version with every kind of state in use goes through the upgrade that its governance has decided. Nobody's
// money has moved, and what is new works.
func TestUpgrade(t *testing.T) {
	c := fromV1(t)
	params, err := c.App.Functions.Params.Get(c.Context())
	require.NoError(t, err)
	require.Zero(t, params.PriceBlocks)

	// The vote takes three blocks. The plan's is the next: a program that knows an upgrade refuses every block before it.
	height := c.Height() + 4
	govern(c, &upgradetypes.MsgSoftwareUpgrade{
		Authority: authtypes.NewModuleAddress(govtypes.ModuleName).String(), Plan: upgradetypes.Plan{Name: "v2", Height: height},
	})
	versions := func() module.VersionMap {
		versions, err := c.App.Upgrade.GetModuleVersionMap(c.Context())
		require.NoError(t, err)
		return versions
	}
	require.EqualValues(t, 1, versions()[functionstypes.ModuleName])
	c.NextBlock()
	require.Equal(t, height, c.Height())
	require.EqualValues(t, 2, versions()[functionstypes.ModuleName])
	require.NoError(t, c.App.Conserved(c.Context()))
	params, err = c.App.Functions.Params.Get(c.Context())
	require.NoError(t, err)
	require.NoError(t, params.Validate())
	require.Equal(t, functionstypes.DefaultParams().PriceBlocks, params.PriceBlocks)
	require.EqualValues(t, 4, params.NoticeBlocks, "what governance had set stays")

	markdown := functionstypes.FunctionID(fixture.Deployment(c.Accounts[alice], "markdown").SigningKey)
	c.MustSend(c.Accounts[alice], &functionstypes.MsgSetPrice{Owner: c.Accounts[alice].String(), FunctionId: markdown, Price: uorb(70)})
	_, err = c.Send(c.Accounts[alice], &functionstypes.MsgSetPrice{Owner: c.Accounts[alice].String(), FunctionId: markdown, Price: uorb(80)})
	require.ErrorContains(t, err, functionstypes.ErrPriceHolds.Error())

	other := c.Import()
	for range 60 {
		other.NextBlock()
		c.NextBlock()
		require.NoError(t, other.App.Conserved(other.Context()))
	}
}
