package main

import (
	"os"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/version"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/gateway"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func newRootCommand(home string) (*cobra.Command, error) {
	version.Name, version.AppName = app.Name, "orbchaind"
	// An app on an empty database, for its codecs and its modules' commands.
	chain := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(os.TempDir()))
	defer chain.Close()

	initial := client.Context{}.
		WithCodec(chain.AppCodec()).
		WithInterfaceRegistry(chain.InterfaceRegistry()).
		WithTxConfig(chain.TxConfig()).
		WithLegacyAmino(chain.LegacyAmino()).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(home).
		WithViper(envPrefix)

	root := &cobra.Command{
		Use:           "orbchaind",
		Short:         "Run a node of the Orb chain, or talk to one",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.OutOrStdout())
			cmd.SetErr(cmd.ErrOrStderr())
			return prepare(cmd, initial)
		},
	}

	query, tx := newQueryCommand(), newTxCommand()
	root.AddCommand(
		genutilcli.InitCmd(chain.Basics(), home),
		genutilcli.Commands(chain.TxConfig(), chain.Basics(), home),
		keys.Commands(),
		query,
		tx,
		server.StatusCommand(),
		pruning.Cmd(newApp, home),
		snapshot.Cmd(newApp),
		debug.Cmd(),
		gateway.NewCommand(),
	)
	server.AddCommandsWithStartCmdOptions(root, home, newApp, exportApp, server.StartCmdOptions{})

	autoCLI := chain.AutoCLI()
	autoCLI.ClientCtx = initial
	if err := autoCLI.EnhanceRootCommand(root); err != nil {
		return nil, err
	}
	cli.Guide(root)
	return root, nil
}

// prepare reads client.toml, app.toml and config.toml, creating those that are missing, before any command runs.
func prepare(cmd *cobra.Command, initial client.Context) error {
	clientCtx, err := client.ReadPersistentCommandFlags(initial.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	if clientCtx, err = config.ReadFromClientConfig(clientCtx); err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	comet, err := cometConfig(clientCtx.HomeDir)
	if err != nil {
		return err
	}
	return server.InterceptConfigsPreRunHandler(cmd, "", nil, comet)
}

func newQueryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "query",
		Aliases: []string{"q"},
		Short:   "Ask the chain",
	}
	cmd.AddCommand(
		rpc.WaitTxCmd(),
		server.QueryBlockCmd(),
		server.QueryBlocksCmd(),
		server.QueryBlockResultsCmd(),
		authcmd.QueryTxCmd(),
		authcmd.QueryTxsByEventsCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}

func newTxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tx",
		Short: "Sign and send transactions",
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
		newFunctionsTxCommand(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}

// newFunctionsTxCommand holds what AutoCLI cannot make; AutoCLI adds the module's other messages to it.
func newFunctionsTxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   functionstypes.ModuleName,
		Short: "Deploy functions and verify them",
	}
	cmd.AddCommand(deploy.NewCommand(), deploy.NewUpdateCommand(), deploy.NewRotateKeyCommand())
	return cmd
}
