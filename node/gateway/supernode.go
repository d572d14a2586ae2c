package gateway

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/node/verify"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	shutdownGrace = 8 * time.Second
	// ownSeedAfter gives nodes the first chance at a new function's paid seeds. The super node's own host is there for what nobody
	// else serves.
	ownSeedAfter = 20 * time.Second
	// hostPatience is how long a call waits for a first host, and hostRetry how often it looks.
	hostPatience = 20 * time.Second
	// busyPatience is how long a call waits while every host refuses: hosts that are stopping do, until they have gone.
	busyPatience = 3 * time.Second
	hostRetry    = 250 * time.Millisecond
	// contactsPage is how many super nodes are asked for, to meet peers at.
	contactsPage = 100
	// maxAddresses is what the chain takes for one node.
	maxAddresses = 16
	// registrationPoll is how often a super node that is not registered looks again.
	registrationPoll = time.Second
)

func publicKey(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// superNode is the process, in the order in which it is built.
type superNode struct {
	cfg    Config
	log    *slog.Logger
	chain  *chain.Client
	sender *chain.Sender
	peers  *peer.Host
	store  *artifact.Store
	engine *runtime.Engine
	own    *host.Host
	client *client.Client
	server *Server
	// registry holds the metrics of all parts.
	registry *prometheus.Registry

	// closers end what was built, last first.
	closers []func(context.Context) error
}

// Run is `orbchaind supernode start`: it serves until ctx ends, then lets calls finish, receipts go out and earnings settle.
func Run(ctx context.Context, home string, cfg Config, log *slog.Logger) (err error) {
	s := &superNode{cfg: cfg, log: log, registry: prometheus.NewRegistry()}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		defer cancel()
		for _, closer := range slices.Backward(s.closers) {
			err = errors.Join(err, closer(grace))
		}
	}()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening for HTTP: %w", err)
	}
	s.closing(func(context.Context) error { listener.Close(); return nil })
	height, err := s.build(ctx, home)
	if err != nil {
		return err
	}
	var tasks sync.WaitGroup
	defer tasks.Wait()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop() // blocks are followed until the last call has ended
	tasks.Go(func() { s.follow(running, height) })
	tasks.Go(func() { s.announce(running) })
	tasks.Go(func() {
		if err := s.attest(running, filepath.Join(home, "data", "attestations")); err != nil && running.Err() == nil {
			log.Error("claims are not attested", "error", err)
		}
	})

	server := &http.Server{
		Handler:           s.server,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      callTimeout + time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("super node serves", "endpoint", cfg.Endpoint, "listen", cfg.Listen, "orb_id", s.peers.ID(), "attester", s.sender.Address())
	return s.server.serve(ctx, server, func() error { return server.Serve(listener) })
}

func (s *superNode) closing(f func(context.Context) error) { s.closers = append(s.closers, f) }

// build makes all parts and returns the height that their view of the chain begins at.
func (s *superNode) build(ctx context.Context, home string) (int64, error) {
	data := filepath.Join(home, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return 0, fmt.Errorf("opening home: %w", err)
	}
	nodeKey, err := client.LoadKey(nodeKeyPath(home))
	if err != nil {
		return 0, err
	}
	sessionKey, err := client.LoadKey(filepath.Join(configDir(home), "session_key"))
	if err != nil {
		return 0, err
	}
	// The lock on this file keeps a second process out of the home, and so from the session key.
	db, err := bolt.Open(filepath.Join(data, "gateway.db"), 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return 0, fmt.Errorf("opening %s/gateway.db (is another super node using it?): %w", data, err)
	}
	s.closing(func(context.Context) error { return db.Close() })

	if s.chain, err = chain.Dial(ctx, chain.Config{RPC: s.cfg.RPC, GRPC: s.cfg.GRPC}); err != nil {
		return 0, err
	}
	s.closing(func(context.Context) error { return s.chain.Close() })
	if err := s.chain.AwaitHeight(ctx, 1); err != nil {
		return 0, err
	}
	height, err := s.chain.Height(ctx)
	if err != nil {
		return 0, err
	}
	kr, err := chain.OpenKeyring(s.cfg.KeyringDir, s.cfg.KeyringBackend, os.Stdin)
	if err != nil {
		return 0, err
	}
	if s.sender, err = chain.NewSender(s.chain, kr, s.cfg.Attester, chain.SenderConfig{GasPrices: s.cfg.GasPrices}); err != nil {
		return 0, err
	}
	s.closing(func(context.Context) error { s.sender.Close(); return nil })

	if s.cfg.MaxMemoryMB > 0 {
		debug.SetMemoryLimit(s.cfg.MaxMemoryMB << 20)
	}
	contacts, err := s.contacts(ctx)
	if err != nil {
		return 0, err
	}
	if s.peers, err = peer.New(ctx, peer.Config{
		Key: nodeKey, Listen: s.cfg.PeerListen, Bootstrap: contacts, Dir: data, Super: true, MaxMemory: s.cfg.MaxMemoryMB << 20 / 8, Registerer: s.registry,
	}); err != nil {
		return 0, err
	}
	s.closing(func(context.Context) error { return s.peers.Close() })
	if s.store, err = artifact.Open(ctx, artifact.Config{Dir: filepath.Join(data, "artifacts")}, s.peers.Libp2p(), s.peers.Routing()); err != nil {
		return 0, err
	}
	s.closing(func(context.Context) error { return s.store.Close() })
	if s.engine, err = runtime.New(ctx, runtime.Config{CacheDir: filepath.Join(data, "compiled")}); err != nil {
		return 0, err
	}
	s.closing(s.engine.Close)
	return height, s.buildServices(ctx, data, db, nodeKey, sessionKey, height)
}

