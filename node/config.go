package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/node/peer"
)

// Config is <home>/config/node.toml. The comments are written into the file.
type Config struct {
	// The chain.
	RPC  string `toml:"rpc" comment:"CometBFT RPC of a chain node, for blocks and transactions."`
	GRPC string `toml:"grpc" comment:"gRPC of a chain node, for queries: host:port, or https://host:port."`

	// Keys.
	Operator       string `toml:"operator" comment:"Name of the operator account's key. It registers the node, sends proofs and settlements, and is paid."`
	KeyringBackend string `toml:"keyring_backend" comment:"Keyring that holds the key: file (encrypted; the passphrase is asked for, or in the file that ORB_KEYRING_PASSPHRASE_FILE names), os, or test (unprotected)."`
	KeyringDir     string `toml:"keyring_dir" comment:"Folder of the keyring; empty for the home."`
	GasPrices      string `toml:"gas_prices" comment:"What the operator pays for gas."`

	// Peers.
	Moniker       string   `toml:"moniker" comment:"Name of the node on chain."`
	PeerListen    []string `toml:"peer_listen" comment:"Multiaddrs to listen on for peers."`
	PeerAddresses []string `toml:"peer_addresses" comment:"Multiaddrs under which peers reach this node; empty for what it listens on."`
	Bootstrap     []string `toml:"bootstrap" comment:"Multiaddrs with /p2p of peers to join the network at, beside the super nodes on chain."`
	Reachability  string   `toml:"reachability" comment:"public or private when you know whether peers can open connections to this node; empty to find out."`

	// Status.
	StatusListen string `toml:"status_listen" comment:"Loopback address of the node's own status, for orb node status: host:port."`

	// Policy: which functions to seed.
	Manual           bool     `toml:"manual" comment:"true takes only the functions under seeds; see orb seed."`
	MinPrice         uint64   `toml:"min_price" comment:"Least price in uorb per million fuel of complexity; 0 takes any."`
	MaxArtifactBytes uint64   `toml:"max_artifact_bytes" comment:"Largest artifact to take; 0 is no bound."`
	MaxBytes         uint64   `toml:"max_bytes" comment:"Room on disk for all artifacts, in bytes; 0 is no bound."`
	MaxFunctions     int      `toml:"max_functions" comment:"Most functions to take; 0 is no bound."`
	Replicas         int      `toml:"replicas" comment:"Hosts that a function may have that the node still takes it unasked; 0 is no bound."`
	MirrorFor        string   `toml:"mirror_for" comment:"How long a function that is taken because its hosts are busy has to earn the gas of taking it before it is given up; 0s takes none."`
	AllowOwners      []string `toml:"allow_owners" comment:"Accounts whose functions are taken; empty for all."`
	DenyOwners       []string `toml:"deny_owners" comment:"Accounts whose functions are not taken."`
	Seeds            []string `toml:"seeds" comment:"Ids of functions that are taken whatever they pay."`
	NoSeeds          []string `toml:"no_seeds" comment:"Ids of functions that are never taken."`

	// Serving.
	MaxInFlight int    `toml:"max_in_flight" comment:"Requests that run or wait at once; 0 takes 32 per CPU."`
	MaxMemoryMB int64  `toml:"max_memory_mb" comment:"Memory that the node tries to stay in, in MB, an eighth of it for connections; 0 is no bound."`
	CPUPercent  int    `toml:"cpu_percent" comment:"Share of the machine's CPUs that functions may use; 100 is all."`
	MaxRateOut  int64  `toml:"max_rate_out" comment:"Bytes a second to peers beyond which requests are refused as busy; 0 is no bound."`
	SettleEvery string `toml:"settle_every" comment:"Longest time that earnings wait for settlement."`
	SettleAt    uint64 `toml:"settle_at" comment:"Earnings in uorb that are settled without waiting."`
	OpenOnly    bool   `toml:"open_only" comment:"Put up no bond: the node earns per request, and no hosting pay."`
	// SettleMargin keeps gas small beside earnings.
	SettleMargin uint64 `toml:"settle_margin" comment:"How many times its gas a settlement has to be worth; near the end of a lane, over settle_at and at the stop once is enough. 0 settles whatever it costs."`
}

// leastMemoryMB is what a node needs to serve anything.
const leastMemoryMB = 256

// DefaultConfig holds every default.
func DefaultConfig() Config {
	return Config{
		RPC:            "http://127.0.0.1:26657",
		GRPC:           "127.0.0.1:9090",
		Operator:       "operator",
		KeyringBackend: chain.KeyringFile,
		GasPrices:      chain.DefaultGasPrices,
		Moniker:        "node",
		PeerListen:     []string{"/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/udp/4001/quic-v1"},
		PeerAddresses:  []string{},
		Bootstrap:      []string{},
		Replicas:       8,
		MirrorFor:      "10m",
		AllowOwners:    []string{},
		DenyOwners:     []string{},
		Seeds:          []string{},
		NoSeeds:        []string{},
		StatusListen:   "127.0.0.1:4080",
		SettleEvery:    "30s",
		SettleAt:       1_000_000,
		CPUPercent:     100,
		SettleMargin:   10,
	}
}

