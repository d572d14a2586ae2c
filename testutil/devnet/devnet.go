// Package devnet runs a whole Orb network on loopback: validators, super nodes and nodes as separate processes of the real
// programs, each with its own home and ports. `orb devnet`, the demo and the end-to-end tests all stand on it.
package devnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node/chain"
)

// Options say what to start.
type Options struct {
	// Bin is the folder of the programs orbchaind and orb.
	Bin string
	// Home holds everything the network keeps. It is also a client home for orbchaind.
	Home string
	// Fresh removes what an earlier network left in Home; otherwise that network goes on.
	Fresh bool
	// Config is the path of a config.yml; empty takes the one built in.
	Config string
	// Genesis is merged into the genesis after the config's own overrides.
	Genesis map[string]any
	// Validators, each with a super node, and Nodes are counts.
	Validators, Nodes int
	// FreePorts takes any free ports instead of the well-known ones.
	FreePorts bool
	// BlockTime is the pause between blocks; 0 takes one second.
	BlockTime time.Duration
	// NodeFlags are further flags of `orb node init` for every node.
	NodeFlags []string
	// Place gives each process a machine of its own, by name: "validator-1", which its super node shares, or "node-2". Such a network cannot
	// be gone on with later. nil has everything on loopback.
	Place func(ctx context.Context, process string) (*Place, error)
	// Progress is told each step as it begins; nil is quiet.
	Progress func(step string)
}