// buildServices makes what serves and calls functions.
func (s *superNode) buildServices(ctx context.Context, data string, db *bolt.DB, nodeKey, sessionKey ed25519.PrivateKey, height int64) error {
	addresses, err := s.cfg.announced()
	if err != nil {
		addresses = withoutPeer(s.peers.Addrs())
	}
	s.own, err = host.New(host.Config{
		Dir: data, ChainID: s.chain.ChainID(), Key: nodeKey, Moniker: s.cfg.Moniker, Addresses: addresses,
		Functions: s.chain.Functions(), Seeding: s.chain.Seeding(), Rewards: s.chain.Rewards(),
		Sender: s.sender, Artifacts: s.store, SettleEvery: s.cfg.settleEvery(), SettleMargin: s.cfg.SettleMargin, Registerer: s.registry, Log: s.log,
		Policy: host.Policy{MaxFunctions: s.cfg.HostMaxFunctions, MaxBytes: s.cfg.HostMaxBytes}, MaxInFlight: s.cfg.HostMaxInFlight,
		OpenOnly: true, // base replicas are for other people's machines
		Load: func(ctx context.Context, data []byte, limits runtime.Limits) (host.Program, error) {
			return s.engine.Load(ctx, data, limits)
		},
	})
	if err != nil {
		return err
	}
	s.closing(s.own.Close)
	s.peers.ServeInvoke(s.own)
	s.peers.ServeChallenges(s.own.Show)
	if err := s.peers.Join(ctx); err != nil {
		return err
	}

	s.client, err = client.New(client.Config{
		ChainID: s.chain.ChainID(), Height: height, SessionKey: sessionKey, Opener: s.sender.Address(),
		Functions: s.chain.Functions(), Seeding: s.chain.Seeding(), Rewards: s.chain.Rewards(),
		Sender: s.sender, Dialer: dialer{s.peers, s.own}, Challenger: s.peers, Own: s.own.ID(), Registerer: s.registry, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.closing(s.client.Close)
	if s.server, err = newServer(s.cfg, parts{
		chainID: s.chain.ChainID(), attester: s.sender.Address(), orbID: s.own.ID(),
		chain: chainQueries{s.chain}, caller: rescuer{s.client, s.own}, store: s.store, sender: s.sender, db: db, registry: s.registry, log: s.log,
	}); err != nil {
		return err
	}
	s.server.height.Store(height)
	return s.own.Start(ctx, height)
}

// withoutPeer takes the peer part off multiaddrs and leaves as many as the chain takes.
func withoutPeer(addresses []string) []string {
	var bare []string
	for _, address := range addresses {
		address, _, _ = strings.Cut(address, "/p2p/")
		bare = append(bare, address)
	}
	return bare[:min(len(bare), maxAddresses)]
}

// contacts are the peers to join the network at: those configured and every other super node.
func (s *superNode) contacts(ctx context.Context) ([]string, error) {
	contacts := slices.Clone(s.cfg.Bootstrap)
	answer, err := s.chain.Functions().SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Pagination: &query.PageRequest{Limit: contactsPage}})
	if err != nil {
		return nil, fmt.Errorf("asking the chain for super nodes: %w", err)
	}
	for _, other := range answer.SuperNodes {
		for _, address := range other.Addresses {
			contacts = append(contacts, address+"/p2p/"+other.OrbId)
		}
	}
	return contacts, nil
}

// follow passes every block on, and tells peers what became active or ends.
func (s *superNode) follow(ctx context.Context, height int64) {
	for block := range s.chain.Blocks(ctx, height+1) {
		s.server.height.Store(block.Height)
		s.client.Observe(block)
		for _, event := range block.Events {
			id, is := news(event)
			if !is {
				continue
			}
			if err := s.peers.Publish(ctx, peer.TopicActivations, []byte(id)); err != nil {
				s.log.Warn("news of a function not gossiped", "function", id, "error", err)
			}
			time.AfterFunc(ownSeedAfter, func() { s.own.Hint(id) })
		}
		block.Events = slices.DeleteFunc(slices.Clone(block.Events), s.leftToNodes)
		s.own.Observe(block)
	}
}

