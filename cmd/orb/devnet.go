package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/testutil/devnet"
)

func devnetCommand() *cobra.Command {
	var opts devnet.Options
	cmd := &cobra.Command{
		Use:   "devnet",
		Short: "Run a whole network on loopback until Ctrl-C",
		Long: `Run a whole network on loopback until Ctrl-C: validators, a super node beside each, and nodes, as separate processes of the real
programs. Accounts and genesis come from config.yml. A network that was stopped goes on where it was, unless --fresh is given.`,
		Example: "  orb devnet\n  orb devnet --validators 4 --nodes 6 --fresh",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			var err error
			if opts.Bin, err = programFolder(); err != nil {
				return err
			}
			opts.Progress = func(step string) { fmt.Fprintln(out, step+"…") }
			network, err := devnet.Start(cmd.Context(), opts)
			if err != nil {
				return err
			}
			printDevnet(out, network, opts.Bin)
			<-cmd.Context().Done()
			fmt.Fprintln(out, "\nStopping…")
			return network.Stop()
		},
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	flags := cmd.Flags()
	flags.IntVar(&opts.Validators, "validators", 1, "validators, each with a super node")
	flags.IntVar(&opts.Nodes, "nodes", 2, "nodes")
	flags.StringVar(&opts.Home, "home", filepath.Join(home, ".orbchaind"), "folder of the network; orbchaind's default home, so that its commands find keys and chain")
	flags.StringVar(&opts.Config, "config", "", "config.yml with accounts and genesis (default: the one built in)")
	flags.BoolVar(&opts.Fresh, "fresh", false, "remove what an earlier devnet left in the folder")
	flags.BoolVar(&opts.FreePorts, "free-ports", false, "take any free ports instead of the well-known ones")
	flags.DurationVar(&opts.BlockTime, "block-time", 0, "pause between blocks (default 1s)")
	return cmd
}

// programFolder is where this program and its sibling orbchaind lie.
func programFolder() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	folder := filepath.Dir(path)
	if _, err := os.Stat(filepath.Join(folder, "orbchaind")); err != nil {
		return "", fmt.Errorf("orbchaind has to lie beside %s; `make build` makes both", path)
	}
	return folder, nil
}

func printDevnet(out io.Writer, n *devnet.Network, bin string) {
	fmt.Fprintf(out, "\nThe network %s is up.\n\n", n.ChainID)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, v := range n.Validators {
		fmt.Fprintf(w, "super node %d\t%s\n", i, v.Gateway)
		fmt.Fprintf(w, "validator %d\tRPC %s, REST %s, gRPC %s\n", i, v.RPC, v.REST, v.GRPC)
	}
	for _, node := range n.Nodes {
		fmt.Fprintf(w, "%s\t%s\n", node.Name, node.OrbID)
	}
	names := make([]string, 0, len(n.Accounts))
	for name := range n.Accounts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(w, "key %s\t%s\n", name, n.Accounts[name])
	}
	w.Flush()

	gateway := n.Validators[0].Gateway
	fmt.Fprintf(out, `
Logs and keys lie in %s. Next, in another terminal:

  export PATH=%s:$PATH ORBCHAIND_HOME=%s
  orbchaind tx functions deploy ./examples/markdown --name markdown --price 50uorb --from alice
  orbchaind query functions function markdown
  echo '# hello' | curl %s/f/markdown --data-binary @-
  orbchaind query bank balances %s
  curl %s/cosmos/bank/v1beta1/balances/%s

Ctrl-C stops it; the same command goes on with it.
`, n.Home, bin, n.Home, gateway, n.Accounts["alice"], n.Validators[0].REST, n.Accounts["alice"])
}
