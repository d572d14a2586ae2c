package artifact

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kubo is a daemon of kubo's ipfs with a folder of its own, on loopback, without contact to any other.
type kubo struct{ env []string }

func startKubo(t *testing.T) *kubo {
	t.Helper()
	if _, err := exec.LookPath("ipfs"); err != nil {
		t.Skip("kubo's ipfs is not installed; .ci/run installs it")
	}
	k := &kubo{env: append(os.Environ(), "IPFS_PATH="+t.TempDir(), "IPFS_TELEMETRY=off")}
	// The profile has it listen at free ports of loopback and know nobody.
	k.run(t, nil, "init", "--profile=test")
	var log bytes.Buffer
	daemon := exec.Command("ipfs", "daemon") //nolint:noctx // ends with the test
	out, in, err := os.Pipe()
	require.NoError(t, err)
	daemon.Env, daemon.Stdout, daemon.Stderr = k.env, in, in
	require.NoError(t, daemon.Start())
	require.NoError(t, in.Close())
	// Any other ipfs command that came before this line would take the daemon's lock from it.
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&log, lines.Text())
			if lines.Text() == "Daemon is ready" {
				close(ready)
			}
		}
	}()
	t.Cleanup(func() {
		_ = daemon.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(20*time.Second, func() { _ = daemon.Process.Kill() })
		<-ended
		_ = daemon.Wait() // it ends by our signal
		kill.Stop()
		_ = out.Close()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	select {
	case <-ready:
	case <-ended:
		require.Fail(t, "the daemon has ended")
	case <-time.After(time.Minute):
		require.Fail(t, "the daemon does not start")
	}
	return k
}

func (k *kubo) run(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ipfs", args...)
	cmd.Env, cmd.Stdin = k.env, bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "ipfs %s\n%s", strings.Join(args, " "), stderr.String())
	return out
}

// TestKubo: an artifact has the same CID in kubo, which fetches it from a node, and a node from it.
func TestKubo(t *testing.T) {
	k := startKubo(t)
	h := newHost(t)
	store := open(t, filepath.Join(t.TempDir(), "store"), h)
	for _, addr := range h.Addrs() {
		k.run(t, nil, "swarm", "connect", addr)
	}
	sizes := map[string]int{"one byte": 1, "one chunk": 1 << 20, "two chunks": 1<<20 + 1, "many chunks": 5<<20 + 17}
	seed := uint64(0)
	for name, size := range sizes {
		seed += 2
		t.Run(name, func(t *testing.T) {
			theirs := random(seed, size)
			id := strings.TrimSpace(string(k.run(t, theirs, "add", "--quieter", "--cid-version=1", "--raw-leaves", "--chunker=size-1048576",
				"--max-file-links=1024")))
			same, err := CID(theirs)
			require.NoError(t, err)
			require.Equal(t, same, id)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, err := store.Get(ctx, id, uint64(size))
			require.NoError(t, err)
			require.True(t, bytes.Equal(theirs, got))

			ours := random(seed+1, size)
			id, err = store.Put(ctx, ours)
			require.NoError(t, err)
			require.True(t, bytes.Equal(ours, k.run(t, nil, "cat", id)))
		})
	}
}