// news tells whether an event is one that nodes which do not follow the chain closely should hear of, and of which function.
func news(event proto.Message) (functionID string, is bool) {
	switch event := event.(type) {
	case *functionstypes.EventVersionActivated:
		return event.FunctionId, true
	case *functionstypes.EventFunctionDeprecated:
		return event.FunctionId, true
	case *functionstypes.EventFunctionEnded:
		return event.FunctionId, true
	}
	return "", false
}

// leftToNodes tells whether an event has the own host take on a function that it does not serve yet.
func (s *superNode) leftToNodes(event proto.Message) bool {
	activated, is := event.(*functionstypes.EventVersionActivated)
	return is && !s.own.Holds(activated.FunctionId)
}

// attest waits until the validator has registered this super node, and then works on claims until ctx ends.
func (s *superNode) attest(ctx context.Context, dir string) error {
	validator, err := s.validator(ctx)
	for ; validator == ""; validator, err = s.validator(ctx) {
		if err != nil {
			s.log.Warn("own registration not found", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(registrationPoll):
		}
	}
	worker, err := verify.Start(verify.Config{
		Dir: dir, ChainID: s.chain.ChainID(), Validator: validator,
		Functions: s.chain.Functions(), Sender: s.sender, Artifacts: s.store, Height: s.chain.Height, Log: s.log,
		Load: func(ctx context.Context, data []byte, limits runtime.Limits) (verify.Program, error) {
			return s.engine.Load(ctx, data, limits)
		},
	})
	if err != nil {
		return err
	}
	s.log.Info("attesting claims", "validator", validator)
	<-ctx.Done()
	worker.Close()
	return nil
}

// validator is the operator address that this attester is registered for, or "".
func (s *superNode) validator(ctx context.Context) (string, error) {
	page := &query.PageRequest{Limit: contactsPage}
	for {
		answer, err := s.chain.Functions().SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Pagination: page})
		if err != nil {
			return "", fmt.Errorf("asking the chain for super nodes: %w", err)
		}
		for _, one := range answer.SuperNodes {
			if one.Attester == s.sender.Address() {
				return one.Validator, nil
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			return "", nil
		}
		page = &query.PageRequest{Key: answer.Pagination.NextKey, Limit: contactsPage}
	}
}

// dialer reaches the host in this process through memory, and all others through the network.
type dialer struct {
	peers *peer.Host
	own   *host.Host
}

func (d dialer) Dial(ctx context.Context, orbID string, addrs []string, control func(peer.Control)) (*peer.Conn, error) {
	if orbID == d.own.ID() {
		return peer.Pipe(orbID, d.own, control), nil
	}
	return d.peers.Dial(ctx, orbID, addrs, control)
}

// rescuer makes the own host take on what has no live host.
type rescuer struct {
	*client.Client
	own *host.Host
}

// Call waits for a first host, be it the own one: a function that was deployed a moment ago, or a gateway that was started a moment
// ago, should cost its caller patience and no error.
func (r rescuer) Call(ctx context.Context, fn *client.Function, payer string, request []byte) (*client.Answer, error) {
	patience, cancel := context.WithTimeout(ctx, hostPatience)
	defer cancel()
	hurry := time.Now().Add(busyPatience)
	again := time.NewTicker(hostRetry)
	defer again.Stop()
	for {
		answer, err := r.Client.Call(ctx, fn, payer, request)
		busy := errors.Is(err, client.ErrBusy) && time.Now().Before(hurry)
		if !busy && !errors.Is(err, client.ErrNoHost) && !errors.Is(err, client.ErrChain) {
			return answer, err
		}
		r.own.Hint(fn.Id)
		select {
		case <-again.C:
		case <-patience.Done():
			return nil, err
		}
		// Hosts may have gone on to a newer version meanwhile.
		if fresh, lookupErr := r.Lookup(patience, fn.Id); lookupErr == nil {
			fn = fresh
		}
	}
}

// chainQueries is what the HTTP front asks of the chain.
type chainQueries struct{ *chain.Client }

func (c chainQueries) AccountExists(ctx context.Context, address string) (bool, error) {
	_, err := c.Auth().Account(ctx, &authtypes.QueryAccountRequest{Address: address})
	if status.Code(err) == codes.NotFound {
		return false, nil
	}
	return err == nil, err
}

func (c chainQueries) MaxArtifactBytes(ctx context.Context) (uint64, error) {
	answer, err := c.Functions().Params(ctx, &functionstypes.QueryParamsRequest{})
	if err != nil {
		return 0, fmt.Errorf("asking the chain for the params of x/functions: %w", err)
	}
	return answer.Params.MaxArtifactBytes, nil
}
