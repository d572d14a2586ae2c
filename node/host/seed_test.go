package host

import (
	"context"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// county is a chain with several functions, each as of a town. It includes nothing before all of them have sent something.
type county struct {
	*town
	towns map[string]*town
	came  chan struct{}
	all   chan struct{}
}

func (c *county) Function(ctx context.Context, r *functionstypes.QueryFunctionRequest, _ ...grpc.CallOption) (*functionstypes.QueryFunctionResponse, error) {
	return c.towns[r.Function].Function(ctx, r)
}

func (c *county) Send(ctx context.Context, msgs ...sdk.Msg) (*chain.TxResult, error) {
	c.came <- struct{}{}
	select {
	case <-c.all:
		return c.town.Send(ctx, msgs...)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestSeedsTogether: what is ready goes on chain together and not one block after the other.
func TestSeedsTogether(t *testing.T) {
	c := &county{town: newTown(0), towns: make(map[string]*town), came: make(chan struct{}), all: make(chan struct{})}
	pending := make(map[string]bool)
	for range 5 {
		one := newTown(0)
		c.towns[one.function.Id], pending[one.function.Id] = one, true
	}
	h := c.host(t, t.TempDir(), func(cfg *Config) { cfg.Functions, cfg.Sender = c, c })
	for id := range pending {
		h.want(id)
	}
	for range pending {
		select {
		case <-c.came:
		case <-time.After(10 * time.Second):
			t.Fatal("a seed waits for another")
		}
	}
	close(c.all)
	require.Eventually(t, func() bool { return len(c.messages()) == len(pending) && len(h.Status().Functions) == len(pending) }, 10*time.Second, time.Millisecond)
}
