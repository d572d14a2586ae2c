package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/node/peer"
)

// controlHeader has to be on requests that change something. No web page can send it without being asked for first, which is never granted.
const controlHeader = "Orb-Control"

// local is the node's own HTTP server: GET /v1/status and /metrics for its operator, POST /v1/reload for `orb node policy` and `orb seed`.
type local struct {
	home     string
	chain    *chain.Client
	host     *host.Host
	peers    *peer.Host
	registry *prometheus.Registry
}

// Status is what a node tells its operator.
type Status struct {
	host.Status
	// Peers connected; Relays are the super nodes that relay to this node.
	Peers  int `json:"peers"`
	Relays int `json:"relays"`
	// Reachability is public, private, or empty while it is unknown.
	Reachability peer.Reachability `json:"reachability"`
	// Addresses are where peers reach this node.
	Addresses []string `json:"addresses"`
	// Account is nil while the chain does not answer.
	Account *Account `json:"account,omitempty"`
}

// accountTimeout bounds asking the chain for what a status says about money.
const accountTimeout = 2 * time.Second

// serve listens until the returned server is closed.
func (l *local) serve(ctx context.Context, listen string) (*http.Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listening for status requests: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", l.status)
	mux.HandleFunc("POST /v1/reload", l.reload)
	mux.Handle("GET /metrics", promhttp.HandlerFor(l.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return server, nil
}

func (l *local) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), accountTimeout)
	defer cancel()
	status := Status{
		Status: l.host.Status(), Peers: l.peers.Peers(), Relays: l.peers.Relays(), Reachability: l.peers.Reachability(), Addresses: l.peers.Addrs(),
	}
	account, err := readAccount(ctx, l.chain, status.Operator, status.OrbID)
	if err == nil {
		status.Account = account
	} else if status.LastError == "" {
		status.LastError = "asking the chain for the account: " + err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(status) // the asker has gone, or reads it
}

// reload takes the policy from the config again.
func (l *local) reload(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(controlHeader) == "" {
		http.Error(w, controlHeader+" is missing", http.StatusForbidden)
		return
	}
	cfg, err := LoadConfig(l.home)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	l.host.SetPolicy(cfg.policy())
	w.WriteHeader(http.StatusNoContent)
}

// ask sends one request to the running node of a config.
func ask(ctx context.Context, cfg Config, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+cfg.StatusListen+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking the node: %w", err)
	}
	request.Header.Set(controlHeader, "1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the node (is it running?): %w", err)
	}
	return response, nil
}

// FetchStatus asks the running node of a config.
func FetchStatus(ctx context.Context, cfg Config) (*Status, error) {
	response, err := ask(ctx, cfg, http.MethodGet, "/v1/status")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the node: %s", response.Status)
	}
	var status Status
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 16<<20)).Decode(&status); err != nil {
		return nil, fmt.Errorf("asking the node: %w", err)
	}
	return &status, nil
}

// Reload makes the running node of a config take its policy from the home again.
func Reload(ctx context.Context, cfg Config) error {
	response, err := ask(ctx, cfg, http.MethodPost, "/v1/reload")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the node does not take the policy: %s", response.Status)
	}
	return nil
}
