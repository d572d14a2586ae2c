package devnet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// grantPool is what newcomers' grants come out of.
const grantPool = "1000000000uorb"

// createAccounts makes the keys of config.yml and one set per further validator and node, and returns name → coins.
func (n *Network) createAccounts(kr keyring.Keyring) (map[string]string, error) {
	mnemonics := make(map[string]string)
	coins := make(map[string]string)
	for _, account := range n.config.Accounts {
		coins[account.Name] = strings.Join(account.Coins, ",")
		mnemonics[account.Name] = account.Mnemonic
	}
	for pattern, count := range map[string]int{
		accountValidator: n.opts.Validators, accountAttester: n.opts.Validators, accountOperator: n.opts.Nodes,
	} {
		for i := range count {
			coins[numbered(pattern, i)] = coins[pattern]
		}
	}
	for name := range coins {
		if err := createKey(kr, name, mnemonics[name]); err != nil {
			return nil, fmt.Errorf("creating key %s: %w", name, err)
		}
		record, err := kr.Key(name)
		if err != nil {
			return nil, err
		}
		address, err := record.GetAddress()
		if err != nil {
			return nil, err
		}
		n.Accounts[name] = address.String()
	}
	return coins, nil
}

func createKey(kr keyring.Keyring, name, mnemonic string) error {
	path := sdk.GetConfig().GetFullBIP44Path()
	if mnemonic != "" {
		_, err := kr.NewAccount(name, mnemonic, keyring.DefaultBIP39Passphrase, path, hd.Secp256k1)
		return err
	}
	_, _, err := kr.NewMnemonic(name, keyring.English, path, keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	return err
}

// createGenesis makes every validator's home with the same genesis: accounts, one gentx a validator, and the overrides.
func (n *Network) createGenesis(ctx context.Context, coins map[string]string) error {
	for i := range n.opts.Validators {
		if _, err := n.orbchaind(ctx, "init", numbered(accountValidator, i), "--chain-id", n.ChainID, "--home", n.validatorHome(i)); err != nil {
			return err
		}
	}
	first := n.validatorHome(0)
	if err := n.fund(ctx, coins, first); err != nil {
		return err
	}
	pool := authtypes.NewModuleAddress(seedingtypes.GrantsName).String()
	if _, err := n.orbchaind(ctx, "genesis", "add-genesis-account", pool, grantPool, "--module-name", seedingtypes.GrantsName, "--home", first); err != nil {
		return err
	}
	genesis := filepath.Join(first, "config", "genesis.json")
	if err := mergeJSONFile(genesis, n.config.Genesis); err != nil {
		return fmt.Errorf("applying genesis overrides: %w", err)
	}
	if err := mergeJSONFile(genesis, n.opts.Genesis); err != nil {
		return fmt.Errorf("applying genesis overrides: %w", err)
	}
	gentxs := filepath.Join(first, "config", "gentx")
	if err := os.MkdirAll(gentxs, 0o700); err != nil {
		return err
	}
	for i := range n.opts.Validators {
		if i > 0 {
			if err := copyFile(genesis, filepath.Join(n.validatorHome(i), "config", "genesis.json")); err != nil {
				return err
			}
		}
		name := numbered(accountValidator, i)
		if _, err := n.orbchaind(ctx, "genesis", "gentx", name, n.config.Validators[0].Bonded, "--chain-id", n.ChainID,
			"--home", n.validatorHome(i), "--keyring-dir", n.Home, "--keyring-backend", keyring.BackendTest,
			"--output-document", filepath.Join(gentxs, name+".json")); err != nil {
			return err
		}
	}
	if _, err := n.orbchaind(ctx, "genesis", "collect-gentxs", "--home", first); err != nil {
		return err
	}
	if _, err := n.orbchaind(ctx, "genesis", "validate", "--home", first); err != nil {
		return err
	}
	for i := 1; i < n.opts.Validators; i++ {
		if err := copyFile(genesis, filepath.Join(n.validatorHome(i), "config", "genesis.json")); err != nil {
			return err
		}
	}
	return nil
}

// fund gives every account its coins in a home's genesis.
func (n *Network) fund(ctx context.Context, coins map[string]string, home string) error {
	type account struct {
		Address string    `json:"address"`
		Coins   sdk.Coins `json:"coins"`
	}
	accounts := make([]account, 0, len(coins))
	for _, name := range slices.Sorted(maps.Keys(coins)) {
		amount, err := sdk.ParseCoinsNormalized(coins[name])
		if err != nil {
			return fmt.Errorf("coins of %s: %w", name, err)
		}
		accounts = append(accounts, account{n.Accounts[name], amount})
	}
	data, err := json.Marshal(accounts)
	if err != nil {
		return err
	}
	path := filepath.Join(home, "accounts.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if _, err := n.orbchaind(ctx, "genesis", "bulk-add-genesis-account", path, "--home", home); err != nil {
		return err
	}
	return os.Remove(path)
}

// writeClientConfig makes the network's home a client home: `orbchaind … --from alice` works in it as it stands.
func (n *Network) writeClientConfig() error {
	client := fmt.Sprintf("chain-id = %q\nkeyring-backend = %q\noutput = \"text\"\nnode = %q\nbroadcast-mode = \"sync\"\ngrpc-address = %q\ngrpc-insecure = true\n",
		n.ChainID, keyring.BackendTest, n.Validators[0].RPC, n.Validators[0].GRPC)
	path := filepath.Join(n.Home, "config", "client.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(client), 0o600)
}

// comet returns the CometBFT node id of a validator, for its peers' address books.
func (n *Network) comet(ctx context.Context, i int) (string, error) {
	out, err := n.orbchaind(ctx, "comet", "show-node-id", "--home", n.validatorHome(i))
	return strings.TrimSpace(out), err
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// manifest is what a network leaves in its home, so that a later start finds the same ports and a stranger's folder is not touched.
type manifest struct {
	ChainID    string            `json:"chain_id"`
	Accounts   map[string]string `json:"accounts"`
	Validators []*Validator      `json:"validators"`
	Nodes      []*Node           `json:"nodes"`
}

const manifestName = "devnet.json"

func (n *Network) writeManifest() error {
	data, err := json.MarshalIndent(manifest{n.ChainID, n.Accounts, n.Validators, n.Nodes}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(n.Home, manifestName), data, 0o600)
}
