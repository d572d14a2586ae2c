package main

import (
	"os"
	"path/filepath"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/testutil/demo"
)

func demoCommand() *cobra.Command {
	var opts demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole life of two functions on a loopback network",
		Long: `Show the whole life of two functions on a loopback network of real processes: deployed, verified, seeded, called, settled and
paid. It ends with who earned what, and checks that every uorb spent was paid to somebody. Run it in the repository, with Go installed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if opts.Bin, err = programFolder(); err != nil {
				return err
			}
			if opts.Home, err = os.MkdirTemp("", "orb-demo-"); err != nil {
				return err
			}
			opts.Out, opts.Terminal = cmd.OutOrStdout(), isatty.IsTerminal(os.Stdout.Fd())
			return demo.Run(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Source, "source", ".", "folder of the repository")
	flags.StringVar(&opts.Summary, "summary", filepath.Join("build", "demo", "summary.json"), "file to write the figures to")
	return cmd
}
