// Package reliability runs Orb's real programs on hosts of their own (testutil/netns) under constant load, breaks what can break, and counts
// what that has cost: requests that failed, requests charged twice, and what hosts have served without pay.
package reliability

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/testutil/devnet"
	"github.com/orbnetwork/orb/testutil/netns"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	// Price of a request of either function, in uorb.
	Price = 10
	// deposit pays for far more requests than any run makes.
	deposit = "300000000uorb"
	// patience bounds each wait for the network to do something by itself.
	patience = 2 * time.Minute
)

// Options say what to build.
type Options struct {
	// Bin is the folder of the programs.
	Bin string
	// Home holds what the network keeps while it runs, and with Keep afterwards.
	Home string
	Keep bool
	// SuperNodes, each with a validator beside it; Hosts is how many nodes there are, of which the last Hidden are behind a NAT.
	SuperNodes, Hosts, Hidden int
	// Progress is told each step as it begins.
	Progress func(step string)
}

// Network is a running network, every process but validator and super node on a host of its own.
type Network struct {
	*devnet.Network
	Lab   *netns.Lab
	Chain *chain.Client
	// Open is served by the hosts that everybody reaches, Hidden by those behind a NAT.
	Open, Hidden functionstypes.Function

	opts     Options
	machines map[string]*netns.Host

	mu sync.Mutex
	// answered counts right answers to sponsored calls by the host that gave them, over the life of the network.
	answered map[string]uint64
}

// Start builds the network, with a public subscription to both functions, and returns when all hosts serve. It fails with
// netns.ErrUnavailable where there can be no hosts.
func Start(ctx context.Context, opts Options) (_ *Network, err error) {
	n := &Network{opts: opts, machines: make(map[string]*netns.Host), answered: make(map[string]uint64)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.Lab, err = netns.New(ctx); err != nil {
		return nil, err
	}
	if n.Network, err = devnet.Start(ctx, devnet.Options{
		Bin: opts.Bin, Home: opts.Home, Validators: opts.SuperNodes, Nodes: opts.Hosts, Place: n.place, BlockTime: 300 * time.Millisecond, Progress: opts.Progress,
	}); err != nil {
		return nil, err
	}
	if n.Chain, err = chain.Dial(ctx, chain.Config{RPC: n.Validators[0].RPC, GRPC: n.Validators[0].GRPC}); err != nil {
		return nil, err
	}
	opts.Progress("Deploying two functions, one for the hosts behind a NAT alone")
	for i, node := range n.Nodes {
		owner := "alice"
		if n.behindNAT(i) {
			owner = "bob"
		}
		if out, err := n.OrbAt(ctx, node, "node", "policy", "--allow-owners", n.Accounts[owner], "--home", node.Home); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
	}
	var deploys errgroup.Group
	deploys.Go(func() (err error) {
		n.Open, err = n.deploy(ctx, "echo-open", "alice", opts.Hosts-opts.Hidden)
		return err
	})
	deploys.Go(func() (err error) {
		n.Hidden, err = n.deploy(ctx, "echo-hidden", "bob", opts.Hidden)
		return err
	})
	return n, deploys.Wait()
}

func (n *Network) behindNAT(node int) bool { return node >= n.opts.Hosts-n.opts.Hidden }

// place puts a process on a new host.
func (n *Network) place(ctx context.Context, process string) (*devnet.Place, error) {
	add := n.Lab.Host
	if strings.HasPrefix(process, "node") && len(n.machines)-n.opts.SuperNodes >= n.opts.Hosts-n.opts.Hidden {
		add = n.Lab.HostBehindNAT
	}
	machine, err := add(ctx)
	if err != nil {
		return nil, err
	}
	n.machines[process] = machine
	return &devnet.Place{Addr: machine.Addr, Exec: machine.Exec(), Dial: machine.Dial}, nil
}

// Machine is the host that a process runs on.
func (n *Network) Machine(p *devnet.Process) *netns.Host { return n.machines[p.Name] }

// deploy waits until as many nodes seed the function as will, and returns it.
func (n *Network) deploy(ctx context.Context, name, owner string, seeds int) (functionstypes.Function, error) {
	var fn functionstypes.Function
	source := filepath.Join(n.Home, name)
	if err := devnet.WriteEcho(source, 0); err != nil {
		return fn, err
	}
	out, err := n.Orbchaind(ctx, "tx", "functions", "deploy", source, "--name", name, "--price", fmt.Sprintf("%duorb", Price), "--plan", "standard",
		"--from", owner, "--yes")
	if err != nil {
		return fn, fmt.Errorf("%w\n%s", err, out)
	}
	if out, err = n.Orb(ctx, "subscribe", name, "--public", "--deposit", deposit, "--from", owner, "--gateway", n.Validators[0].Gateway,
		"--home", n.Home); err != nil {
		return fn, fmt.Errorf("%w\n%s", err, out)
	}
	answer, err := n.Chain.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: name})
	if err != nil {
		return fn, err
	}
	fn = answer.Function
	return fn, Await(ctx, "hosts of "+name, func() (bool, error) {
		hosts, err := n.Chain.Seeding().Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: fn.Id})
		return err == nil && len(hosts.Seeds) >= seeds, err
	})
}

// Await polls until something has come about.
func Await(ctx context.Context, what string, reached func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := reached()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// Close ends all processes and removes all hosts and files.
func (n *Network) Close() error {
	var errs []error
	if n.Chain != nil {
		errs = append(errs, n.Chain.Close())
	}
	if n.Network != nil {
		errs = append(errs, n.Stop())
	}
	if n.Lab != nil {
		errs = append(errs, n.Lab.Close())
	}
	if !n.opts.Keep {
		errs = append(errs, os.RemoveAll(n.opts.Home))
	}
	return errors.Join(errs...)
}
