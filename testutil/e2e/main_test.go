// Package e2e_test runs whole networks of real processes and looks at them from outside only: HTTP, command lines, the chain's
// queries. Tests that break processes mend them before they end, so that all share one network.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/orbnetwork/orb/testutil/devnet"
)

var (
	network *devnet.Network
	bin     string
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "orb-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	bin = filepath.Join(dir, "bin")
	if out, err := exec.Command("go", "build", "-o", bin+"/", "../../cmd/orbchaind", "../../cmd/orb").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	network, err = devnet.Start(ctx, devnet.Options{
		Bin: bin, Home: filepath.Join(dir, "net"), Validators: 1, Nodes: 3, FreePorts: true, BlockTime: 200 * time.Millisecond,
		// Epochs of five seconds, so that proofs and hosting pay go on under all tests, and a notice that a test can wait for.
		Genesis: map[string]any{"app_state": map[string]any{
			"seeding":   map[string]any{"params": map[string]any{"epoch_blocks": "25"}},
			"functions": map[string]any{"params": map[string]any{"notice_blocks": 75}},
		}},
		Progress: func(step string) { fmt.Fprintln(os.Stderr, step) },
	})
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopErr := network.Stop(); stopErr != nil && err == nil {
			err = stopErr
		}
	}()
	return m.Run(), nil
}
