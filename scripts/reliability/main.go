//go:build linux

// Command reliability runs a network of real processes on hosts of their own under constant load, breaks it, and writes what that has cost into
// build/reliability/results.json. It needs root.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/orbnetwork/orb/testutil/reliability"
)

func main() {
	rate := flag.Int("rate", 200, "requests a second")
	idle := flag.Duration("idle", 2*time.Minute, "how long the network is watched without load, after a minute of it; 0 leaves that out")
	onlyIdle := flag.Bool("only-idle", false, "break nothing: call for some seconds, then watch without load")
	keep := flag.Bool("keep", false, "leave the network's files, with its logs, where they are")
	out := flag.String("out", filepath.Join("build", "reliability"), "folder for results.json")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	plan := reliability.Plan{
		Rate: *rate, Calm: 20 * time.Second, Broken: 20 * time.Second, Cut: 30 * time.Second, Latency: 50 * time.Millisecond, LossPerMille: 10,
		Idle: *idle,
	}
	err := run(ctx, plan, *onlyIdle, *keep, *out)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "reliability:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, plan reliability.Plan, onlyIdle, keep bool, out string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	home, err := os.MkdirTemp("", "orb-reliability-")
	if err != nil {
		return err
	}
	began := time.Now()
	network, err := reliability.Start(ctx, reliability.Options{
		Bin: "build", Home: home, Keep: keep, SuperNodes: 3, Hosts: 10, Hidden: 2,
		Progress: func(step string) { fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), step) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, network.Close()) }()
	path := filepath.Join(out, "results.json")
	result := new(reliability.Result)
	if onlyIdle {
		path = filepath.Join(out, "idle.json")
		network.WarmUp(ctx)
		result.Idle, err = network.Idle(ctx, plan.Idle)
	} else {
		result, err = network.Run(ctx, plan)
	}
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return err
	}
	result.Print(os.Stdout)
	fmt.Println("written to", path)
	return result.Err()
}
