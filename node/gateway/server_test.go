package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// callerFunc serves one function, named "echo".
type callerFunc func(ctx context.Context, payer string, request []byte) (*client.Answer, error)

var echo = &client.Function{
	Function: functionstypes.Function{Id: functionstypes.FunctionID(make([]byte, 32)), Name: "echo", Price: sdk.NewCoin("uorb", math.NewInt(50))},
	Version:  functionstypes.Version{Number: 3, Contract: functionstypes.CONTRACT_FILTER},
}

func (f callerFunc) Lookup(_ context.Context, name string) (*client.Function, error) {
	switch name {
	case echo.Name, echo.Id:
		return echo, nil
	case "pending":
		return nil, client.ErrNotActive
	}
	return nil, client.ErrUnknownFunction
}

func (f callerFunc) Call(ctx context.Context, _ *client.Function, payer string, request []byte) (*client.Answer, error) {
	return f(ctx, payer, request)
}

// memoryChain knows some accounts.
type memoryChain map[string]bool

func (c memoryChain) AccountExists(_ context.Context, address string) (bool, error) {
	return c[address], nil
}

// Balance is much for an account whose name is noted behind "rich".
func (c memoryChain) Balance(_ context.Context, address, _ string) (math.Int, error) {
	if c["rich "+address] {
		return math.NewInt(1_000_000), nil
	}
	return math.ZeroInt(), nil
}

func (c memoryChain) MaxArtifactBytes(context.Context) (uint64, error) { return 1 << 10, nil }

// memoryStore keeps artifacts by a made-up cid.
type memoryStore map[string][]byte

func (s memoryStore) PutPending(_ context.Context, data []byte, _ time.Duration) (string, error) {
	s["cid"] = data
	return "cid", nil
}

const attester = "orb1attester"

func newTestServer(t *testing.T, caller callerFunc) (*httptest.Server, memoryChain) {
	t.Helper()
	return newTestServerWith(t, caller, nil)
}

