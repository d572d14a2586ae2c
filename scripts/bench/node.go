package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	"github.com/orbnetwork/orb/testutil/fixture"
)

// hosting is a node in this process: what `orb node start` puts together, on a ledger.
type hosting struct {
	peers     *peer.Host
	artifacts *artifact.Store
	engine    *runtime.Engine
	host      *host.Host
}

// newNode starts a node that seeds all functions of a ledger. It holds their artifacts before, so that fetching is not part of what is measured.
func newNode(ctx context.Context, dir string, l *ledger, operator account, artifacts [][]byte) (_ *hosting, err error) {
	key := fixture.Key("node")
	s := new(hosting)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	if s.peers, err = peer.New(ctx, peer.Config{Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Reachability: peer.ReachabilityPublic}); err != nil {
		return nil, err
	}
	if s.artifacts, err = artifact.Open(ctx, artifact.Config{Dir: filepath.Join(dir, "artifacts")}, s.peers.Libp2p(), s.peers.Routing()); err != nil {
		return nil, err
	}
	for _, a := range artifacts {
		if _, err := s.artifacts.Put(ctx, a); err != nil {
			return nil, err
		}
	}
	if s.engine, err = runtime.New(ctx, runtime.Config{CacheDir: filepath.Join(dir, "cache")}); err != nil {
		return nil, err
	}
	if s.host, err = host.New(host.Config{
		Dir: dir, ChainID: fixture.ChainID, Key: key, Moniker: "bench", Addresses: s.peers.Addrs(),
		Functions: l.functions(), Seeding: l.seeding(), Rewards: l.rewards(), Sender: operator, Artifacts: s.artifacts,
		Load: func(ctx context.Context, artifact []byte, limits runtime.Limits) (host.Program, error) {
			return s.engine.Load(ctx, artifact, limits)
		},
		Log: slog.New(slog.DiscardHandler),
	}); err != nil {
		return nil, err
	}
	l.watch(s.host.Observe)
	s.peers.ServeInvoke(s.host)
	if err := s.host.Start(ctx, l.chain.Height()); err != nil {
		return nil, err
	}
	for n := s.host.Status().Functions; len(n) < len(artifacts); n = s.host.Status().Functions {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d functions seeded: %w", len(n), len(artifacts), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return s, nil
}

func (s *hosting) close(ctx context.Context) (err error) {
	if s.host != nil {
		err = s.host.Close(ctx)
	}
	if s.engine != nil {
		err = errors.Join(err, s.engine.Close(ctx))
	}
	if s.artifacts != nil {
		err = errors.Join(err, s.artifacts.Close())
	}
	if s.peers != nil {
		err = errors.Join(err, s.peers.Close())
	}
	return err
}

// memory measures what a node takes in this process beyond the chain's app, with as many functions as the flag says. It is started a second time, so
// that nothing is left to be written on chain. One run measures one number: what a process has once taken it does not give back all.
func memory(ctx context.Context) (_ []result, err error) {
	dir, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l := newLedger(4)
	var artifacts [][]byte
	for i := range *seeded {
		module := wasmtest.Echo(fmt.Sprint("function ", i))
		artifacts = append(artifacts, module)
		if _, err := l.deploy(fmt.Sprint("function-", i), module); err != nil {
			return nil, err
		}
	}
	operator := account{l, l.chain.Accounts[3]}
	first, err := newNode(ctx, dir, l, operator, artifacts)
	if err != nil {
		return nil, err
	}
	if err := first.close(ctx); err != nil {
		return nil, err
	}
	before, err := resident()
	if err != nil {
		return nil, err
	}
	s, err := newNode(ctx, dir, l, operator, artifacts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	after, err := resident()
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("functions of a few hundred bytes; the process with the chain's app had %.0f MiB before", mib(before))
	return []result{{fmt.Sprint("network.rss_", *seeded), mib(after - before), "MiB", note}}, nil
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
