package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/orbid"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// NewCommand returns `supernode`. The flag --home is the root command's.
func NewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "supernode",
		Short: "Run the gateway process of a super node",
		Long: `Run the gateway process of a super node, beside a bonded validator: it verifies new functions, offers global endpoints for all of
them, and serves those that nobody else does. Its home is a folder of its own; config/supernode.toml in it is the configuration.`,
		// The root's hook would write a chain node's configuration into the home.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(initCommand(), startCommand(), registerCommand(), statusCommand())
	return cmd
}

func home(cmd *cobra.Command) (string, error) { return cmd.Flags().GetString("home") }

func initCommand() *cobra.Command {
	cfg := DefaultConfig()
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "Write the configuration and the node key into a new home",
		Example: "  orbchaind supernode init --home ~/.orbsuper --endpoint https://orb.example.com --attester attester",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := home(cmd)
			if err != nil {
				return err
			}
			if err := WriteConfig(home, cfg); err != nil {
				return err
			}
			id, err := orbID(home)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\nOrb ID %s\n", filepath.Join(configDir(home), configNames[0]), id)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.RPC, "rpc", cfg.RPC, "CometBFT RPC of the validator")
	flags.StringVar(&cfg.GRPC, "grpc", cfg.GRPC, "gRPC of the validator")
	flags.StringVar(&cfg.Attester, "attester", cfg.Attester, "name of the attester account's key")
	flags.StringVar(&cfg.KeyringBackend, "keyring-backend", cfg.KeyringBackend, "keyring that holds the key: test, file or os")
	flags.StringVar(&cfg.KeyringDir, "keyring-dir", "", "folder of the keyring (default: the home)")
	flags.StringVar(&cfg.Listen, "listen", cfg.Listen, "address of the HTTP server")
	flags.StringVar(&cfg.Endpoint, "endpoint", cfg.Endpoint, "base URL under which callers reach it")
	flags.StringSliceVar(&cfg.PeerListen, "peer-listen", cfg.PeerListen, "multiaddrs to listen on for peers")
	flags.StringSliceVar(&cfg.PeerAddresses, "peer-addresses", cfg.PeerAddresses, "multiaddrs under which peers reach this node")
	flags.StringSliceVar(&cfg.Bootstrap, "bootstrap", cfg.Bootstrap, "multiaddrs with /p2p of peers to join the network at")
	flags.StringVar(&cfg.Moniker, "moniker", cfg.Moniker, "name of the node on chain")
	flags.StringVar(&cfg.SettleEvery, "settle-every", cfg.SettleEvery, "longest time that the super node's own earnings as a host wait for settlement")
	flags.Uint64Var(&cfg.SettleMargin, "settle-margin", cfg.SettleMargin, "how many times its gas such a settlement has to be worth; 0 settles whatever it costs")
	return cmd
}

func startCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Run until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := home(cmd)
			if err != nil {
				return err
			}
			cfg, err := LoadConfig(home)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return Run(ctx, home, cfg, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
		},
	}
}

func registerCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Register the super node on chain, in the name of its validator",
		Long: `Register the super node on chain, in the name of its validator: attester account, Orb ID, endpoint and addresses, as configured. Doing it
again replaces what was registered.`,
		Example: "  orbchaind supernode register --home ~/.orbsuper --from validator",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := home(cmd)
			if err != nil {
				return err
			}
			cfg, err := LoadConfig(home)
			if err != nil {
				return err
			}
			hash, err := register(cmd.Context(), home, cfg, from)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), hash)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "name of the validator operator's key in the configured keyring")
	_ = cmd.MarkFlagRequired("from") // fails only for a flag that is not there
	return cmd
}

// register sends MsgRegisterSuperNode and returns the transaction's hash.
func register(ctx context.Context, home string, cfg Config, from string) (string, error) {
	id, err := orbID(home)
	if err != nil {
		return "", err
	}
	addresses, err := cfg.announced()
	if err != nil {
		return "", err
	}
	kr, err := chain.OpenKeyring(cfg.KeyringDir, cfg.KeyringBackend, os.Stdin)
	if err != nil {
		return "", err
	}
	attester, err := chain.Address(kr, cfg.Attester)
	if err != nil {
		return "", err
	}
	c, err := chain.Dial(ctx, chain.Config{RPC: cfg.RPC, GRPC: cfg.GRPC})
	if err != nil {
		return "", err
	}
	defer c.Close()
	sender, err := chain.NewSender(c, kr, from, chain.SenderConfig{GasPrices: cfg.GasPrices})
	if err != nil {
		return "", err
	}
	defer sender.Close()
	result, err := sender.Send(ctx, &functionstypes.MsgRegisterSuperNode{
		Operator: sender.Address(), Attester: attester.String(), OrbId: id, Endpoint: strings.TrimSuffix(cfg.Endpoint, "/"), Addresses: addresses,
	})
	if err != nil {
		return "", fmt.Errorf("registering the super node of %s: %w", sdk.ValAddress(sdk.MustAccAddressFromBech32(sender.Address())), err)
	}
	return result.Hash, nil
}

func statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what the running super node says about itself",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := home(cmd)
			if err != nil {
				return err
			}
			cfg, err := LoadConfig(home)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			status, err := FetchStatus(ctx, "http://"+cfg.Listen)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(cmd.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(status)
		},
	}
}

// FetchStatus asks a gateway about itself.
func FetchStatus(ctx context.Context, endpoint string) (*Status, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+"/v1/status", nil)
	if err != nil {
		return nil, fmt.Errorf("asking the gateway: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the gateway: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the gateway: %s", response.Status)
	}
	var status Status
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 64<<10)).Decode(&status); err != nil {
		return nil, fmt.Errorf("asking the gateway: %w", err)
	}
	return &status, nil
}

func nodeKeyPath(home string) string { return filepath.Join(configDir(home), "node_key") }

func orbID(home string) (string, error) {
	key, err := client.LoadKey(nodeKeyPath(home))
	if err != nil {
		return "", err
	}
	return orbid.FromKey(publicKey(key)), nil
}

// announced are the addresses to register on chain.
func (c Config) announced() ([]string, error) {
	if len(c.PeerAddresses) > 0 {
		return c.PeerAddresses, nil
	}
	for _, listen := range c.PeerListen {
		if strings.Contains(listen, "/0.0.0.0/") || strings.Contains(listen, "/ip6/::/") || strings.HasSuffix(listen, "/0") || strings.Contains(listen, "/0/") {
			return nil, errors.New("peer_listen does not say under which addresses peers reach this node: set peer_addresses")
		}
	}
	return c.PeerListen, nil
}
