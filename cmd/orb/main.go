// Command orb is the client software: a node that hosts functions, and what people do with functions from their own machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/devloop"
)

func main() {
	err := run()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "orb: interrupted")
		os.Exit(128 + int(syscall.SIGINT))
	}
	if err != nil {
		cli.PrintError(os.Stderr, "orb", err)
		os.Exit(1)
	}
}

func run() error {
	sdk.GetConfig().Seal()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	root := &cobra.Command{
		Use:           "orb",
		Short:         "Write, deploy, call and host functions on the Orb network",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(devloop.Commands()...)
	root.AddCommand(nodeCommand(), seedCommand(), deploy.NewCommand(), deploy.NewUpdateCommand(), deploy.NewRotateKeyCommand(), callCommand(), keyCommand(), subscribeCommand(), devnetCommand(), demoCommand())
	cli.Guide(root)
	return root.ExecuteContext(ctx)
}