// Place is where a process runs.
type Place struct {
	// Addr is the IP address at which others reach it.
	Addr string
	// Exec is what runs a command there when it precedes it, and Dial connects as a process there would.
	Exec []string
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Validator is a chain process and the super node beside it.
type Validator struct {
	*Process  `json:"-"`
	SuperNode *Process `json:"-"`

	// RPC, GRPC and REST address the chain; Gateway is the super node's base URL.
	RPC     string `json:"rpc"`
	GRPC    string `json:"grpc"`
	REST    string `json:"rest"`
	Gateway string `json:"gateway"`

	Ports []int `json:"ports"`

	place *Place
}

// Node is a host process.
type Node struct {
	*Process `json:"-"`
	// OrbID is known once the node has been started.
	OrbID string `json:"orb_id"`

	Ports []int `json:"ports"`

	place *Place
}

// Network is a running network.
type Network struct {
	ChainID string
	Home    string
	// Accounts maps key names in the home's test keyring to addresses.
	Accounts   map[string]string
	Validators []*Validator
	Nodes      []*Node

	opts   Options
	config Config
}

// ErrForeignHome says that a folder holds something that no devnet made.
var ErrForeignHome = errors.New("the folder is not empty and was not made by a devnet")

// Start brings a network up and returns when every process serves. On error nothing is left running.
func Start(ctx context.Context, opts Options) (_ *Network, err error) {
	if opts.Validators < 1 || opts.Nodes < 0 {
		return nil, fmt.Errorf("a network needs at least one validator and no negative number of nodes, got %d and %d", opts.Validators, opts.Nodes)
	}
	if opts.BlockTime < 0 {
		return nil, fmt.Errorf("the pause between blocks cannot be negative, got %s", opts.BlockTime)
	}
	if opts.BlockTime == 0 {
		opts.BlockTime = time.Second
	}
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	n := &Network{Home: opts.Home, Accounts: make(map[string]string), opts: opts}
	if n.config, err = LoadConfig(opts.Config); err != nil {
		return nil, err
	}
	n.ChainID = n.config.Genesis["chain_id"].(string) // LoadConfig has checked it

	defer func() {
		if err != nil {
			err = errors.Join(err, n.Stop())
		}
	}()
	resumed, err := n.openHome(ctx)
	if err != nil {
		return nil, err
	}
	if !resumed {
		opts.Progress("Making keys and genesis")
		if err := n.create(ctx); err != nil {
			return nil, err
		}
	}
	return n, n.run(ctx)
}

// openHome reports whether Home holds a network to go on with, and reads its manifest.
func (n *Network) openHome(ctx context.Context) (resumed bool, err error) {
	entries, err := os.ReadDir(n.Home)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return false, os.MkdirAll(n.Home, 0o700)
	}
	if err != nil {
		return false, fmt.Errorf("opening home: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(n.Home, manifestName))
	if err != nil {
		return false, fmt.Errorf("%w: %s; choose another with --home", ErrForeignHome, n.Home)
	}
	if n.opts.Place != nil && !n.opts.Fresh {
		return false, fmt.Errorf("%s holds a network, which cannot be given other places", n.Home)
	}
	if n.opts.Fresh {
		if err := os.RemoveAll(n.Home); err != nil {
			return false, fmt.Errorf("clearing home: %w", err)
		}
		return false, os.MkdirAll(n.Home, 0o700)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return false, fmt.Errorf("reading %s: %w; start anew with --fresh", manifestName, err)
	}
	if len(m.Validators) != n.opts.Validators || len(m.Nodes) != n.opts.Nodes {
		return false, fmt.Errorf("%s holds a network of %d validators and %d nodes; ask for the same, or start anew with --fresh",
			n.Home, len(m.Validators), len(m.Nodes))
	}
	n.ChainID, n.Accounts, n.Validators, n.Nodes = m.ChainID, m.Accounts, m.Validators, m.Nodes
	for _, v := range n.Validators {
		v.place = &here
	}
	for _, node := range n.Nodes {
		node.place = &here
	}
	return true, n.checkPorts(ctx)
}

// checkPorts tells early, and with the number, that something else listens where the network has to.
func (n *Network) checkPorts(ctx context.Context) error {
	var all []int
	for _, v := range n.Validators {
		all = append(all, v.Ports...)
	}
	for _, node := range n.Nodes {
		all = append(all, node.Ports...)
	}
	for _, port := range all {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return fmt.Errorf("port %d is taken; stop what uses it (an earlier devnet?), or start anew with --fresh --free-ports: %w", port, err)
		}
		listener.Close()
	}
	return nil
}

func (n *Network) create(ctx context.Context) error {
	if err := n.assignPlaces(ctx); err != nil {
		return err
	}
	// The manifest comes first: should the rest fail, the folder is still known as a devnet's.
	if err := n.writeManifest(); err != nil {
		return err
	}
	if err := n.writeClientConfig(); err != nil {
		return err
	}
	kr, err := chain.OpenKeyring(n.Home, chain.KeyringTest, nil)
	if err != nil {
		return err
	}
	coins, err := n.createAccounts(kr)
	if err != nil {
		return err
	}
	if err := n.createGenesis(ctx, coins); err != nil {
		return err
	}
	return n.writeManifest()
}

func (n *Network) run(ctx context.Context) error {
	if err := n.describe(ctx); err != nil {
		return err
	}
	n.opts.Progress(fmt.Sprintf("Starting %s", count(len(n.Validators), "validator")))
	for _, v := range n.Validators {
		if err := v.launch(); err != nil {
			return err
		}
	}
	for _, v := range n.Validators {
		if err := v.awaitReady(ctx); err != nil {
			return err
		}
	}
	n.opts.Progress(fmt.Sprintf("Starting %s", count(len(n.Validators), "super node")))
	var starts errgroup.Group
	for i, v := range n.Validators {
		starts.Go(func() error { return n.startSuperNode(ctx, i, v) })
	}
	if err := starts.Wait(); err != nil {
		return err
	}
	n.opts.Progress(fmt.Sprintf("Starting %s", count(len(n.Nodes), "node")))
	if err := n.startNodes(ctx); err != nil {
		return err
	}
	return n.writeManifest()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Stop ends every process, hosts first so that they can settle, and waits for them.
func (n *Network) Stop() error {
	var errs []error
	for _, group := range n.processes() {
		results := make(chan error, len(group))
		for _, p := range group {
			go func() { results <- p.Stop() }()
		}
		for range group {
			errs = append(errs, <-results)
		}
	}
	return errors.Join(errs...)
}

// processes returns all processes in the order in which they stop; those of one group stop together.
func (n *Network) processes() [][]*Process {
	var nodes, superNodes, validators []*Process
	for _, node := range n.Nodes {
		nodes = append(nodes, node.Process)
	}
	for _, v := range n.Validators {
		superNodes = append(superNodes, v.SuperNode)
		validators = append(validators, v.Process)
	}
	present := func(group []*Process) []*Process {
		return slices.DeleteFunc(group, func(p *Process) bool { return p == nil })
	}
	return [][]*Process{present(nodes), present(superNodes), present(validators)}
}

// orbchaind runs one command of the server software to its end and returns its output.
func (n *Network) orbchaind(ctx context.Context, args ...string) (string, error) {
	return n.command(ctx, "orbchaind", args...)
}

// Orbchaind runs one client command with the network's keys and returns its output.
func (n *Network) Orbchaind(ctx context.Context, args ...string) (string, error) {
	return n.orbchaind(ctx, append(args, "--home", n.Home)...)
}

// Orb runs one command of the client software and returns its output.
func (n *Network) Orb(ctx context.Context, args ...string) (string, error) {
	return n.command(ctx, "orb", args...)
}

// OrbAt is Orb at a node's place.
func (n *Network) OrbAt(ctx context.Context, node *Node, args ...string) (string, error) {
	return n.commandAt(ctx, node.place, "orb", args...)
}

func (n *Network) command(ctx context.Context, program string, args ...string) (string, error) {
	return n.commandAt(ctx, &here, program, args...)
}

func (n *Network) commandAt(ctx context.Context, place *Place, program string, args ...string) (string, error) {
	line := append(append(slices.Clone(place.Exec), filepath.Join(n.opts.Bin, program)), args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.SysProcAttr = childAttributes()
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

func (n *Network) validatorHome(i int) string {
	return filepath.Join(n.Home, "validators", fmt.Sprint(i))
}

func (n *Network) superNodeHome(i int) string {
	return filepath.Join(n.Home, "supernodes", fmt.Sprint(i))
}

func (n *Network) nodeHome(i int) string {
	return filepath.Join(n.Home, "nodes", fmt.Sprint(i))
}
