// Package gateway is the HTTP front of a super node, and the process around it: chain client, peer host, artifact store, runtime,
// verification, a host of its own and the client that calls other hosts.
package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/semaphore"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	functionsPath = "/f/"
	// callTimeout bounds a call with all its attempts.
	callTimeout = 30 * time.Second
	// fullRequest is what a request of unknown length is counted as.
	fullRequest = wasm.MaxRequestBytes
)

// Caller finds and calls functions. *client.Client is one.
type Caller interface {
	Lookup(ctx context.Context, nameOrID string) (*client.Function, error)
	Call(ctx context.Context, fn *client.Function, payer string, request []byte) (*client.Answer, error)
}

// Chain is what the HTTP front asks of the chain.
type Chain interface {
	// AccountExists tells whether an address has an account.
	AccountExists(ctx context.Context, address string) (bool, error)
	// MaxArtifactBytes is the param of x/functions.
	MaxArtifactBytes(ctx context.Context) (uint64, error)
	// Balance is what an account holds of a denom.
	Balance(ctx context.Context, address, denom string) (math.Int, error)
}

// Sender gets transactions of the attester onto the chain. *chain.Sender is one.
type Sender interface {
	// Send returns when the messages are in a block and have succeeded.
	Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error)
}

// Store keeps uploaded artifacts. *artifact.Store is one.
type Store interface {
	// PutPending stores an artifact that is deleted after ttl unless somebody makes it stay.
	PutPending(ctx context.Context, data []byte, ttl time.Duration) (cid string, err error)
}

// Server is the HTTP front.
type Server struct {
	cfg      Config
	chainID  string
	attester string
	orbID    string
	log      *slog.Logger

	chain   Chain
	caller  Caller
	store   Store
	keys    *keys
	uploads budget
	sender  Sender
	// sponsored bounds the nodes that are sponsored for anybody, and newcomers those for one network address.
	sponsored budget
	newcomers addresses

	// room counts requests under way and bodyRoom their bytes.
	room     chan struct{}
	bodyRoom *semaphore.Weighted
	height   atomic.Int64
	mux      *http.ServeMux
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inflight prometheus.GaugeFunc
}

// parts are what a Server stands on.
type parts struct {
	chainID, attester, orbID string
	chain                    Chain
	caller                   Caller
	store                    Store
	sender                   Sender
	db                       *bolt.DB
	registry                 *prometheus.Registry
	log                      *slog.Logger
}

func newServer(cfg Config, p parts) (*Server, error) {
	s := &Server{
		cfg: cfg, chainID: p.chainID, attester: p.attester, orbID: p.orbID, log: p.log, chain: p.chain, caller: p.caller, store: p.store,
		uploads: budget{limit: cfg.MaxUploadBytes, window: pendingFor},
		sender:  p.sender, sponsored: budget{limit: cfg.MaxSponsored, window: time.Hour},
		room: make(chan struct{}, cfg.MaxInFlight), bodyRoom: semaphore.NewWeighted(cfg.MaxBodyBytes),
	}
	var err error
	if s.keys, err = openKeys(p.db); err != nil {
		return nil, err
	}
	s.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "orb", Subsystem: "gateway", Name: "requests_total", Help: "Calls of functions, by how they ended.",
	}, []string{"code"})
	s.seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "orb", Subsystem: "gateway", Name: "request_seconds", Help: "Time of calls that a function answered.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
	}, nil)
	s.inflight = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "orb", Subsystem: "gateway", Name: "requests_in_flight", Help: "Calls under way.",
	}, func() float64 { return float64(len(s.room)) })
	p.registry.MustRegister(s.requests, s.seconds, s.inflight)

	s.mux = http.NewServeMux()
	s.mux.Handle("POST /v1/keys", s.handle(s.createKey))
	s.mux.Handle("DELETE /v1/keys", s.handle(s.deleteKey))
	s.mux.Handle("POST /v1/artifacts", s.handle(s.upload))
	s.mux.Handle("POST /v1/nodes", s.handle(s.sponsor))
	s.mux.Handle("GET /v1/status", s.handle(s.status))
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	s.mux.Handle("/", s.handle(func(http.ResponseWriter, *http.Request) error { return errNotFound }))
	return s, nil
}

// handle turns a handler's error into its answer.
func (s *Server) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.fail(w, err)
		}
	})
}

// ServeHTTP serves functions beside the mux, which would redirect paths that it thinks untidy and functions may not.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.EscapedPath(), functionsPath) {
		s.mux.ServeHTTP(w, r)
		return
	}
	code := "ok"
	start := time.Now()
	if err := s.call(w, r); err != nil {
		code = s.fail(w, err)
	} else {
		s.seconds.WithLabelValues().Observe(time.Since(start).Seconds())
	}
	s.requests.WithLabelValues(code).Inc()
}

// call serves /f/<name or id>/<path>.
func (s *Server) call(w http.ResponseWriter, r *http.Request) error {
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	default:
		return errOverloaded
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()

	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), functionsPath), "/")
	if functionstypes.ValidateName(name) != nil {
		if _, err := functionstypes.ParseFunctionID(name); err != nil {
			return client.ErrUnknownFunction
		}
	}
	fn, err := s.caller.Lookup(ctx, name)
	if err != nil {
		return err
	}
	var payer string
	if key := presented(r); key != "" {
		var known bool
		if payer, known = s.keys.payer(key); !known {
			return errKey
		}
	}
	body, release, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	defer release()
	request, err := requestBytes(fn.Version.Contract, r, "/"+path, body, time.Now())
	if err != nil {
		return err
	}
	answer, err := s.caller.Call(ctx, fn, payer, request)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Orb-Function", fn.Id)
	header.Set("Orb-Version", strconv.FormatUint(answer.Version, 10))
	header.Set("Orb-Host", answer.Host)
	header.Set("Orb-Fuel", strconv.FormatUint(answer.Fuel, 10))
	if answer.Fault != 0 {
		return &faultError{answer.Fault, answer.Message}
	}
	response, err := parseResponse(fn.Version.Contract, r.Method, answer.Body)
	if err != nil {
		return err
	}
	response.write(w, r.Method)
	return nil
}

// readBody reads a request's body, within what all bodies together may take.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	weight := r.ContentLength
	switch {
	case weight == 0:
		return nil, func() {}, nil
	case weight > wasm.MaxRequestBytes:
		return nil, nil, readError(&http.MaxBytesError{Limit: wasm.MaxRequestBytes})
	case weight < 0:
		weight = fullRequest
	}
	if !s.bodyRoom.TryAcquire(weight) {
		return nil, nil, errOverloaded
	}
	release = func() { s.bodyRoom.Release(weight) }
	if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, wasm.MaxRequestBytes)); err != nil {
		release()
		return nil, nil, readError(err)
	}
	return body, release, nil
}

// Status is the body of GET /v1/status.
type Status struct {
	ChainID string `json:"chain_id"`
	// Height of the last block seen.
	Height int64 `json:"height"`
	// OrbID is the super node's peer ID, and Attester its account: the delegate that subscriptions have to name.
	OrbID    string `json:"orb_id"`
	Attester string `json:"attester"`
	Endpoint string `json:"endpoint"`
	// InFlight counts calls under way.
	InFlight int `json:"in_flight"`
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, Status{
		ChainID: s.chainID, Height: s.height.Load(), OrbID: s.orbID, Attester: s.attester, Endpoint: s.cfg.Endpoint, InFlight: len(s.room),
	})
}

// serve answers on listener until ctx ends, then lets calls under way end.
func (s *Server) serve(ctx context.Context, server *http.Server, run func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
