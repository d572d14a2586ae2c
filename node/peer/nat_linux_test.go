package peer

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/testutil/netns"
)

// residentEnv carries what a process on a host of its own is started with: the test's own program, again.
const residentEnv = "ORB_PEER_TEST_RESIDENT"

func TestMain(m *testing.M) {
	if text := os.Getenv(residentEnv); text != "" {
		if err := reside(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// order is what a test has a resident do: calls to a host, over the connection it has or a new one, or nothing but tell its state.
type order struct {
	Dial  string
	Addrs []string
	Again bool
	Calls int
}

// state is a resident's answer, after its order.
type state struct {
	ID    string
	Addrs []string
	// Punches says that it knows under which address others see it.
	Punches bool
	Relays  int
	Counted map[string]float64
	// Relayed and Direct are of the connection that calls go over; Circuits and Straight count those to its host.
	Relayed, Direct    bool
	Circuits, Straight int
	Error              string
}

// reside is a host that takes orders from standard input until that ends.
func reside(text string) error {
	var cfg Config
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	var err error
	if _, cfg.Key, err = ed25519.GenerateKey(nil); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	cfg.Registerer = registry
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	h, err := New(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	h.ServeInvoke(echo{})
	if err := h.Join(ctx); err != nil {
		return err
	}
	var conn *Conn
	follow := func(o order) error {
		if o.Again {
			conn.Close()
			conn = nil
		}
		if conn == nil && o.Dial != "" {
			if conn, err = h.Dial(ctx, o.Dial, o.Addrs, nil); err != nil {
				return err
			}
		}
		for i := range o.Calls {
			body := fmt.Sprint(i, strings.Repeat(" a call", 1000))
			response, err := conn.Invoke(ctx, &Request{Body: []byte(body), Timeout: 10 * time.Second})
			if err != nil {
				return err
			}
			if string(response.Body) != body {
				return fmt.Errorf("answer to another call")
			}
		}
		return nil
	}
	orders, answers := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	for o := (order{}); ; {
		s := state{ID: h.ID()}
		if err := follow(o); err != nil {
			s.Error = err.Error()
		}
		s.Addrs, s.Relays, s.Counted = h.Addrs(), h.Relays(), gathered(registry)
		for _, protocol := range h.libp2p.Mux().Protocols() {
			s.Punches = s.Punches || protocol == holepunch.Protocol
		}
		if conn != nil {
			s.Relayed = conn.relayed
			select {
			case <-conn.Direct():
				s.Direct = true
			default:
			}
			id, err := libpeer.Decode(o.Dial)
			if err != nil {
				return err
			}
			for _, c := range h.libp2p.Network().ConnsToPeer(id) {
				if isCircuit(c.RemoteMultiaddr()) {
					s.Circuits++
				} else {
					s.Straight++
				}
			}
		}
		if err := answers.Encode(s); err != nil {
			return err
		}
		o = order{}
		if err := orders.Decode(&o); err != nil {
			return nil // no more orders
		}
	}
}

// gathered sums counters up over their series, those about an outcome by outcome.
func gathered(registry *prometheus.Registry) map[string]float64 {
	sums := make(map[string]float64)
	families, _ := registry.Gather() // what fails is missed by the test
	for _, family := range families {
		for _, metric := range family.Metric {
			name := family.GetName()
			for _, label := range metric.Label {
				if label.GetName() == "outcome" {
					name += " " + label.GetValue()
				}
			}
			sums[name] += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return sums
}

// resident is a process on a host of a lab.
type resident struct {
	t       *testing.T
	orders  *json.Encoder
	answers *json.Decoder
	state
}

func settle(t *testing.T, host *netns.Host, cfg Config) *resident {
	t.Helper()
	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	line := append(host.Exec(), os.Args[0])
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), residentEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // the context, which ends before, kills it
	})
	r := &resident{t: t, orders: json.NewEncoder(in), answers: json.NewDecoder(out)}
	require.NoError(t, r.answers.Decode(&r.state))
	return r
}

// does gives an order and returns what has come of it.
func (r *resident) does(o order) state {
	r.t.Helper()
	require.NoError(r.t, r.orders.Encode(o))
	r.state = state{}
	require.NoError(r.t, r.answers.Decode(&r.state))
	require.Empty(r.t, r.Error)
	return r.state
}

// circuitAddrs are the addresses through relays alone.
func circuitAddrs(addrs []string) (circuits []string) {
	for _, addr := range addrs {
		if strings.Contains(addr, "/p2p-circuit/") {
			circuits = append(circuits, addr)
		}
	}
	return circuits
}

// TestDirectInTheEnd: calls to a node behind a NAT begin through a relay and go on without: over a hole punched in both NATs when the caller
// is behind one too, over a connection that the node opens when it is not.
func TestDirectInTheEnd(t *testing.T) {
	lab, err := netns.New(t.Context())
	if errors.Is(err, netns.ErrUnavailable) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, lab.Close()) })

	const superNodes = 4 // as many have to see an address before it counts
	var supers []*resident
	var contacts []string
	for range superNodes {
		host, err := lab.Host(t.Context())
		require.NoError(t, err)
		super := settle(t, host, Config{Super: true, Listen: listening(host.Addr), Bootstrap: contacts})
		supers, contacts = append(supers, super), append(contacts, super.Addrs...)
	}
	hidden := func() *resident {
		host, err := lab.HostBehindNAT(t.Context())
		require.NoError(t, err)
		return settle(t, host, Config{Listen: listening("0.0.0.0"), Bootstrap: contacts})
	}
	node, neighbour := hidden(), hidden()
	public, err := lab.Host(t.Context())
	require.NoError(t, err)
	// It has met nobody, or the node would be connected to it before it calls.
	stranger := settle(t, public, Config{Listen: listening(public.Addr), Reachability: ReachabilityPublic})

	require.Eventually(t, func() bool {
		s := node.does(order{})
		return s.Punches && len(circuitAddrs(s.Addrs)) > 0 && neighbour.does(order{}).Punches
	}, 90*time.Second, 250*time.Millisecond, "the nodes do not know their relays and their NATs' addresses")
	relays := circuitAddrs(node.Addrs)
	relayedBytes := func() (sum float64) {
		for _, super := range supers {
			sum += super.does(order{}).Counted["libp2p_relaysvc_data_transferred_bytes_total"]
		}
		return sum
	}

	for _, c := range []struct {
		name   string
		caller *resident
		// counted is the metric that says how, of either.
		counted string
	}{
		{"a hole in both NATs", neighbour, "libp2p_holepunch_outcomes_total success"},
		{"a connection the other way", stranger, "libp2p_holepunch_direct_dials_total success"},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := c.caller.does(order{Dial: node.ID, Addrs: relays, Calls: 1})
			require.Positive(t, first.Circuits, "the first connection is through a relay")
			require.Eventually(t, func() bool {
				s := c.caller.does(order{Dial: node.ID, Calls: 1})
				return s.Direct || !s.Relayed
			}, time.Minute, 250*time.Millisecond, "there is no direct connection")

			carried := relayedBytes()
			const calls = 200
			last := c.caller.does(order{Dial: node.ID, Again: true, Calls: calls})
			require.False(t, last.Relayed)
			require.Positive(t, last.Straight)
			require.Zero(t, last.Counted["orb_peer_relayed_conns"])
			require.Less(t, relayedBytes()-carried, float64(calls*1000), "calls go over the relay")
			require.Positive(t, node.does(order{}).Counted[c.counted]+last.Counted[c.counted])
		})
	}
}

func listening(addr string) []string {
	return []string{"/ip4/" + addr + "/tcp/4001", "/ip4/" + addr + "/udp/4001/quic-v1"}
}
