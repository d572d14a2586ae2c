package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/node/peer"
)

const (
	networkCallers = 32
	networkRounds  = 3
	networkTime    = 2 * time.Second
	networkBody    = 100
	fetchBytes     = 10 << 20
	notifiedPeers  = 100
)

// network measures the peer network inside one process: both sides of everything are paid for.
func network(ctx context.Context) ([]result, error) {
	var results []result
	for _, measure := range []func(context.Context) ([]result, error){invokeOverHTTP, payment, fetchFromHosts, notification, demandRise} {
		some, err := measure(ctx)
		if err != nil {
			return nil, err
		}
		results = append(results, some...)
	}
	return results, nil
}

func newPeer(ctx context.Context, bootstrap []string) (*peer.Host, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return peer.New(ctx, peer.Config{
		Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: bootstrap, Reachability: peer.ReachabilityPublic,
		LowPeers: 2 * notifiedPeers, HighPeers: 3 * notifiedPeers,
	})
}

// echoHandler answers with the request.
type echoHandler struct{}

func (echoHandler) Invoke(_ context.Context, _ string, _ peer.ControlSender, r *peer.Request) *peer.Response {
	return &peer.Response{Body: r.Body}
}

func (echoHandler) Control(context.Context, string, peer.ControlSender, peer.Control) {}

// alternate makes calls from networkCallers callers, of each kind for a while and in turns, and returns the time per call of each. A call returns how
// many bytes it was answered with, which has to be the number wanted.
func alternate(wanted int, calls ...func() (int, error)) ([]time.Duration, error) {
	took := make([]time.Duration, len(calls))
	for range networkRounds {
		for i, call := range calls {
			each, err := concurrently(wanted, call)
			if err != nil {
				return nil, err
			}
			took[i] += each / networkRounds
		}
	}
	return took, nil
}

func concurrently(wanted int, call func() (int, error)) (time.Duration, error) {
	var count atomic.Int64
	var callers errgroup.Group
	start := time.Now()
	for range networkCallers {
		callers.Go(func() error {
			for time.Since(start) < networkTime {
				switch size, err := call(); {
				case err != nil:
					return err
				case size != wanted:
					return fmt.Errorf("answer of %d bytes", size)
				}
				count.Add(1)
			}
			return nil
		})
	}
	if err := callers.Wait(); err != nil {
		return 0, err
	}
	return time.Since(start) / time.Duration(max(count.Load(), 1)), nil
}

// invokeOverHTTP compares a small request over the invoke protocol with one over HTTP keep-alive, in turns.
func invokeOverHTTP(ctx context.Context) (_ []result, err error) {
	host, err := newPeer(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	host.ServeInvoke(echoHandler{})
	caller, err := newPeer(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, caller.Close()) }()
	conn, err := caller.Dial(ctx, host.ID(), host.Addrs(), nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // the caller sees what is missing
	})}
	go func() { _ = server.Serve(listener) }() // ends with Close
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: networkCallers}}
	body := make([]byte, networkBody)

	took, err := alternate(len(body),
		func() (int, error) {
			r, err := conn.Invoke(ctx, &peer.Request{FunctionID: "orbfn1bench", LaneID: body[:20], Body: body})
			if err != nil {
				return 0, err
			}
			return len(r.Body), nil
		},
		func() (int, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+listener.Addr().String(), bytes.NewReader(body))
			if err != nil {
				return 0, err
			}
			response, err := client.Do(request)
			if err != nil {
				return 0, err
			}
			defer response.Body.Close()
			n, err := io.Copy(io.Discard, response.Body)
			return int(n), err
		},
	)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d callers, %d bytes; %s against %s a request", networkCallers, networkBody, took[0], took[1])
	return []result{{"network.invoke_over_http", float64(took[0]) / float64(took[1]), "ratio", note}}, nil
}

// fetchFromHosts takes the time of fetching an artifact that one, two and four peers have.
func fetchFromHosts(ctx context.Context) ([]result, error) {
	var results []result
	for _, hosts := range []int{1, 2, 4} {
		took, err := fetch(ctx, hosts)
		if err != nil {
			return nil, fmt.Errorf("fetching from %d: %w", hosts, err)
		}
		results = append(results, result{
			fmt.Sprintf("network.fetch_10mib_from_%d", hosts), took.Seconds(), "s", "bitswap on loopback, checked and on disk",
		})
	}
	return results, nil
}

func fetch(ctx context.Context, hosts int) (took time.Duration, err error) {
	dir, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	data := make([]byte, fetchBytes)
	_, _ = rand.Read(data) // never fails
	var contacts []string
	var cid string
	open := func(name string) (*artifact.Store, *peer.Host, error) {
		p, err := newPeer(ctx, contacts)
		if err != nil {
			return nil, nil, err
		}
		store, err := artifact.Open(ctx, artifact.Config{Dir: filepath.Join(dir, name)}, p.Libp2p(), p.Routing())
		if err != nil {
			return nil, nil, errors.Join(err, p.Close())
		}
		return store, p, p.Join(ctx)
	}
	for i := range hosts {
		store, p, err := open(fmt.Sprint("host-", i))
		if err != nil {
			return 0, err
		}
		defer p.Close()
		defer store.Close()
		if cid, err = store.Put(ctx, data); err != nil {
			return 0, err
		}
		contacts = append(contacts, p.Addrs()...)
	}
	store, p, err := open("fetcher")
	if err != nil {
		return 0, err
	}
	defer p.Close()
	defer store.Close()
	start := time.Now()
	got, err := store.Get(ctx, cid, fetchBytes)
	if err == nil && !bytes.Equal(got, data) {
		err = errors.New("other bytes")
	}
	return time.Since(start), err
}

// notification takes the time in which gossip reaches peers that have joined at one of them.
func notification(ctx context.Context) (_ []result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var all []*peer.Host
	defer func() {
		for _, p := range all {
			err = errors.Join(err, p.Close())
		}
	}()
	heard := make(chan struct{}, notifiedPeers)
	var contacts []string
	for i := range notifiedPeers + 1 {
		p, err := newPeer(ctx, contacts)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
		messages, err := p.Subscribe(ctx, peer.TopicActivations, func(string, []byte) bool { return true })
		if err != nil {
			return nil, err
		}
		if err := p.Join(ctx); err != nil {
			return nil, err
		}
		if i == 0 {
			contacts = p.Addrs()
			continue
		}
		go func() {
			for range messages {
				heard <- struct{}{}
			}
		}()
	}
	for _, p := range all {
		for p.Peers() == 0 { // its first try came too late, on a busy machine
			if err := p.Connect(ctx, all[0].ID(), contacts); err != nil {
				return nil, err
			}
		}
	}
	time.Sleep(3 * time.Second) // the meshes of gossip form within a few of its heartbeats
	start := time.Now()
	if err := all[0].Publish(ctx, peer.TopicActivations, []byte("orbfn1bench")); err != nil {
		return nil, err
	}
	for n := range notifiedPeers {
		select {
		case <-heard:
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d peers have heard it", n, notifiedPeers)
		}
	}
	note := fmt.Sprintf("from one of %d peers in a process to all others", notifiedPeers+1)
	return []result{{"network.notify_100", float64(time.Since(start).Microseconds()) / 1000, "ms", note}}, nil
}
