// Package node assembles a host process: peers, artifacts, runtime, chain and host.
package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/demand"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/orbid"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// closeTimeout is how long a node may take to finish requests and settle.
	closeTimeout = 12 * time.Second
	// maxAddresses is what the chain takes for one node.
	maxAddresses = 16
	// maxSuperNodes bounds the super nodes that a node joins at.
	maxSuperNodes = 32
)

// Init makes home a node's home and returns the Orb ID of its key.
func Init(home string, cfg Config) (string, error) {
	if err := WriteConfig(home, cfg); err != nil {
		return "", err
	}
	return ID(home)
}

// ID is the Orb ID of a home's node key, which is made when there is none.
func ID(home string) (string, error) {
	key, err := client.LoadKey(keyPath(home))
	if err != nil {
		return "", err
	}
	return orbid.FromKey(key.Public().(ed25519.PublicKey)), nil
}

// Run runs a node until ctx ends, then finishes what is under way and settles. chain.OpenKeyring says where the keyring's passphrase comes from.
func Run(ctx context.Context, home string, cfg Config) (err error) {
	key, err := client.LoadKey(keyPath(home))
	if err != nil {
		return err
	}
	cfg.limit()
	client, err := chain.Dial(ctx, chain.Config{RPC: cfg.RPC, GRPC: cfg.GRPC})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if err := client.AwaitHeight(ctx, 1); err != nil {
		return err
	}
	keyring, err := cfg.keyring(home)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	bootstrap, err := SuperNodes(ctx, client.Functions())
	if err != nil {
		return err
	}
	peers, err := peer.New(ctx, peer.Config{
		Key: key, Listen: cfg.PeerListen, Bootstrap: append(slices.Clone(cfg.Bootstrap), bootstrap...), Dir: home,
		Reachability: peer.Reachability(cfg.Reachability), MaxMemory: cfg.peerMemory(), Registerer: registry,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peers.Close()) }()
	addresses := cfg.announced(peers.Addrs())
	if err := introduce(ctx, client, keyring, cfg, key, addresses); err != nil {
		return err
	}
	operator, err := chain.Address(keyring, cfg.Operator)
	if err != nil {
		return err
	}
	granter, granted, err := client.Allowance(ctx, operator.String())
	if err != nil {
		return err
	}
	sender, err := chain.NewSender(client, keyring, cfg.Operator, chain.SenderConfig{GasPrices: cfg.GasPrices, FeeGranter: granter, Granted: granted})
	if err != nil {
		return err
	}
	defer sender.Close()
	artifacts, err := artifact.Open(ctx, artifact.Config{Dir: filepath.Join(home, "artifacts")}, peers.Libp2p(), peers.Routing())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, artifacts.Close()) }()
	engine, err := runtime.New(ctx, runtime.Config{CacheDir: filepath.Join(home, "cache")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close(context.WithoutCancel(ctx))) }()

	h, err := host.New(host.Config{
		Dir: home, ChainID: client.ChainID(), Key: key, Moniker: cfg.Moniker, Addresses: addresses, Policy: cfg.policy(),
		Functions: client.Functions(), Seeding: client.Seeding(), Rewards: client.Rewards(), Sender: sender, Artifacts: artifacts,
		Load: func(ctx context.Context, artifact []byte, limits runtime.Limits) (host.Program, error) {
			return engine.Load(ctx, artifact, limits)
		},
		MaxInFlight: cfg.MaxInFlight, Budget: cfg.budget(peers), Registerer: registry, SettleEvery: cfg.settleEvery(), SettleAt: cfg.SettleAt, SettleMargin: cfg.SettleMargin,
		OpenOnly: cfg.OpenOnly, Nodes: peers.NetworkSize, MirrorFor: cfg.mirrorFor(),
	})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err = errors.Join(err, h.Close(closing))
	}()
	return serve(ctx, home, cfg, client, peers, h, registry)
}

// serve joins chain, peers and host until ctx ends.
func serve(ctx context.Context, home string, cfg Config, client *chain.Client, peers *peer.Host, h *host.Host, registry *prometheus.Registry) error {
	height, err := client.Height(ctx)
	if err != nil {
		return err
	}
	hints, err := peers.Subscribe(ctx, peer.TopicActivations, func(_ string, data []byte) bool {
		_, err := functionstypes.ParseFunctionID(string(data))
		return err == nil
	})
	if err != nil {
		return err
	}
	var tasks sync.WaitGroup
	defer tasks.Wait()
	heeding, stop := context.WithCancel(ctx)
	defer stop()
	tasks.Go(func() {
		if err := demand.Heed(heeding, peers, client.Functions(), h.Demand); err != nil {
			slog.Error("demand is not heard", "error", err)
		}
	})
	// Callers come as soon as the node is on chain.
	peers.ServeInvoke(h)
	peers.ServeChallenges(h.Show)
	if err := peers.Join(ctx); err != nil {
		return err
	}
	if err := h.Start(ctx, height); err != nil {
		return err
	}
	l := &local{home: home, chain: client, host: h, peers: peers, registry: registry}
	status, err := l.serve(ctx, cfg.StatusListen)
	if err != nil {
		return err
	}
	defer status.Close()
	slog.Info("node started", "orb_id", h.ID(), "addresses", peers.Addrs())
	blocks := client.Blocks(ctx, height+1)
	for {
		select {
		case block, open := <-blocks:
			if !open {
				return nil
			}
			h.Observe(block)
		case hint, open := <-hints:
			if !open {
				hints = nil
				continue
			}
			h.Hint(string(hint.Data))
		}
	}
}

// SuperNodes returns multiaddrs with /p2p of the super nodes on chain, to meet peers at.
func SuperNodes(ctx context.Context, functions functionstypes.QueryClient) ([]string, error) {
	answer, err := functions.SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Pagination: &query.PageRequest{Limit: maxSuperNodes}})
	if err != nil {
		return nil, fmt.Errorf("asking the chain for super nodes: %w", err)
	}
	var addresses []string
	for _, s := range answer.SuperNodes {
		for _, address := range s.Addresses {
			addresses = append(addresses, address+"/p2p/"+s.OrbId)
		}
	}
	return addresses, nil
}
