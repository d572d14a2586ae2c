package app_test

import (
	"fmt"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/config"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

func TestBlocks(t *testing.T) {
	c := fixture.New(t, 1)
	c.Blocks(100)
	require.EqualValues(t, 101, c.Height())
}

func TestProtoAnnotations(t *testing.T) {
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(files))
}

func TestFeesReachTheFeeCollector(t *testing.T) {
	c := fixture.New(t, 3)
	send := func(from fixture.Account) []byte {
		return c.Tx(from, banktypes.NewMsgSend(from.Address, c.Accounts[0].Address, sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, 1))))
	}
	for _, result := range c.NextBlock(send(c.Accounts[1]), send(c.Accounts[2])).TxResults {
		require.True(t, result.IsOK(), result.Log)
	}
	collected := c.Balance(authtypes.NewModuleAddress(authtypes.FeeCollectorName))
	require.GreaterOrEqual(t, collected, int64(2*fixture.Fee))
	require.EqualValues(t, fixture.Balance-fixture.Fee-1, c.Balance(c.Accounts[1].Address))
}

// TestDeploy goes from a deploy to an active function, and compares every account with what was promised to it.
func TestDeploy(t *testing.T) {
	c := fixture.New(t, 3)
	attester, owner := c.Accounts[1], c.Accounts[2]
	c.SuperNode(attester)
	before := c.Balance(owner.Address)
	deployed := c.Deploy(owner, "markdown")
	deposit := functionstypes.DefaultParams().NameDeposit.Amount.Int64()
	cost := before - c.Balance(owner.Address) - fixture.Fee - deposit
	require.Positive(t, cost)
	require.Equal(t, cost, c.Balance(authtypes.NewModuleAddress(rewardstypes.ModuleName)), "the deploy cost is in escrow")
	require.Equal(t, deposit, c.Balance(authtypes.NewModuleAddress(functionstypes.ModuleName)), "and the name's deposit is held")

	attesterBefore := c.Balance(attester.Address)
	c.Verify(attester, deployed.ClaimId)
	fn, version, err := c.App.Functions.ActiveVersion(c.Context(), deployed.Id)
	require.NoError(t, err)
	require.Equal(t, functionstypes.FUNCTION_STATUS_ACTIVE, fn.Status)
	require.EqualValues(t, 1, version.Number)
	paid := c.Balance(attester.Address) - attesterBefore + 2*fixture.Fee
	require.Positive(t, paid, "the verification fee goes to the attester")
	require.Equal(t, cost-paid, c.Balance(authtypes.NewModuleAddress(rewardstypes.ModuleName)))
}

func TestDeployThatNobodyVerifies(t *testing.T) {
	c := fixture.New(t, 3)
	owner := c.Accounts[2]
	c.SuperNode(c.Accounts[1])
	deployed := c.Deploy(owner, "markdown")
	charged := c.Balance(owner.Address)
	c.Blocks(int(functionstypes.DefaultParams().CommitBlocks) + 1)
	fn, err := c.App.Functions.GetFunction(c.Context(), deployed.Id)
	require.NoError(t, err)
	require.Equal(t, functionstypes.FUNCTION_STATUS_REJECTED, fn.Status)
	require.Zero(t, c.Balance(authtypes.NewModuleAddress(rewardstypes.ModuleName)))
	require.Zero(t, c.Balance(authtypes.NewModuleAddress(functionstypes.ModuleName)))
	require.GreaterOrEqual(t, c.Balance(owner.Address), charged)
}

func TestExportImport(t *testing.T) {
	c := fixture.New(t, 3)
	c.SuperNode(c.Accounts[1])
	c.Verify(c.Accounts[1], c.Deploy(c.Accounts[2], "active").ClaimId)
	pending := c.Deploy(c.Accounts[2], "pending")

	other := c.Import()
	other.NextBlock()
	c.NextBlock()
	require.Equal(t, c.Height(), other.Height())
	for _, account := range c.Accounts {
		require.Equal(t, c.Balance(account.Address), other.Balance(account.Address))
	}
	mine, err := c.App.ExportAppStateAndValidators(false, nil, []string{functionstypes.ModuleName, "seeding", rewardstypes.ModuleName})
	require.NoError(t, err)
	theirs, err := other.App.ExportAppStateAndValidators(false, nil, []string{functionstypes.ModuleName, "seeding", rewardstypes.ModuleName})
	require.NoError(t, err)
	require.JSONEq(t, string(mine.AppState), string(theirs.AppState))

	other.Verify(c.Accounts[1], pending.ClaimId)
	_, _, err = other.App.Functions.ActiveVersion(other.Context(), pending.Id)
	require.NoError(t, err)

	_, err = c.App.ExportAppStateAndValidators(true, nil, nil)
	require.ErrorContains(t, err, "height zero")
}

// TestBlockSTM runs the same transactions one after the other and in parallel.
func TestBlockSTM(t *testing.T) {
	const accounts = 20
	run := func(executor string) []byte {
		c := fixture.NewWith(t, fixture.NewApp(dbm.NewMemDB(), simtestutil.AppOptionsMap{server.FlagBlockExecutor: executor}), accounts)
		c.SuperNode(c.Accounts[1])
		for round := range 3 {
			var txs [][]byte
			for i, account := range c.Accounts[2:] {
				txs = append(txs, c.Tx(account, fixture.Deployment(account, fmt.Sprintf("f-%d-%d", round, i))))
			}
			for _, result := range c.NextBlock(txs...).TxResults {
				require.True(t, result.IsOK(), result.Log)
			}
		}
		return c.App.LastCommitID().Hash
	}
	require.Equal(t, run(config.BlockExecutorSequential), run(config.BlockExecutorBlockSTM))
}
