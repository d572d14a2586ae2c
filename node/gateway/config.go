package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Config is <home>/config/supernode.toml, or supernode.json with the same names. The comments are written into the file.
type Config struct {
	// The chain.
	RPC  string `toml:"rpc" json:"rpc" comment:"CometBFT RPC of the validator, for blocks and transactions."`
	GRPC string `toml:"grpc" json:"grpc" comment:"gRPC of the validator, for queries: host:port."`

	// Keys.
	Attester       string `toml:"attester" json:"attester" comment:"Name of the attester account's key. It sends attestations, opens lanes of public subscriptions and pays their gas."`
	KeyringBackend string `toml:"keyring_backend" json:"keyring_backend" comment:"Keyring that holds the key: test, file or os."`
	KeyringDir     string `toml:"keyring_dir" json:"keyring_dir" comment:"Folder of the keyring; empty for the home."`
	GasPrices      string `toml:"gas_prices" json:"gas_prices" comment:"What the attester pays for gas."`

	// HTTP.
	Listen   string `toml:"listen" json:"listen" comment:"Address of the HTTP server: host:port."`
	Endpoint string `toml:"endpoint" json:"endpoint" comment:"Base URL under which callers reach it; it is registered on chain."`

	// Peers.
	PeerListen    []string `toml:"peer_listen" json:"peer_listen" comment:"Multiaddrs to listen on for peers."`
	PeerAddresses []string `toml:"peer_addresses" json:"peer_addresses" comment:"Multiaddrs under which peers reach this node; empty for what it listens on."`
	Bootstrap     []string `toml:"bootstrap" json:"bootstrap" comment:"Multiaddrs with /p2p of peers to join the network at, beside the super nodes on chain."`
	Moniker       string   `toml:"moniker" json:"moniker" comment:"Name of the node on chain."`

	// Hosting what nobody else does.
	SettleEvery string `toml:"settle_every" json:"settle_every" comment:"Longest time that the super node's own earnings as a host wait for settlement."`
	// SettleMargin keeps gas small beside earnings.
	SettleMargin     uint64 `toml:"settle_margin" json:"settle_margin" comment:"How many times its gas a settlement has to be worth; near the end of a lane and at the stop once is enough. 0 settles whatever it costs."`
	HostMaxInFlight  int    `toml:"host_max_in_flight" json:"host_max_in_flight" comment:"Requests that the own host runs or has waiting at once; 0 takes 32 per CPU."`
	HostMaxFunctions int    `toml:"host_max_functions" json:"host_max_functions" comment:"Most functions that the own host serves; 0 is no bound."`
	HostMaxBytes     uint64 `toml:"host_max_bytes" json:"host_max_bytes" comment:"Room for all artifacts that the own host serves; 0 is no bound."`

	// Limits.
	MaxMemoryMB    int64 `toml:"max_memory_mb" json:"max_memory_mb" comment:"Memory that the process tries to stay in, in MB, an eighth of it for connections; 0 is no bound."`
	MaxInFlight    int   `toml:"max_in_flight" json:"max_in_flight" comment:"Calls under way at once; more are answered 503."`
	MaxBodyBytes   int64 `toml:"max_body_bytes" json:"max_body_bytes" comment:"Bytes of all request bodies under way at once; more are answered 503."`
	MaxUploadBytes int64 `toml:"max_upload_bytes" json:"max_upload_bytes" comment:"Bytes of artifacts that are taken in an hour; more are answered 503."`
	MaxSponsored   int64 `toml:"max_sponsored" json:"max_sponsored" comment:"Newcomers' nodes that are sponsored in an hour, a quarter of them for one network address; each takes a deposit from the attester. 0 sponsors nobody."`
}

