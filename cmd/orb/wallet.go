package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/chain"
)

// wallet says which keys sign and where the chain is. What no flag says comes from client.toml in the home, which orbchaind writes too.
type wallet struct {
	home, backend, from, rpc, grpc string
}

// clientConfig is the part of client.toml that is used here.
type clientConfig struct {
	KeyringBackend string `toml:"keyring-backend"`
	Node           string `toml:"node"`
	GRPCAddress    string `toml:"grpc-address"`
}

func (w *wallet) flags(cmd *cobra.Command) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	flags := cmd.Flags()
	flags.StringVar(&w.home, "home", filepath.Join(home, ".orbchaind"), "folder with the keyring and config/client.toml")
	flags.StringVar(&w.backend, "keyring-backend", "", "keyring of the keys: test, file or os (default: client.toml's, or os)")
	flags.StringVar(&w.from, "from", "", "name of the account's key")
	flags.StringVar(&w.rpc, "node", "", "CometBFT RPC of the chain (default: client.toml's, or http://127.0.0.1:26657)")
	flags.StringVar(&w.grpc, "grpc-addr", "", "gRPC of the chain, host:port (default: client.toml's, or 127.0.0.1:9090)")
	_ = cmd.MarkFlagRequired("from") // fails only for a flag that is not there
}

// load fills in what no flag has said.
func (w *wallet) load() error {
	var file clientConfig
	data, err := os.ReadFile(filepath.Join(w.home, "config", "client.toml"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading client.toml: %w", err)
	}
	if err := toml.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("reading client.toml: %w", err)
	}
	first := func(values ...string) string {
		for _, value := range values {
			if value != "" {
				return value
			}
		}
		return ""
	}
	w.backend = first(w.backend, file.KeyringBackend, chain.KeyringOS)
	w.rpc = first(w.rpc, file.Node, "http://127.0.0.1:26657")
	w.grpc = first(w.grpc, file.GRPCAddress, "127.0.0.1:9090")
	return nil
}

func (w *wallet) keyring(cmd *cobra.Command) (keyring.Keyring, error) {
	if err := w.load(); err != nil {
		return nil, err
	}
	return chain.OpenKeyring(w.home, w.backend, cmd.InOrStdin())
}

// connect returns the chain and a sender for the account. end ends both.
func (w *wallet) connect(ctx context.Context, cmd *cobra.Command) (c *chain.Client, sender *chain.Sender, end func(), err error) {
	kr, err := w.keyring(cmd)
	if err != nil {
		return nil, nil, nil, err
	}
	if c, err = chain.Dial(ctx, chain.Config{RPC: w.rpc, GRPC: w.grpc}); err != nil {
		return nil, nil, nil, err
	}
	if sender, err = chain.NewSender(c, kr, w.from, chain.SenderConfig{}); err != nil {
		c.Close()
		return nil, nil, nil, err
	}
	return c, sender, func() { sender.Close(); c.Close() }, nil
}
