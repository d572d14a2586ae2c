// Command orbchaind runs and talks to the Orb chain.
package main

import (
	"fmt"
	"os"

	clienthelpers "cosmossdk.io/client/v2/helpers"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/cli"
)

// envPrefix begins the environment variable of every flag: ORBCHAIND_HOME is --home.
const envPrefix = "ORBCHAIND"

func main() {
	sdk.GetConfig().Seal()
	clienthelpers.EnvPrefix = envPrefix
	home, err := clienthelpers.GetNodeHomeDirectory(".orbchaind")
	if err != nil {
		fmt.Fprintln(os.Stderr, "finding the home directory:", err)
		os.Exit(1)
	}
	root, err := newRootCommand(home)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := svrcmd.Execute(root, envPrefix, home); err != nil {
		cli.PrintError(os.Stderr, "orbchaind", err)
		os.Exit(1)
	}
}
