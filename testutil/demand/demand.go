// Package demand has the demand for a function rise tenfold in a network of real processes, and takes the time until enough of its nodes have
// stepped in as hosts. End-to-end tests and benchmarks stand on it.
package demand

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/testutil/devnet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	name = "busy"
	// body is the size of requests and responses in bytes: all that the fuel limit of the function allows.
	body = 4000
	// calmRate and rise are calls a second before, and how many times as many there are after.
	calmRate = 4
	rise     = 10
	// calm is for how long the one host has the calls to itself.
	calm = 4 * time.Second
	// steady is for how long the hosts have to stay as they are and serve every call to be enough: longer than demand is silent.
	steady = balance.Beat + time.Second
	// mirrorFor is for how long a node that has stepped in stays with too few calls.
	mirrorFor = "6s"
	price     = "200uorb"
	deposit   = "20000000uorb"
	poll      = 200 * time.Millisecond
)

// Options of a run.
type Options struct {
	// Bin is the folder of the programs orbchaind and orb, and Home an empty folder for the network.
	Bin, Home string
	// Nodes that there are, the first host among them.
	Nodes int
	// RateOut is what a node may send to peers, in bytes a second; all calls together want 16,000 before and 160,000 after the rise. Bandwidth is
	// what gets short: so many processes on one machine would be short of CPU time together.
	RateOut int
	// Progress is told each step as it begins.
	Progress func(step string)
}

// Result of a run.
type Result struct {
	// Calls that were made, and those of them that failed, the last one with Failure.
	Calls, Failed int
	Failure       error
	// Before is how many nodes hosted the function at the end of the calm, and Hosts how many did when they were enough.
	Before, Hosts int
	// First is the time from the rise until the chain has a further node as a host, and Enough until no more come and the nodes serve every call.
	First, Enough time.Duration
	// Serving is how many nodes have served calls after the rise.
	Serving int
	// Left is the time from the last call until the first host is the only one again.
	Left time.Duration
}

// Run starts a network, lets demand rise and end, and stops the network.
func Run(ctx context.Context, opts Options) (_ *Result, err error) {
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	network, err := devnet.Start(ctx, devnet.Options{
		Bin: opts.Bin, Home: opts.Home, Validators: 1, Nodes: opts.Nodes, FreePorts: true, BlockTime: 300 * time.Millisecond, Progress: opts.Progress,
		NodeFlags: []string{"--manual", "--replicas", "1", "--mirror-for", mirrorFor, "--max-rate-out", fmt.Sprint(opts.RateOut)},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, network.Stop()) }()
	v := network.Validators[0]
	client, err := chain.Dial(ctx, chain.Config{RPC: v.RPC, GRPC: v.GRPC})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	r := &run{Options: opts, network: network, chain: client}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	return r.measure(ctx)
}

type run struct {
	Options
	network  *devnet.Network
	chain    *chain.Client
	function string
}

// prepare deploys the function and has the first node host it. From then on the others step in when they are called for.
func (r *run) prepare(ctx context.Context) error {
	r.Progress("Deploying a function")
	source := filepath.Join(r.Home, "echo")
	if err := devnet.WriteEcho(source, 0); err != nil {
		return err
	}
	if out, err := r.network.Orbchaind(ctx, "tx", "functions", "deploy", source, "--name", name, "--price", price, "--from", "alice", "--yes"); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	answer, err := r.chain.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: name})
	if err != nil {
		return err
	}
	r.function = answer.Function.Id
	gateway := r.network.Validators[0].Gateway
	if out, err := r.network.Orb(ctx, "subscribe", name, "--public", "--deposit", deposit, "--from", "alice", "--gateway", gateway, "--home", r.Home); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if out, err := r.network.Orb(ctx, "seed", "add", name, "--home", r.network.Nodes[0].Home); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := r.await(ctx, func(hosts int) bool { return hosts == 1 }); err != nil {
		return err
	}
	for _, node := range r.network.Nodes[1:] {
		if out, err := r.network.Orb(ctx, "node", "policy", "--manual=false", "--home", node.Home); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
}

// hosts counts the nodes that the chain has as hosts; the super node is left out.
func (r *run) hosts(ctx context.Context) (int, error) {
	answer, err := r.chain.Seeding().Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: r.function})
	if err != nil {
		return 0, err
	}
	count := 0
	for _, seed := range answer.Seeds {
		if r.isNode(seed.Seed.OrbId) {
			count++
		}
	}
	return count, nil
}

func (r *run) isNode(orbID string) bool {
	for _, node := range r.network.Nodes {
		if node.OrbID == orbID {
			return true
		}
	}
	return false
}

// await waits until as many nodes are hosts as enough wants.
func (r *run) await(ctx context.Context, enough func(hosts int) bool) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		hosts, err := r.hosts(ctx)
		if err != nil {
			return err
		}
		if enough(hosts) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d nodes host the function: %w", hosts, ctx.Err())
		}
	}
}

func (r *run) measure(ctx context.Context) (*Result, error) {
	r.Progress(fmt.Sprintf("Making %d calls a second", calmRate))
	var result Result
	load := r.call(ctx, calmRate)
	err := sleep(ctx, calm)
	load.stop(&result)
	if err != nil {
		return nil, err
	}
	if result.Before, err = r.hosts(ctx); err != nil {
		return nil, err
	}

	r.Progress(fmt.Sprintf("Making %d calls a second", rise*calmRate))
	start := time.Now()
	load = r.call(ctx, rise*calmRate)
	err = r.rise(ctx, load, start, &result)
	load.stop(&result)
	if err != nil {
		return nil, err
	}
	result.Serving = len(load.served)

	r.Progress("Making no calls")
	start = time.Now()
	if err := r.await(ctx, func(hosts int) bool { return hosts <= 1 }); err != nil {
		return nil, err
	}
	result.Left = time.Since(start)
	return &result, nil
}

// rise watches how hosts follow the demand.
func (r *run) rise(ctx context.Context, load *load, start time.Time, result *Result) error {
	last := start
	result.Hosts = result.Before
	for {
		hosts, err := r.hosts(ctx)
		if err != nil {
			return err
		}
		if hosts > result.Before && result.First == 0 {
			result.First = time.Since(start)
		}
		if hosts != result.Hosts {
			result.Hosts, last = hosts, time.Now()
		}
		if other := load.elsewhere(); other.After(last) {
			last = other
		}
		if hosts > result.Before && time.Since(last) > steady {
			result.Enough = last.Sub(start)
			return nil
		}
		if err := sleep(ctx, poll); err != nil {
			return fmt.Errorf("%d nodes host the function, %w: %w", hosts, load.last(), err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
