package deploy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/wallet"
)

// NewCommand returns `deploy`, which is `orb deploy` and `orbchaind tx functions deploy`.
func NewCommand() *cobra.Command {
	return newCommand(Options{}, &cobra.Command{
		Use:   "deploy <folder or .wasm file>",
		Short: "Build, price, upload and register a function, and wait until it serves",
		Long: `Build, price, upload and register a function, and wait until it serves. A folder holds a Go main package, or the source
of another language, and an ` + ManifestName + ` with contract, sample request, limits and how it is built; flags override it. Only the stripped executable leaves the machine. The function's own key is made in the
home, under functions/<name>.key: keep it, it signs later versions. A name that is yours already gets a new version, as by update.`,
		Example: "  deploy ./examples/markdown --name markdown --price 50uorb --from alice\n" +
			"  deploy ./filter.wasm --contract filter --sample ./sample.txt --name shout --price 20uorb --plan standard --from alice --yes",
	})
}

// NewUpdateCommand returns `update`, which is `orb update` and `orbchaind tx functions update`.
func NewUpdateCommand() *cobra.Command {
	return newCommand(Options{Update: true}, &cobra.Command{
		Use:   "update <folder or .wasm file>",
		Short: "Build, price, upload and propose a new version of your function, and wait until it serves",
		Long: `Build, price, upload and propose a new version of your function, and wait until it serves. The version before it serves meanwhile, and
goes on when the new one is refused. Price, share and plan stay. The key in functions/<name>.key of the home signs it.`,
		Example: "  update ./examples/markdown --name markdown --from alice",
	})
}

func newCommand(o Options, cmd *cobra.Command) *cobra.Command {
	var (
		w       wallet.Wallet
		flagged ManifestFlags
		price   string
		super   cli.BaseURL
		output  = cli.NewChoice("text", "json")
		yes     bool
	)
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		o.Source, o.SuperNode = args[0], super.String()
		if o.Manifest, err = flagged.Read(cmd, o.Source); err != nil {
			return err
		}
		if !o.Update {
			if o.Price, err = cli.ParseCoin(price); err != nil {
				return fmt.Errorf("--price: %w", err)
			}
		}
		if err := o.validate(); err != nil {
			return err
		}
		o.Progress = func(step string) { fmt.Fprintln(cmd.ErrOrStderr(), step+"…") }
		o.Confirm = func(q Quote) bool {
			fmt.Fprint(cmd.ErrOrStderr(), q.Text())
			return yes || !isatty.IsTerminal(os.Stdin.Fd()) || confirmed(cmd)
		}
		c, sender, end, err := w.Connect(cmd.Context(), cmd)
		if err != nil {
			return err
		}
		defer end()
		if o.Key, err = client.LoadKey(filepath.Join(w.Home, "functions", o.Name+".key")); err != nil {
			return err
		}
		result, err := Run(cmd.Context(), c, sender, o)
		if err != nil {
			return err
		}
		return show(cmd, result, output.Value)
	}
	w.Flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.Name, "name", "", "the function's name: a DNS label that nobody else has")
	required := []string{"name"}
	if !o.Update {
		flags.StringVar(&price, "price", "", "what a request costs its payer, e.g. 50uorb")
		flags.Uint32Var(&o.OwnerShareBps, "owner-share", 3_000, "your part of the price after the network fee, in basis points; the host gets the rest")
		flags.StringVar(&o.Plan, "plan", "starter", "`name` of the plan; query rewards params lists them")
		required = append(required, "price")
	}
	flags.Var(&super, "supernode", "base URL of the super node to upload to (default: one from the chain)")
	flagged.Add(cmd)
	flags.BoolVar(&o.Obfuscate, "obfuscate", false, "build a Go function with garble, which hides names and literals")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask before paying")
	flags.VarP(output, "output", "o", "text or json")
	for _, name := range required {
		_ = cmd.MarkFlagRequired(name) // fails only for a flag that is not there
	}
	return cmd
}

func confirmed(cmd *cobra.Command) bool {
	fmt.Fprint(cmd.ErrOrStderr(), "Deploy? [y/N] ")
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // no answer is a no
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func show(cmd *cobra.Command, r *Result, output string) error {
	if output == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is ACTIVE\n  id          %s\n  url         %s\n  cid         %s\n  sha256      %s\n  complexity  %d fuel, limit %d\n  cost        %s%s\n  transaction %s\n",
		r.Name, r.ID, r.URL, r.CID, r.SHA256, r.Complexity, r.FuelLimit, r.Cost.Total, r.Cost.Denom, r.TxHash)
	return err
}
