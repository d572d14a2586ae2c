// Command client calls a function straight at the nodes that host it: no gateway is between, and its own account pays. Standard input is the
// request body, standard output gets the response's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/node/wallet"
)

func main() {
	home := flag.String("home", wallet.DefaultHome(), "folder with the keyring")
	account := flag.String("from", "bob", "key of the account whose subscription pays")
	rpc := flag.String("rpc", "http://127.0.0.1:26657", "CometBFT RPC of the chain")
	grpc := flag.String("grpc", "127.0.0.1:9090", "gRPC of the chain")
	function := flag.String("function", "markdown", "name or id of the function")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *home, *account, *rpc, *grpc, *function)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, home, account, rpc, grpc, function string) (err error) {
	c, err := chain.Dial(ctx, chain.Config{RPC: rpc, GRPC: grpc})
	if err != nil {
		return err
	}
	defer c.Close()
	keys, err := chain.OpenKeyring(home, chain.KeyringTest, os.Stdin)
	if err != nil {
		return err
	}
	sender, err := chain.NewSender(c, keys, account, chain.SenderConfig{})
	if err != nil {
		return err
	}
	defer sender.Close()
	caller, err := node.NewCaller(ctx, c, sender, home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caller.Close()) }()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/f/"+function+"/", os.Stdin)
	if err != nil {
		return err
	}
	response, err := gateway.CallDirect(ctx, caller, sender.Address(), request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}