func configPath(home string) string { return filepath.Join(home, "config", "node.toml") }

func keyPath(home string) string { return filepath.Join(home, "config", "node_key") }

// LoadConfig reads the config of a home; what the file leaves out has its default. Unknown names are errors.
func LoadConfig(home string) (Config, error) {
	c := DefaultConfig()
	data, err := os.ReadFile(configPath(home))
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("%s is not a node's home; make it one with `orb node init`", home)
	}
	if err != nil {
		return c, fmt.Errorf("reading config: %w", err)
	}
	decoder := toml.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("reading %s: %w", configPath(home), err)
	}
	if err := c.validate(); err != nil {
		return c, fmt.Errorf("reading %s: %w", configPath(home), err)
	}
	return c, nil
}

// WriteConfig writes node.toml into a home that has none.
func WriteConfig(home string, c Config) error {
	if _, err := os.Stat(configPath(home)); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("writing config: %s is there already", configPath(home))
	}
	return SaveConfig(home, c)
}

// SaveConfig replaces node.toml, whole. A running node takes the policy of it when it is told; the rest at its next start.
func SaveConfig(home string, c Config) error {
	if err := c.validate(); err != nil {
		return err
	}
	data, err := toml.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	path := configPath(home)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing config: %w", err)
	}
	return nil
}

func (c Config) validate() error {
	every, err := time.ParseDuration(c.SettleEvery)
	mirrorFor, mirrorErr := time.ParseDuration(c.MirrorFor)
	switch {
	case mirrorErr != nil || mirrorFor < 0:
		return fmt.Errorf("mirror_for %q is not a duration", c.MirrorFor)
	case c.Replicas < 0:
		return errors.New("replicas must not be negative")
	case err != nil || every <= 0:
		return fmt.Errorf("settle_every %q is not a positive duration", c.SettleEvery)
	case c.RPC == "" || c.GRPC == "" || c.Operator == "" || c.StatusListen == "":
		return errors.New("rpc, grpc, operator and status_listen must be set")
	case len(c.PeerListen) == 0:
		return errors.New("peer_listen must name an address")
	case c.MaxFunctions < 0 || c.MaxInFlight < 0 || c.MaxMemoryMB < 0 || c.MaxRateOut < 0:
		return errors.New("max_functions, max_in_flight, max_memory_mb and max_rate_out must not be negative")
	case c.MaxMemoryMB > 0 && c.MaxMemoryMB < leastMemoryMB:
		return fmt.Errorf("max_memory_mb is %d, want 0 or at least %d", c.MaxMemoryMB, leastMemoryMB)
	case c.CPUPercent < 1 || c.CPUPercent > 100:
		return fmt.Errorf("cpu_percent is %d, want 1 to 100", c.CPUPercent)
	}
	switch peer.Reachability(c.Reachability) {
	case peer.ReachabilityUnknown, peer.ReachabilityPublic, peer.ReachabilityPrivate:
	default:
		return fmt.Errorf("reachability %q is neither public nor private", c.Reachability)
	}
	return nil
}

func (c Config) settleEvery() time.Duration {
	every, _ := time.ParseDuration(c.SettleEvery) // validate has parsed it
	return every
}

func (c Config) mirrorFor() time.Duration {
	mirrorFor, _ := time.ParseDuration(c.MirrorFor) // validate has parsed it
	return mirrorFor
}

func (c Config) policy() host.Policy {
	return host.Policy{
		Manual: c.Manual, MinPrice: c.MinPrice, MaxArtifactBytes: c.MaxArtifactBytes, MaxBytes: c.MaxBytes, MaxFunctions: c.MaxFunctions, Replicas: c.Replicas,
		AllowOwners: c.AllowOwners, DenyOwners: c.DenyOwners, Always: c.Seeds, Never: c.NoSeeds,
	}
}

// announced are the addresses to register on chain: those configured, else those that the node listens on.
func (c Config) announced(listening []string) []string {
	if len(c.PeerAddresses) > 0 {
		return c.PeerAddresses
	}
	addresses := make([]string, 0, len(listening))
	for _, address := range listening {
		if strings.Contains(address, "/p2p-circuit") {
			continue // relays come and go; the DHT knows them
		}
		base, _, _ := strings.Cut(address, "/p2p/")
		addresses = append(addresses, base)
	}
	return addresses[:min(len(addresses), maxAddresses)]
}

// peerMemory is what connections may take of the node's memory, in bytes.
func (c Config) peerMemory() int64 { return c.MaxMemoryMB << 20 / 8 }

// limit makes the process stay in its share of the machine.
func (c Config) limit() {
	if c.MaxMemoryMB > 0 {
		debug.SetMemoryLimit(c.MaxMemoryMB << 20)
	}
	if c.CPUPercent < 100 {
		runtime.GOMAXPROCS(max(1, runtime.NumCPU()*c.CPUPercent/100))
	}
}

// budget is how much of the bandwidth is used that there is for peers, in per mille; nil when there is no bound.
func (c Config) budget(peers *peer.Host) func() uint32 {
	if c.MaxRateOut == 0 {
		return nil
	}
	return func() uint32 { return uint32(min(peers.RateOut()*1000/float64(c.MaxRateOut), 1000)) }
}
