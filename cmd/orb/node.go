package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/cli"
)

// statusTimeout bounds asking a node in the same machine.
const statusTimeout = 5 * time.Second

func nodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Host functions and earn",
		Long:  "Host functions and earn: a node seeds the functions that its policy takes, serves their requests, and settles what callers sign.",
	}
	cmd.PersistentFlags().String("home", defaultNodeHome(), "folder with the node's config, keys and data")
	cmd.AddCommand(
		nodeInitCommand(), nodeStartCommand(), nodeStatusCommand(), nodePolicyCommand(), nodeBackupCommand(), nodeRestoreCommand(),
	)
	return cmd
}

func defaultNodeHome() string {
	if user, err := os.UserHomeDir(); err == nil {
		return filepath.Join(user, ".orb")
	}
	return filepath.Join(".", ".orb")
}

func nodeInitCommand() *cobra.Command {
	cfg := node.DefaultConfig()
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a node's home: its key, its operator's account and its config",
		Long: `Make a node's home: its key, its operator's account and its config. The account's key is encrypted with a passphrase that is asked for; a
service has it in a file that ORB_KEYRING_PASSPHRASE_FILE names. An account that owns nothing is enough: at its start the node has a super node
register it, which pays its gas for the first weeks.`,
		Example: "  orb node init --chain-rpc http://rpc.example.org:26657 --chain-grpc rpc.example.org:9090",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			wallet, err := node.MakeWallet(home, cfg)
			if err != nil {
				return err
			}
			id, err := node.Init(home, cfg)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "The operator's account is %s.\n", wallet.Address)
			if wallet.Words != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "These words restore it; they are shown this once, keep them:\n\n%s\n\nOrb ID: ", wallet.Words)
			}
			fmt.Fprintln(cmd.OutOrStdout(), id)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.RPC, "chain-rpc", cfg.RPC, "CometBFT RPC of a chain node")
	flags.StringVar(&cfg.GRPC, "chain-grpc", cfg.GRPC, "gRPC of a chain node: host:port")
	flags.StringVar(&cfg.Operator, "from", cfg.Operator, "name of the operator account's key")
	flags.StringVar(&cfg.KeyringBackend, "keyring-backend", cfg.KeyringBackend, "keyring that holds the key: file (encrypted), os, or test (unprotected)")
	flags.StringVar(&cfg.KeyringDir, "keyring-dir", cfg.KeyringDir, "folder of the keyring (default: the home)")
	flags.StringVar(&cfg.GasPrices, "gas-prices", cfg.GasPrices, "what the operator pays for gas")
	flags.StringVar(&cfg.Moniker, "moniker", cfg.Moniker, "name of the node on chain")
	flags.StringSliceVar(&cfg.PeerListen, "listen", cfg.PeerListen, "multiaddrs to listen on for peers")
	flags.StringSliceVar(&cfg.PeerAddresses, "addresses", cfg.PeerAddresses, "multiaddrs under which peers reach the node (default: those it listens on)")
	flags.StringSliceVar(&cfg.Bootstrap, "bootstrap", cfg.Bootstrap, "multiaddrs with /p2p of peers to join the network at, beside the super nodes on chain")
	flags.StringVar(&cfg.Reachability, "reachability", cfg.Reachability, "public or private when you know whether peers can open connections to the node")
	flags.BoolVar(&cfg.Manual, "manual", cfg.Manual, "take only functions that are added by hand")
	flags.Int64Var(&cfg.MaxMemoryMB, "max-memory-mb", cfg.MaxMemoryMB, "memory that the node tries to stay in; 0 is no bound")
	flags.IntVar(&cfg.CPUPercent, "cpu-percent", cfg.CPUPercent, "share of the machine's CPUs that functions may use")
	flags.Uint64Var(&cfg.MaxBytes, "max-bytes", cfg.MaxBytes, "room for all artifacts; 0 is no bound")
	flags.Int64Var(&cfg.MaxRateOut, "max-rate-out", cfg.MaxRateOut, "bytes a second to peers beyond which requests are refused as busy; 0 is no bound")
	flags.StringVar(&cfg.StatusListen, "status-listen", cfg.StatusListen, "loopback `address` for the node's own status: host:port")
	flags.StringVar(&cfg.SettleEvery, "settle-every", cfg.SettleEvery, "longest time that earnings wait for settlement")
	flags.IntVar(&cfg.MaxInFlight, "max-in-flight", cfg.MaxInFlight, "requests that run or wait at once; 0 takes 32 per CPU")
	flags.IntVar(&cfg.Replicas, "replicas", cfg.Replicas, "hosts that a function may have that the node still takes it unasked; 0 is no bound")
	flags.StringVar(&cfg.MirrorFor, "mirror-for", cfg.MirrorFor, "how long a function that is taken because its hosts are busy has to earn its gas; 0s takes none")
	flags.Uint64Var(&cfg.SettleMargin, "settle-margin", cfg.SettleMargin, "how many times its gas a settlement has to be worth; 0 settles whatever it costs")
	return cmd
}

func nodeStartCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Run the node until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			cfg, err := node.LoadConfig(home)
			if err != nil {
				return err
			}
			return node.Run(cmd.Context(), home, cfg)
		},
	}
}

func nodeStatusCommand() *cobra.Command {
	output := cli.NewChoice("text", "json")
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what the running node seeds, serves and earns",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := homeFlag(cmd)
			if err != nil {
				return err
			}
			cfg, err := node.LoadConfig(home)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), statusTimeout)
			defer cancel()
			status, err := node.FetchStatus(ctx, cfg)
			if err != nil {
				return err
			}
			if output.Value == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(status)
			}
			return printStatus(cmd.OutOrStdout(), status)
		},
	}
	cmd.Flags().VarP(output, "output", "o", "text or json")
	return cmd
}

func printStatus(out io.Writer, s *node.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Orb ID\t%s\nOperator\t%s\nHeight\t%d\nServed\t%d\nEarned\t%d uorb\nUnsettled\t%s uorb\nLanes\t%d\nArtifacts\t%s\n",
		s.OrbID, s.Operator, s.Height, s.Served, s.Earned, s.Unsettled, s.Lanes, room(s.ArtifactBytes, s.MaxBytes))
	reachability := string(s.Reachability)
	if reachability == "" {
		reachability = "unknown yet"
	}
	fmt.Fprintf(w, "Peers\t%d\nReachability\t%s, %d relays\nNext settlement\t%s\n",
		s.Peers, reachability, s.Relays, s.NextSettlement.Format(time.TimeOnly))
	if a := s.Account; a != nil {
		fmt.Fprintf(w, "Settled\t%d requests\nEarned on chain\t%s uorb serving, %s uorb hosting\nBalance\t%s uorb\nBond\t%s uorb\n",
			a.Requests, a.Serving, a.Hosting, a.Balance, a.Bond)
		if a.Grant != nil {
			fmt.Fprintf(w, "Grant\t%s uorb locked, %s spent, %s repaid, from %s\n", a.Grant.Locked, a.Grant.Spent, a.Grant.Repaid, a.Grant.Sponsor)
		}
	}
	if s.LastError != "" {
		fmt.Fprintf(w, "Last error\t%s\n", s.LastError)
	}
	for _, f := range s.Functions {
		kind := "open"
		switch {
		case f.Paid:
			kind = "paid"
		case f.Mirror:
			kind = "open, on demand"
		}
		fmt.Fprintf(w, "Function\t%s\tversion %d\t%s\t%s\n", f.Name, f.Version, kind, f.ID)
	}
	return w.Flush()
}

func room(used, most uint64) string {
	if most == 0 {
		return fmt.Sprintf("%d bytes", used)
	}
	return fmt.Sprintf("%d of %d bytes", used, most)
}

func homeFlag(cmd *cobra.Command) (string, error) { return cmd.Flags().GetString("home") }
