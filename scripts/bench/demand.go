package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/orbnetwork/orb/testutil/demand"
)

const (
	demandNodes = 8
	demandRate  = 50_000 // bytes a second of a node: seven are half loaded at the height of demand
)

// demandRise takes the time from a tenfold rise of the demand for a function until nodes enough host it, in a network of real processes.
func demandRise(ctx context.Context) (_ []result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin := filepath.Join(dir, "bin")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin+"/", "./cmd/orbchaind", "./cmd/orb").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building: %w\n%s", err, out)
	}
	r, err := demand.Run(ctx, demand.Options{Bin: bin, Home: filepath.Join(dir, "net"), Nodes: demandNodes, RateOut: demandRate})
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d to %d of %d nodes, the first after %.1f s; %d of %d calls failed; gone %.0f s after the last call",
		r.Before, r.Hosts, demandNodes, r.First.Seconds(), r.Failed, r.Calls, r.Left.Seconds())
	return []result{{"network.demand_rise_s", r.Enough.Seconds(), "s", note}}, nil
}
