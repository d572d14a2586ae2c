package devnet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"

	"github.com/orbnetwork/orb"
)

// Names that config.yml must define. The last three are patterns: the second validator's account is "validator-1" with the coins
// of "validator", and so on.
const (
	accountValidator = "validator"
	accountAttester  = "attester"
	accountOperator  = "operator"
)

// Config is the part of Ignite's config.yml that a development network reads.
type Config struct {
	Accounts []struct {
		Name     string   `json:"name"`
		Coins    []string `json:"coins"`
		Mnemonic string   `json:"mnemonic"`
	} `json:"accounts"`
	Validators []struct {
		Name   string `json:"name"`
		Bonded string `json:"bonded"`
	} `json:"validators"`
	// Genesis is merged into the genesis document.
	Genesis map[string]any `json:"genesis"`
}

// LoadConfig reads config.yml at path, or the one the program was built with when path is empty.
func LoadConfig(path string) (Config, error) {
	data := orb.ConfigYAML
	if path != "" {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			return Config{}, fmt.Errorf("reading config: %w", err)
		}
	}
	var c Config
	if err := yaml.Unmarshal(data, &c); err != nil {
		return Config{}, fmt.Errorf("reading config: %w", err)
	}
	return c, c.validate()
}

func (c Config) validate() error {
	for _, name := range []string{accountValidator, accountAttester, accountOperator} {
		if _, err := c.coins(name); err != nil {
			return err
		}
	}
	if len(c.Validators) == 0 || c.Validators[0].Bonded == "" {
		return fmt.Errorf("config: validators[0].bonded is missing")
	}
	if id, _ := c.Genesis["chain_id"].(string); id == "" {
		return fmt.Errorf("config: genesis.chain_id is missing")
	}
	return nil
}

func (c Config) coins(name string) (string, error) {
	for _, account := range c.Accounts {
		if account.Name == name && len(account.Coins) > 0 {
			coins := account.Coins[0]
			for _, more := range account.Coins[1:] {
				coins += "," + more
			}
			return coins, nil
		}
	}
	return "", fmt.Errorf("config: account %q with coins is missing", name)
}

// numbered returns the name of the index-th account of a pattern.
func numbered(name string, index int) string {
	if index == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, index)
}

// merge lays overrides over base: maps merge key by key, everything else is replaced.
func merge(base, overrides map[string]any) {
	for key, value := range overrides {
		inner, isMap := value.(map[string]any)
		if target, ok := base[key].(map[string]any); ok && isMap {
			merge(target, inner)
			continue
		}
		base[key] = value
	}
}

func mergeJSONFile(path string, overrides map[string]any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a float64 would lose digits
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	merge(document, overrides)
	if data, err = json.MarshalIndent(document, "", " "); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
