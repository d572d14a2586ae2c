package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/host"
)

// load calls a function from several callers until stop, which returns how many calls succeeded. Every failed one is reported.
func load(t *testing.T, name string, callers int) (stop func() uint64) {
	t.Helper()
	const pause = 4 * time.Millisecond // a caller's own work, so that the machine is left for others
	var served atomic.Uint64
	var wg sync.WaitGroup
	ended := make(chan struct{})
	for caller := range callers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				case <-time.After(pause):
				}
				body := fmt.Sprintf("caller %d, call %d", caller, i)
				response, answer, err := call(context.Background(), name, []byte(body))
				switch {
				case err != nil:
					t.Errorf("call failed: %v", err)
				case response.StatusCode != http.StatusOK:
					t.Errorf("call failed: %s: %s", response.Status, answer)
				case string(answer) != body:
					t.Errorf("answer %q to %q", answer, body)
				default:
					served.Add(1)
				}
			}
		})
	}
	stop = sync.OnceValue(func() uint64 {
		close(ended)
		wg.Wait()
		return served.Load()
	})
	t.Cleanup(func() { stop() })
	return stop
}

// TestHostKilled kills one host after another with calls in flight: no call fails and every call is charged once.
func TestHostKilled(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-killed", "--price", "50uorb", "--plan", "standard")
	client := dial(t)
	sponsor(t, "echo-killed")
	stop := load(t, "echo-killed", 8)
	for _, node := range network.Nodes[:2] {
		time.Sleep(2 * time.Second)
		require.NoError(t, node.Kill())
		time.Sleep(2 * time.Second)
		require.NoError(t, node.Start(t.Context()))
	}
	time.Sleep(2 * time.Second)
	requireChargedAtMostOnce(t, func() uint64 { return redeemed(t, client, function.Id) }, stop())
}

// requireChargedAtMostOnce waits for settlements to end. A killed host may lose at most its credit, never gain.
func requireChargedAtMostOnce(t *testing.T, redeemed func() uint64, served uint64) {
	t.Helper()
	require.NotZero(t, served)
	credit := host.Credit(served)
	require.Eventually(t, func() bool { return redeemed()+2*credit >= served }, time.Minute, 200*time.Millisecond,
		"settled %d of %d", redeemed(), served)
	time.Sleep(4 * time.Second)
	require.LessOrEqual(t, redeemed(), served, "somebody was charged twice")
}

// TestGatewayRestarted: the gateway goes on with the lanes it had, and charges go on from where they were.
func TestGatewayRestarted(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-gateway", "--price", "50uorb")
	client := dial(t)
	const calls = 40
	for i := range calls {
		mustCall(t, "echo-gateway", fmt.Append(nil, i))
	}
	require.NoError(t, network.Validators[0].SuperNode.Restart(t.Context()))
	for i := range calls {
		mustCall(t, "echo-gateway", fmt.Append(nil, i))
	}
	requireSettled(t, client, function.Id, 2*calls)
}

// TestNodeRestarted kills all hosts before they can settle: what they were promised is still paid after they are back.
func TestNodeRestarted(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-node", "--price", "50uorb")
	client := dial(t)
	const calls = 40
	for i := range calls {
		mustCall(t, "echo-node", fmt.Append(nil, i))
	}
	time.Sleep(300 * time.Millisecond) // longer than the time after which a batch of results is signed
	for _, node := range network.Nodes {
		require.NoError(t, node.Kill())
	}
	for _, node := range network.Nodes {
		require.NoError(t, node.Start(t.Context()))
	}
	requireSettled(t, client, function.Id, calls)
	mustCall(t, "echo-node", []byte("and on"))
}

// TestFaults: a function that fails is told apart from a network that fails, and the host serves on.
func TestFaults(t *testing.T) {
	deploy(t, "testdata/faulty", "faulty", "--price", "50uorb")
	for _, c := range []struct {
		input  string
		status int
		code   string
	}{
		{"loop", http.StatusBadGateway, "out_of_fuel"},
		{"alloc", http.StatusBadGateway, "out_of_memory"},
		{"exit", http.StatusBadGateway, "exit"},
		{"trap", http.StatusBadGateway, "exit"}, // Go ends a panic with exit status 2
		{"flood", http.StatusBadGateway, "response_too_large"},
	} {
		t.Run(c.input, func(t *testing.T) {
			requireFailure(t, "faulty", []byte(c.input), c.status, c.code)
			require.Equal(t, "still here", string(mustCall(t, "faulty", []byte("still here"))))
		})
	}
	for _, node := range network.Nodes {
		require.NotZero(t, node.PID(), "%s has died", node.Name)
	}
}

// TestRefusals are the gateway's own answers.
func TestRefusals(t *testing.T) {
	requireFailure(t, "no-such-function", nil, http.StatusNotFound, "unknown_function")

	deploy(t, "testdata/faulty", "paid-only", "--price", "50uorb", "--plan", "bare")
	f := requireFailure(t, "paid-only", []byte("x"), http.StatusPaymentRequired, "no_subscription")
	require.Equal(t, "50uorb", f.Error.Price)
	require.Contains(t, f.Error.How, "orb subscribe")

	requireFailure(t, "paid-only", make([]byte, 4<<20+1), http.StatusRequestEntityTooLarge, "body_too_large")
}

// TestSubscriber calls with an API key on a subscription of its own.
func TestSubscriber(t *testing.T) {
	function := deploy(t, "testdata/faulty", "subscribed", "--price", "50uorb", "--plan", "bare")
	gateway := network.Validators[0].Gateway
	out, err := network.Orb(t.Context(), "subscribe", "subscribed", "--deposit", "100000uorb", "--from", "bob", "--gateway", gateway, "--home", network.Home)
	require.NoError(t, err, out)
	out, err = network.Orb(t.Context(), "key", "create", "--from", "bob", "--gateway", gateway, "--home", network.Home)
	require.NoError(t, err, out)
	key := strings.TrimSpace(out)

	require.Equal(t, "hello", string(mustCall(t, "subscribed", []byte("hello"), "Authorization", "Bearer "+key)))
	requireFailure(t, "subscribed", []byte("hello"), http.StatusPaymentRequired, "no_subscription")
	requireSettled(t, dial(t), function.Id, 1)
}

// TestFallback: with no node left the super node hosts a function itself within one call's patience, and hands over when nodes return.
func TestFallback(t *testing.T) {
	deploy(t, "testdata/faulty", "echo-fallback", "--price", "50uorb")
	mustCall(t, "echo-fallback", []byte("hosted by a node"))
	for _, node := range network.Nodes {
		require.NoError(t, node.Stop())
	}
	for range 10 {
		require.Equal(t, "hosted by the super node", string(mustCall(t, "echo-fallback", []byte("hosted by the super node"))))
	}
	for _, node := range network.Nodes {
		require.NoError(t, node.Start(t.Context()))
	}
	require.Eventually(t, func() bool {
		response, answer, err := call(t.Context(), "echo-fallback", []byte("and back"))
		require.NoError(t, err)
		require.Equal(t, "and back", string(answer), response.Status)
		for _, node := range network.Nodes {
			if response.Header.Get("Orb-Host") == node.OrbID {
				return true
			}
		}
		return false
	}, time.Minute, 100*time.Millisecond)
}