func newTestServerWith(t *testing.T, caller callerFunc, sender Sender) (*httptest.Server, memoryChain) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, nil)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	cfg := DefaultConfig()
	cfg.MaxInFlight, cfg.MaxSponsored = 2, 2
	chain := memoryChain{}
	s, err := newServer(cfg, parts{
		chainID: "orb-test", attester: attester, orbID: "12D3", chain: chain, caller: caller, store: memoryStore{}, sender: sender, db: db,
		registry: prometheus.NewRegistry(), log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server, chain
}

func echoCaller(_ context.Context, payer string, request []byte) (*client.Answer, error) {
	return &client.Answer{Body: append([]byte(payer+":"), request...), Fuel: 42, Version: 3, Host: "12D3host"}, nil
}

func do(t *testing.T, method, url string, body []byte, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(answer)
}

func requireProblem(t *testing.T, response *http.Response, body string, status int, code string) errorBody {
	t.Helper()
	require.Equal(t, status, response.StatusCode, body)
	var e errorBody
	require.NoError(t, json.Unmarshal([]byte(body), &e), body)
	require.Equal(t, code, e.Error.Code)
	require.NotEmpty(t, e.Error.Message)
	return e
}

func TestCall(t *testing.T) {
	server, _ := newTestServer(t, echoCaller)
	for _, path := range []string{"/f/echo", "/f/echo/", "/f/echo/a//b/../c?d", "/f/" + echo.Id} {
		response, body := do(t, http.MethodPost, server.URL+path, []byte("hello"))
		require.Equal(t, http.StatusOK, response.StatusCode, body)
		require.Equal(t, ":hello", body)
		require.Equal(t, echo.Id, response.Header.Get("Orb-Function"))
		require.Equal(t, "3", response.Header.Get("Orb-Version"))
		require.Equal(t, "12D3host", response.Header.Get("Orb-Host"))
		require.Equal(t, "42", response.Header.Get("Orb-Fuel"))
	}
}

func TestProblems(t *testing.T) {
	var err error
	var fault receipt.Fault
	server, _ := newTestServer(t, func(context.Context, string, []byte) (*client.Answer, error) {
		if err != nil {
			return nil, err
		}
		return &client.Answer{Fault: fault, Message: "exit status 3"}, nil
	})
	for _, c := range []struct {
		err    error
		fault  receipt.Fault
		status int
		code   string
	}{
		{client.ErrNoHost, 0, 503, "no_host"},
		{client.ErrBusy, 0, 503, "busy"},
		{fmt.Errorf("%w: %w", client.ErrChain, context.DeadlineExceeded), 0, 503, "chain_unreachable"},
		{client.ErrGas, 0, 503, "gateway_without_gas"},
		{context.DeadlineExceeded, 0, 504, "timeout"},
		{io.ErrUnexpectedEOF, 0, 500, "internal"},
		{nil, receipt.FaultFuel, 502, "out_of_fuel"},
		{nil, receipt.FaultMemory, 502, "out_of_memory"},
		{nil, receipt.FaultTrap, 502, "trap"},
		{nil, receipt.FaultExit, 502, "exit"},
		{nil, receipt.FaultResponse, 502, "bad_response"},
		{nil, receipt.FaultDepth, 502, "call_depth"},
		{nil, receipt.FaultTable, 502, "table_limit"},
		{nil, receipt.FaultSize, 502, "response_too_large"},
	} {
		err, fault = c.err, c.fault
		response, body := do(t, http.MethodGet, server.URL+"/f/echo", nil)
		requireProblem(t, response, body, c.status, c.code)
		require.Equal(t, c.status == 503, response.Header.Get("Retry-After") != "")
		require.Equal(t, "application/json", response.Header.Get("Content-Type"))
	}
	err = &client.PaymentError{Code: client.CodeNoSubscription, Function: echo, Payer: "orb1owner"}
	response, body := do(t, http.MethodGet, server.URL+"/f/echo", nil)
	e := requireProblem(t, response, body, 402, "no_subscription")
	require.Equal(t, "50uorb", e.Error.Price)
	require.Contains(t, e.Error.How, "orb subscribe echo")

	for path, code := range map[string]string{"/f/missing": "unknown_function", "/f/": "unknown_function", "/f/No_Name": "unknown_function", "/x": "not_found"} {
		response, body := do(t, http.MethodGet, server.URL+path, nil)
		requireProblem(t, response, body, 404, code)
	}
	response, body = do(t, http.MethodGet, server.URL+"/f/pending", nil)
	requireProblem(t, response, body, 503, "not_active")
	response, body = do(t, http.MethodGet, server.URL+"/f/echo", nil, "Authorization", "Bearer orbk_UNKNOWN")
	requireProblem(t, response, body, 401, "unknown_key")
}

func TestBodyLimit(t *testing.T) {
	server, _ := newTestServer(t, echoCaller)
	response, body := do(t, http.MethodPost, server.URL+"/f/echo", make([]byte, wasm.MaxRequestBytes+1))
	requireProblem(t, response, body, 413, "body_too_large")
	response, _ = do(t, http.MethodPost, server.URL+"/f/echo", make([]byte, wasm.MaxRequestBytes))
	require.Equal(t, 200, response.StatusCode)

	request, err := http.NewRequest(http.MethodPost, server.URL+"/f/echo", io.LimitReader(neverEnding{}, wasm.MaxRequestBytes+1))
	require.NoError(t, err)
	chunked, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer chunked.Body.Close()
	require.Equal(t, 413, chunked.StatusCode)
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

func TestShedsLoad(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	server, _ := newTestServer(t, func(context.Context, string, []byte) (*client.Answer, error) {
		entered <- struct{}{}
		<-leave
		return &client.Answer{}, nil
	})
	done := make(chan struct{})
	for range 2 {
		go func() {
			response, err := http.Get(server.URL + "/f/echo")
			if err == nil {
				response.Body.Close()
			}
			done <- struct{}{}
		}()
		<-entered
	}
	response, body := do(t, http.MethodGet, server.URL+"/f/echo", nil)
	requireProblem(t, response, body, 503, "overloaded")
	close(leave)
	<-done
	<-done
}

func TestKeys(t *testing.T) {
	server, chain := newTestServer(t, echoCaller)
	account := secp256k1.GenPrivKey()
	payer := sdk.AccAddress(account.PubKey().Address()).String()
	request := func(change func(*KeyRequest)) []byte {
		r := KeyRequest{Payer: payer, PubKey: account.PubKey().Bytes(), Timestamp: time.Now().Unix()}
		var err error
		r.Signature, err = account.Sign(KeySignBytes("orb-test", attester, payer, r.Timestamp))
		require.NoError(t, err)
		change(&r)
		data, err := json.Marshal(r)
		require.NoError(t, err)
		return data
	}
	good := request(func(*KeyRequest) {})

	response, body := do(t, http.MethodPost, server.URL+"/v1/keys", good)
	e := requireProblem(t, response, body, 400, "bad_key_request")
	require.Contains(t, e.Error.Message, "no account")
	chain[payer] = true

	for name, bad := range map[string][]byte{
		"json":   []byte("{"),
		"old":    request(func(r *KeyRequest) { r.Timestamp -= 600 }),
		"early":  request(func(r *KeyRequest) { r.Timestamp += 600 }),
		"time":   request(func(r *KeyRequest) { r.Timestamp-- }),
		"payer":  request(func(r *KeyRequest) { r.Payer = attester }),
		"key":    request(func(r *KeyRequest) { r.PubKey = secp256k1.GenPrivKey().PubKey().Bytes() }),
		"no key": request(func(r *KeyRequest) { r.PubKey = nil }),
		"chain": request(func(r *KeyRequest) {
			r.Signature, _ = account.Sign(KeySignBytes("other", attester, payer, r.Timestamp))
		}),
		"gateway": request(func(r *KeyRequest) {
			r.Signature, _ = account.Sign(KeySignBytes("orb-test", "other", payer, r.Timestamp))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			response, body := do(t, http.MethodPost, server.URL+"/v1/keys", bad)
			requireProblem(t, response, body, 400, "bad_key_request")
		})
	}

	response, body = do(t, http.MethodPost, server.URL+"/v1/keys", good)
	require.Equal(t, 200, response.StatusCode, body)
	var made struct{ Key string }
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	require.True(t, strings.HasPrefix(made.Key, KeyPrefix))

	for _, header := range [][]string{{"Authorization", "Bearer " + made.Key}, {"Orb-Key", made.Key}} {
		_, body = do(t, http.MethodPost, server.URL+"/f/echo", []byte("x"), header...)
		require.Equal(t, payer+":x", body)
	}
	_, body = do(t, http.MethodPost, server.URL+"/f/echo", []byte("x"), "Authorization", "Bearer for-somebody-else")
	require.Equal(t, ":x", body)

	response, body = do(t, http.MethodPost, server.URL+"/v1/keys", good)
	requireProblem(t, response, body, 400, "bad_key_request")

	response, _ = do(t, http.MethodDelete, server.URL+"/v1/keys", nil, "Orb-Key", made.Key)
	require.Equal(t, 204, response.StatusCode)
	response, body = do(t, http.MethodPost, server.URL+"/f/echo", nil, "Orb-Key", made.Key)
	requireProblem(t, response, body, 401, "unknown_key")
}

func TestKeysSurviveRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	first, err := openKeys(db)
	require.NoError(t, err)
	key, err := first.create("orb1payer", 1)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	db, err = bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	second, err := openKeys(db)
	require.NoError(t, err)
	payer, known := second.payer(key)
	require.True(t, known)
	require.Equal(t, "orb1payer", payer)
}

func TestStatus(t *testing.T) {
	server, _ := newTestServer(t, echoCaller)
	_, body := do(t, http.MethodGet, server.URL+"/v1/status", nil)
	var status Status
	require.NoError(t, json.Unmarshal([]byte(body), &status))
	require.Equal(t, "orb-test", status.ChainID)
	require.Equal(t, attester, status.Attester)
	do(t, http.MethodGet, server.URL+"/f/echo", nil)
	_, body = do(t, http.MethodGet, server.URL+"/metrics", nil)
	require.Contains(t, body, `orb_gateway_requests_total{code="ok"} 1`)
	response, _ := do(t, http.MethodGet, server.URL+"/healthz", nil)
	require.Equal(t, 200, response.StatusCode)
}

func TestUploadRefusesWhatIsNoFunction(t *testing.T) {
	server, _ := newTestServer(t, echoCaller)
	response, body := do(t, http.MethodPost, server.URL+"/v1/artifacts", []byte("not wasm"))
	requireProblem(t, response, body, 422, "bad_module")
	response, body = do(t, http.MethodPost, server.URL+"/v1/artifacts", make([]byte, 1<<10+1))
	requireProblem(t, response, body, 413, "body_too_large")
}

func TestBudget(t *testing.T) {
	b := budget{limit: 10, window: time.Hour}
	now := time.Now()
	require.True(t, b.take(6, now))
	require.False(t, b.take(5, now))
	require.True(t, b.take(4, now))
	require.True(t, b.take(10, now.Add(2*time.Hour)))
}

func TestConfig(t *testing.T) {
	home := t.TempDir()
	_, err := LoadConfig(home)
	require.ErrorContains(t, err, "supernode init")
	want := DefaultConfig()
	want.Endpoint, want.PeerListen = "https://orb.example.com", []string{"/ip4/127.0.0.1/tcp/4001"}
	require.NoError(t, WriteConfig(home, want))
	got, err := LoadConfig(home)
	require.NoError(t, err)
	want.KeyringDir = home
	require.Equal(t, want, got)
	require.Error(t, WriteConfig(home, want), "what is there is kept")

	for name, text := range map[string]string{
		"unknown name": `{"max_inflight": 1}`,
		"no url":       `{"endpoint": "orb.example.com"}`,
		"no requests":  `{"max_in_flight": 0}`,
		"not json":     `{`,
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			require.NoError(t, os.MkdirAll(configDir(home), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(configDir(home), "supernode.json"), []byte(text), 0o600))
			_, err := LoadConfig(home)
			require.Error(t, err)
		})
	}
}
