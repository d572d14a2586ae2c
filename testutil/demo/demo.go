// Package demo shows Orb's main job on a real network: two functions are deployed, verified, seeded, called, settled and paid. It
// checks its own books to the last uorb.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/testutil/devnet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	nodes   = 2
	plan    = "standard"
	callers = 4
	owner   = "alice"
	// patience bounds each wait for the network to do something by itself.
	patience = time.Minute
)

// Options say where the demo finds its parts and leaves its results.
type Options struct {
	// Bin is the folder of the programs.
	Bin string
	// Source is the folder of the repository, for the examples.
	Source string
	// Home is where the network keeps its files while it runs.
	Home string
	// Summary is the file to write the figures to.
	Summary string
	// Out gets the progress and the table; Terminal says that bars may be drawn on it.
	Out      io.Writer
	Terminal bool
}

// function is one of the two that the demo deploys.
type function struct {
	name  string
	price string
	input func(ctx context.Context, source string) ([]request, error)

	deployed functionstypes.Function
	version  functionstypes.Version
	inputs   []request
	failed   atomic.Uint64
}

// Run plays the whole demo. It returns an error when anything fails, books that do not balance included, and leaves no process
// behind either way.
func Run(ctx context.Context, opts Options) (err error) {
	d := &demo{Options: opts, functions: []*function{
		{name: "markdown", price: "50uorb", input: specExamples},
		{name: "thumbnail", price: "80uorb", input: pictures},
	}}
	defer func() {
		if d.network != nil {
			err = errors.Join(err, d.network.Stop())
		}
		err = errors.Join(err, os.RemoveAll(opts.Home))
	}()
	steps := []struct {
		title string
		run   func(context.Context) error
	}{
		{"Start a network: one validator with its super node, two nodes", d.start},
		{"Deploy two functions; the super node verifies them", d.deploy},
		{"Nodes seed them by their own policy", d.awaitSeeds},
		{"Call them over HTTP with real input", d.call},
		{"Hosts settle their receipts on chain", d.settle},
		{"Close the books", d.report},
	}
	began := time.Now()
	for i, step := range steps {
		d.say("[%d/%d] %s", i+1, len(steps), step.title)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	d.say("Done in %s.", time.Since(began).Round(time.Second/10))
	return nil
}

type demo struct {
	Options
	network   *devnet.Network
	chain     *chain.Client
	functions []*function
	// ownerBefore is the owner's balance after the deploys.
	ownerBefore math.Int
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format+"\n", args...) }

func (d *demo) note(format string, args ...any) { d.say("      "+format, args...) }

func (d *demo) start(ctx context.Context) (err error) {
	d.network, err = devnet.Start(ctx, devnet.Options{
		Bin: d.Bin, Home: d.Home, Fresh: true, Validators: 1, Nodes: nodes, FreePorts: true, BlockTime: 500 * time.Millisecond,
		Progress: func(step string) { d.note("%s", step) },
	})
	if err != nil {
		return err
	}
	v := d.network.Validators[0]
	d.chain, err = chain.Dial(ctx, chain.Config{RPC: v.RPC, GRPC: v.GRPC})
	return err
}

func (d *demo) deploy(ctx context.Context) error {
	for _, f := range d.functions {
		d.note("orbchaind tx functions deploy ./examples/%s --name %s --price %s --plan %s --from %s", f.name, f.name, f.price, plan, owner)
		out, err := d.network.Orbchaind(ctx, "tx", "functions", "deploy", filepath.Join(d.Source, "examples", f.name),
			"--name", f.name, "--price", f.price, "--plan", plan, "--from", owner, "--yes")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		answer, err := d.chain.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: f.name})
		if err != nil {
			return err
		}
		if answer.Function.Status != functionstypes.FUNCTION_STATUS_ACTIVE {
			return fmt.Errorf("%s is %s", f.name, answer.Function.Status)
		}
		f.deployed, f.version = answer.Function, answer.Version
		d.note("%s is ACTIVE as %s, complexity %d", f.name, f.deployed.Id, f.version.Complexity)
	}
	var err error
	d.ownerBefore, err = d.chain.Balance(ctx, d.network.Accounts[owner], functionstypes.Denom)
	return err
}

func (d *demo) awaitSeeds(ctx context.Context) error {
	for _, f := range d.functions {
		err := d.wait(ctx, func() (bool, error) {
			paid := 0
			answer, err := d.chain.Seeding().Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: f.deployed.Id})
			if err != nil {
				return false, err
			}
			for _, seed := range answer.Seeds {
				for _, node := range d.network.Nodes {
					if seed.Seed.OrbId == node.OrbID && seed.Seed.Paid {
						paid++
					}
				}
			}
			return paid == nodes, nil
		})
		if err != nil {
			return fmt.Errorf("waiting for seeds of %s: %w", f.name, err)
		}
		d.note("%s is seeded by %d nodes", f.name, nodes)
	}
	return nil
}

func (d *demo) wait(ctx context.Context, reached func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := reached()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (d *demo) call(ctx context.Context) error {
	for _, f := range d.functions {
		var err error
		if f.inputs, err = f.input(ctx, d.Source); err != nil {
			return fmt.Errorf("reading input of %s: %w", f.name, err)
		}
		began := time.Now()
		bar := d.bar(f.name, len(f.inputs))
		work := make(chan request)
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for r := range work {
					if err := d.request(ctx, f.name, r); err != nil {
						f.failed.Add(1)
						d.note("call failed: %v", err)
					}
					bar.add()
				}
			})
		}
		for _, input := range f.inputs {
			work <- input
		}
		close(work)
		wg.Wait()
		bar.end()
		if err := ctx.Err(); err != nil {
			return err
		}
		d.note("%s: %d requests, %d failed, %.0f per second", d.url(f.name), len(f.inputs), f.failed.Load(),
			float64(len(f.inputs))/time.Since(began).Seconds())
	}
	return nil
}

func (d *demo) url(name string) string { return d.network.Validators[0].Gateway + "/f/" + name }

func (d *demo) request(ctx context.Context, name string, r request) error {
	httpRequest, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url(name)+r.query, r.reader())
	if err != nil {
		return err
	}
	httpRequest.Header.Set("Content-Type", r.contentType)
	response, err := http.DefaultClient.Do(httpRequest)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return r.check(body)
}

// served is the number of requests of a function that gave a result.
func (f *function) served() uint64 { return uint64(len(f.inputs)) - f.failed.Load() }

func (d *demo) settle(ctx context.Context) error {
	for _, f := range d.functions {
		err := d.wait(ctx, func() (bool, error) {
			lanes, err := d.lanes(ctx, f)
			if err != nil {
				return false, err
			}
			var settled uint64
			for _, lane := range lanes {
				settled += lane.Redeemed
			}
			return settled >= f.served(), nil
		})
		if err != nil {
			return fmt.Errorf("waiting for the settlement of %s: %w", f.name, err)
		}
		d.note("%s: %d requests settled", f.name, f.served())
	}
	return nil
}

func (d *demo) lanes(ctx context.Context, f *function) ([]rewardstypes.Lane, error) {
	answer, err := d.chain.Rewards().Lanes(ctx, &rewardstypes.QueryLanesRequest{FunctionId: f.deployed.Id})
	if err != nil {
		return nil, err
	}
	return answer.Lanes, nil
}
