package reliability

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/testutil/netns"
)

// Plan is how long and how hard a run is.
type Plan struct {
	// Rate is how many requests a second are made, from the first phase to the last.
	Rate int
	// Calm is the length of a phase in which nothing is broken, Broken of one in which something is; Cut is that of the cut.
	Calm, Broken, Cut time.Duration
	// Latency is added to every packet and LossPerMille of them are lost, in the phase about that.
	Latency      time.Duration
	LossPerMille int
	// Idle is for how long the network is watched after a minute without load, for what grows; 0 leaves that out.
	Idle time.Duration
}

// Result of a run.
type Result struct {
	Rate   int      `json:"requests_per_second"`
	Hosts  int      `json:"hosts"`
	Hidden int      `json:"hosts_behind_nat"`
	Supers int      `json:"super_nodes"`
	Phases []*Phase `json:"phases"`
	Failed int      `json:"failed"`
	Resent int      `json:"resent"`
	Books  Books    `json:"books"`
	Idle   []Idle   `json:"idle,omitempty"`
}

// Err names the goals that were missed.
func (r *Result) Err() error {
	var errs []error
	if r.Failed > 0 {
		errs = append(errs, fmt.Errorf("%d requests failed", r.Failed))
	}
	if r.Books.ChargedTwice > 0 {
		errs = append(errs, fmt.Errorf("%d requests were charged twice", r.Books.ChargedTwice))
	}
	if r.Books.BeyondCredit > 0 {
		errs = append(errs, fmt.Errorf("hosts have lost %d uorb beyond the credit", r.Books.BeyondCredit))
	}
	for _, i := range r.Idle {
		if i.Grown() {
			errs = append(errs, fmt.Errorf("%s grows without load: %+v", i.Process, i))
		}
	}
	return errors.Join(errs...)
}

// Run breaks the network in all ways of the plan, one after the other, under constant load, and mends it.
func (n *Network) Run(ctx context.Context, plan Plan) (_ *Result, err error) {
	n.WarmUp(ctx)
	r := &run{Network: n, plan: plan, load: n.StartLoad(ctx, plan.Rate), breaks: make(map[string]int)}
	r.result = &Result{Rate: plan.Rate, Hosts: len(n.Nodes), Hidden: n.opts.Hidden, Supers: len(n.Validators)}
	err = r.phases(ctx)
	r.load.Stop()
	if err != nil {
		return nil, err
	}
	for _, phase := range r.result.Phases {
		phase.finish()
		r.result.Failed += phase.Failed
		r.result.Resent += phase.Resent
	}
	n.opts.Progress("Waiting for settlements")
	if r.result.Books, err = n.Settle(ctx, func(id string) int { return r.everywhere + r.breaks[id] }); err != nil || plan.Idle == 0 {
		return r.result, err
	}
	n.opts.Progress("Idle")
	r.result.Idle, err = n.Idle(ctx, plan.Idle)
	return r.result, err
}

// WarmUp calls both functions through every gateway until lanes are open to hosts.
func (n *Network) WarmUp(ctx context.Context) {
	n.opts.Progress("Opening lanes")
	l := n.StartLoad(ctx, 30)
	sleep(ctx, 5*time.Second)
	l.Stop()
}

type run struct {
	*Network
	plan   Plan
	load   *Load
	result *Result
	// breaks counts how often a host's connections were broken on purpose, and everywhere those of all hosts.
	breaks     map[string]int
	everywhere int
}

func (r *run) enter(name string) {
	r.opts.Progress(name)
	r.result.Phases = append(r.result.Phases, r.load.Enter(name))
}

func (r *run) phases(ctx context.Context) error {
	r.enter("calm")
	sleep(ctx, r.plan.Calm)
	for _, breakAndMend := range []func(context.Context) error{r.kill, r.cut, r.restart, r.impair} {
		if err := breakAndMend(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// kill ends a third of the hosts, of each kind, as a power cut would.
func (r *run) kill(ctx context.Context) error {
	var killed []int
	for i := range r.Nodes {
		if i%3 == 0 {
			killed = append(killed, i)
		}
	}
	r.enter(fmt.Sprintf("%d of %d hosts killed", len(killed), len(r.Nodes)))
	for _, i := range killed {
		if err := r.Nodes[i].Kill(); err != nil {
			return err
		}
		r.breaks[r.Nodes[i].OrbID]++
	}
	sleep(ctx, r.plan.Broken)
	r.enter("killed hosts start again")
	var starts errgroup.Group
	for _, i := range killed {
		starts.Go(func() error { return r.Nodes[i].Start(ctx) })
	}
	if err := starts.Wait(); err != nil {
		return err
	}
	sleep(ctx, r.plan.Calm)
	return nil
}

// cut drops everything between two halves, each with super nodes and with hosts of each kind. Neither half has two thirds of the stake when
// there are three validators, so the chain stands still.
func (r *run) cut(ctx context.Context) error {
	var halves [2][]*netns.Host
	for i, v := range r.Validators {
		halves[i%2] = append(halves[i%2], r.Machine(v.Process))
	}
	for i, node := range r.Nodes {
		halves[i%2] = append(halves[i%2], r.Machine(node.Process))
	}
	r.enter(fmt.Sprintf("network cut in halves for %s", r.plan.Cut))
	if err := r.Lab.Cut(ctx, halves[0], halves[1]); err != nil {
		return err
	}
	r.everywhere++
	sleep(ctx, r.plan.Cut)
	r.enter("halves joined again")
	if err := r.Lab.Mend(ctx); err != nil {
		return err
	}
	sleep(ctx, r.plan.Calm)
	return nil
}

func (r *run) restart(ctx context.Context) error {
	r.enter("super nodes restart in turn")
	for _, v := range r.Validators {
		if err := v.SuperNode.Restart(ctx); err != nil {
			return err
		}
		r.everywhere++
		sleep(ctx, r.plan.Broken/4)
	}
	return nil
}

func (r *run) impair(ctx context.Context) error {
	r.enter(fmt.Sprintf("%s more latency each way, %.1f%% loss", r.plan.Latency, float64(r.plan.LossPerMille)/10))
	if err := r.Lab.Impair(ctx, r.plan.Latency, r.plan.LossPerMille); err != nil {
		return err
	}
	r.everywhere++
	sleep(ctx, r.plan.Broken)
	r.enter("calm again")
	if err := r.Lab.Mend(ctx); err != nil {
		return err
	}
	sleep(ctx, r.plan.Calm)
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Print writes the figures as a table.
func (r *Result) Print(to io.Writer) {
	if len(r.Phases) > 0 {
		r.printPhases(to)
	}
	for _, i := range r.Idle {
		fmt.Fprintf(to, "%-12s without load: %s after a minute, %s at the end\n", i.Process, i.First, i.Last)
	}
}

func (r *Result) printPhases(to io.Writer) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "phase\tseconds\trequests\tfailed\tresent\tp50 ms\tp99 ms\tmax ms")
	for _, p := range r.Phases {
		fmt.Fprintf(table, "%s\t%.0f\t%d\t%d\t%d\t%.1f\t%.1f\t%.0f\n", p.Name, p.Seconds, p.Requests, p.Failed, p.Resent, p.P50, p.P99, p.Max)
	}
	table.Flush()
	b := r.Books
	fmt.Fprintf(to, "answered %d, paid %d, charged twice %d, unpaid %d (%d uorb; most of one host %d), beyond the credit %d uorb\n",
		b.Answered, b.Paid, b.ChargedTwice, b.Unpaid, b.UnpaidUorb, b.MostUnpaid, b.BeyondCredit)
}
