// Package wallet finds the account that signs and the chain that it signs for, as the commands of both programs do.
package wallet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/node/chain"
)

// Wallet says which keys sign and where the chain is. What no flag says comes from client.toml in the home, which orbchaind writes too.
type Wallet struct {
	// Home is the folder with the keyring and config/client.toml, From the name of the signing key.
	Home, From string

	backend, rpc, grpc string
}

// clientConfig is the part of client.toml that is used here.
type clientConfig struct {
	KeyringBackend string `toml:"keyring-backend"`
	Node           string `toml:"node"`
	GRPCAddress    string `toml:"grpc-address"`
}

// DefaultHome is where both programs look for keys and client.toml: ORBCHAIND_HOME, else .orbchaind in the user's folder.
func DefaultHome() string {
	if home := os.Getenv("ORBCHAIND_HOME"); home != "" {
		return home
	}
	user, err := os.UserHomeDir()
	if err != nil {
		user = "."
	}
	return filepath.Join(user, ".orbchaind")
}

// Flags adds the flags that say which account signs and where the chain is.
func (w *Wallet) Flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&w.Home, "home", DefaultHome(), "folder with the keyring and config/client.toml")
	flags.StringVar(&w.backend, "keyring-backend", "", "keyring of the keys: test, file or os (default: client.toml's, or os)")
	flags.StringVar(&w.From, "from", "", "name of the account's key")
	flags.StringVar(&w.rpc, "node", "", "CometBFT RPC of the chain (default: client.toml's, or http://127.0.0.1:26657)")
	flags.StringVar(&w.grpc, "grpc-addr", "", "gRPC of the chain, host:port (default: client.toml's, or 127.0.0.1:9090)")
	_ = cmd.MarkFlagRequired("from") // fails only for a flag that is not there
}

// load fills in what no flag has said.
func (w *Wallet) load() error {
	var file clientConfig
	data, err := os.ReadFile(filepath.Join(w.Home, "config", "client.toml"))
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

// Keyring opens the keyring that the flags name.
func (w *Wallet) Keyring(cmd *cobra.Command) (keyring.Keyring, error) {
	if err := w.load(); err != nil {
		return nil, err
	}
	return chain.OpenKeyring(w.Home, w.backend, cmd.InOrStdin())
}

// Connect returns the chain and a sender for the account. end ends both.
func (w *Wallet) Connect(ctx context.Context, cmd *cobra.Command) (c *chain.Client, sender *chain.Sender, end func(), err error) {
	kr, err := w.Keyring(cmd)
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := chain.Address(kr, w.From); err != nil {
		if errors.Is(err, sdkerrors.ErrKeyNotFound) {
			return nil, nil, nil, fmt.Errorf("no key %q in the %s keyring of %s: %w", w.From, w.backend, w.Home, sdkerrors.ErrKeyNotFound)
		}
		return nil, nil, nil, err
	}
	if c, err = chain.Dial(ctx, chain.Config{RPC: w.rpc, GRPC: w.grpc}); err != nil {
		return nil, nil, nil, err
	}
	if sender, err = chain.NewSender(c, kr, w.From, chain.SenderConfig{}); err != nil {
		c.Close()
		return nil, nil, nil, err
	}
	return c, sender, func() { sender.Close(); c.Close() }, nil
}