// DefaultConfig holds every default.
func DefaultConfig() Config {
	return Config{
		RPC:            "http://127.0.0.1:26657",
		GRPC:           "127.0.0.1:9090",
		Attester:       "attester",
		KeyringBackend: "os",
		GasPrices:      "0.001uorb",
		Listen:         "127.0.0.1:8080",
		Endpoint:       "http://127.0.0.1:8080",
		PeerListen:     []string{"/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/udp/4001/quic-v1"},
		PeerAddresses:  []string{},
		Bootstrap:      []string{},
		Moniker:        "super node",
		SettleEvery:    "30s",
		SettleMargin:   10,
		MaxInFlight:    1024,
		MaxBodyBytes:   256 << 20,
		MaxUploadBytes: 256 << 20,
		MaxSponsored:   20,
	}
}

// leastMemoryMB is what a super node needs to serve anything.
const leastMemoryMB = 256

// configNames in the order in which they are looked for.
var configNames = []string{"supernode.toml", "supernode.json"}

func configDir(home string) string { return filepath.Join(home, "config") }

// LoadConfig reads the config of a home; what the file leaves out has its default. Unknown names are errors.
func LoadConfig(home string) (Config, error) {
	c := DefaultConfig()
	for _, name := range configNames {
		path := filepath.Join(configDir(home), name)
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return c, fmt.Errorf("reading config: %w", err)
		}
		if strings.HasSuffix(name, ".json") {
			decoder := json.NewDecoder(bytes.NewReader(data))
			decoder.DisallowUnknownFields()
			err = decoder.Decode(&c)
		} else {
			decoder := toml.NewDecoder(bytes.NewReader(data))
			decoder.DisallowUnknownFields()
			err = decoder.Decode(&c)
		}
		if err != nil {
			return c, fmt.Errorf("reading %s: %w", path, err)
		}
		if c.KeyringDir == "" {
			c.KeyringDir = home
		}
		if err := c.validate(); err != nil {
			return c, fmt.Errorf("reading %s: %w", path, err)
		}
		return c, nil
	}
	return c, fmt.Errorf("%s has no %s; make one with `orbchaind supernode init`", configDir(home), configNames[0])
}

// WriteConfig writes supernode.toml into a home that has none.
func WriteConfig(home string, c Config) error {
	if err := c.validate(); err != nil {
		return err
	}
	data, err := toml.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	if err := os.MkdirAll(configDir(home), 0o700); err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(configDir(home), configNames[0]), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

func (c Config) settleEvery() time.Duration {
	every, _ := time.ParseDuration(c.SettleEvery) // validate has parsed it
	return every
}

func (c Config) validate() error {
	if every, err := time.ParseDuration(c.SettleEvery); err != nil || every <= 0 {
		return fmt.Errorf("settle_every %q is not a positive duration", c.SettleEvery)
	}
	endpoint, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https":
		return fmt.Errorf("endpoint %q is not an http or https URL", c.Endpoint)
	case c.RPC == "" || c.GRPC == "" || c.Listen == "" || c.Attester == "":
		return errors.New("rpc, grpc, listen and attester must be set")
	case len(c.PeerListen) == 0:
		return errors.New("peer_listen must name an address")
	case c.MaxInFlight < 1:
		return fmt.Errorf("max_in_flight is %d, want at least 1", c.MaxInFlight)
	case c.MaxBodyBytes < fullRequest:
		return fmt.Errorf("max_body_bytes is %d, want at least %d", c.MaxBodyBytes, fullRequest)
	case c.HostMaxInFlight < 0 || c.HostMaxFunctions < 0:
		return fmt.Errorf("host_max_in_flight is %d and host_max_functions %d, want none or more", c.HostMaxInFlight, c.HostMaxFunctions)
	case c.MaxMemoryMB != 0 && c.MaxMemoryMB < leastMemoryMB:
		return fmt.Errorf("max_memory_mb is %d, want 0 or at least %d", c.MaxMemoryMB, leastMemoryMB)
	case c.MaxUploadBytes < 0 || c.MaxSponsored < 0:
		return fmt.Errorf("max_upload_bytes is %d and max_sponsored %d, want none or more", c.MaxUploadBytes, c.MaxSponsored)
	}
	return nil
}
