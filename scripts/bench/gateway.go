package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	markdown "github.com/orbnetwork/orb/examples/markdown/handler"
	thumbnail "github.com/orbnetwork/orb/examples/thumbnail/handler"
	wordcount "github.com/orbnetwork/orb/examples/wordcount/count"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	"github.com/orbnetwork/orb/testutil/devnet"
)

const (
	callers     = 8
	rounds      = 3
	roundLength = 3 * time.Second
	hosts       = 2
	// price buys enough requests with what bob has, whatever the machine's speed.
	price   = "10uorb"
	deposit = "100000000uorb"
)

// example is one function and the same code as a plain net/http server.
type example struct {
	name string
	// deploy is what is deployed: a source, and flags.
	deploy []string
	body   []byte
	native http.Handler
}

// examples writes what they need under home. The echo does next to nothing: it shows what everything around a function takes.
func examples(ctx context.Context, home string) ([]example, error) {
	document, err := commonMark(ctx)
	if err != nil {
		return nil, err
	}
	picture, err := goPicture(ctx)
	if err != nil {
		return nil, err
	}
	echo, sample := filepath.Join(home, "echo.wasm"), filepath.Join(home, "sample.txt")
	if err := errors.Join(os.WriteFile(echo, wasmtest.Echo(""), 0o600), os.WriteFile(sample, document, 0o600)); err != nil {
		return nil, err
	}
	return []example{
		{"markdown", []string{"examples/markdown"}, document, markdown.New()},
		{"thumbnail", []string{"examples/thumbnail"}, picture, thumbnail.New()},
		{"echo", []string{echo, "--contract", "filter", "--sample", sample, "--memory-mib", "1"}, document,
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })},
		{"wordcount", []string{"examples/wordcount"}, document, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := wordcount.Report(r.Body, w); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
			}
		})},
	}, nil
}

// gateway measures requests through a super node's gateway to two hosts, beside a net/http server that runs the same code natively. Rounds
// of both take turns, so that a machine that gets slower slows both.
func gateway(ctx context.Context) (_ []result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	home, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(home)
	all, err := examples(ctx, home)
	if err != nil {
		return nil, err
	}
	network, err := devnet.Start(ctx, devnet.Options{
		Bin: "build", Home: filepath.Join(home, "net"), Validators: 1, Nodes: hosts, FreePorts: true, BlockTime: 500 * time.Millisecond,
		Progress: func(step string) { fmt.Fprintln(os.Stderr, step) },
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, network.Stop()) }()

	var results []result
	for _, e := range all {
		fmt.Fprintln(os.Stderr, "Measuring", e.name)
		more, err := e.measure(ctx, network)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		results = append(results, more...)
	}
	return results, nil
}

func (e example) measure(ctx context.Context, network *devnet.Network) ([]result, error) {
	out, err := network.Orbchaind(ctx, append([]string{
		"tx", "functions", "deploy", "--name", e.name, "--price", price, "--plan", "standard", "--from", "alice", "--yes",
	}, e.deploy...)...)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	address := network.Validators[0].Gateway
	if out, err := network.Orb(ctx, "subscribe", e.name, "--deposit", deposit, "--from", "bob", "--gateway", address, "--home", network.Home); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	key, err := network.Orb(ctx, "key", "create", "--from", "bob", "--gateway", address, "--home", network.Home)
	if err != nil {
		return nil, err
	}
	server, url, err := serve(ctx, e.native)
	if err != nil {
		return nil, err
	}
	defer server.Close()

	native, orb := target{url: url, body: e.body}, target{url: address + "/f/" + e.name, body: e.body, key: strings.TrimSpace(key)}
	if err := orb.awaitReady(ctx); err != nil {
		return nil, err
	}
	var byNative, byOrb latencies
	for range rounds {
		if err := byNative.round(ctx, native, callers, roundLength); err != nil {
			return nil, err
		}
		if err := byOrb.round(ctx, orb, callers, roundLength); err != nil {
			return nil, err
		}
	}
	figure := func(suffix string, value float64, unit, note string) result {
		return result{Name: "gateway." + e.name + suffix, Value: value, Unit: unit, Note: note}
	}
	milliseconds := func(l *latencies, q float64) float64 { return float64(l.quantile(q).Microseconds()) / 1000 }
	note := fmt.Sprintf("%d callers, %d bytes, %d hosts on the same machine", callers, len(e.body), hosts)
	return []result{
		figure(".rps_over_native", byOrb.rate()/byNative.rate(), "ratio", note),
		figure(".p99_over_native", milliseconds(&byOrb, 0.99)/milliseconds(&byNative, 0.99), "ratio", note),
		figure(".rps", byOrb.rate(), "1/s", note),
		figure(".p50", milliseconds(&byOrb, 0.50), "ms", note),
		figure(".p99", milliseconds(&byOrb, 0.99), "ms", note),
		figure(".native_rps", byNative.rate(), "1/s", "the same handler in a net/http server"),
		figure(".native_p50", milliseconds(&byNative, 0.50), "ms", "the same handler in a net/http server"),
		figure(".native_p99", milliseconds(&byNative, 0.99), "ms", "the same handler in a net/http server"),
	}, nil
}

func serve(ctx context.Context, handler http.Handler) (*http.Server, string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends with Close, and a server that fails earlier fails the round
	return server, "http://" + listener.Addr().String(), nil
}

func commonMark(ctx context.Context) ([]byte, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark").Output()
	if err != nil {
		return nil, fmt.Errorf("finding goldmark: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_test", "spec.json"))
	if err != nil {
		return nil, err
	}
	var cases []struct{ Markdown string }
	if err := json.Unmarshal(data, &cases); err != nil {
		return nil, err
	}
	var document bytes.Buffer
	for _, c := range cases[:100] {
		document.WriteString(c.Markdown + "\n")
	}
	return document.Bytes(), nil
}

func goPicture(ctx context.Context) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("finding Go's source: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "src", "image", "testdata", "video-001.png"))
}
