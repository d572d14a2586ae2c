package runtime

import (
	"fmt"
	goruntime "runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestGrownMemoryIsTakenBack: an instance whose memory has grown serves the next request, with the memory that start-up has left; only one
// that took all that it may have is made anew.
func TestGrownMemoryIsTakenBack(t *testing.T) {
	for name, config := range map[string]Config{"mapped": {}, "portable": {Portable: true}} {
		for pages, kept := range map[int32]int{1: 1, 2: 1, 3: 0} {
			t.Run(fmt.Sprint(name, " ", pages), func(t *testing.T) {
				e, err := New(t.Context(), config)
				require.NoError(t, err)
				defer e.Close(t.Context())
				// unless the memory has one page, trap; grow it; and write to the end of what was added
				module := wasmtest.Module{Memory: &[2]uint32{1, 4}, Functions: []wasmtest.Function{{Export: "orb_handle", Code: wasmtest.Code(
					0x3f, 0, wasmtest.I32Const(1), 0x47, 0x04, 0x40, 0x00, 0x0b,
					wasmtest.I32Const(pages), 0x40, 0, 0x1a,
					wasmtest.I32Const((pages+1)<<16-8), 0x29, 3, 0, 0x50, 0x45, 0x04, 0x40, 0x00, 0x0b,
					wasmtest.I32Const((pages+1)<<16-8), wasmtest.I64Const(77), 0x37, 3, 0)}}}
				p, err := e.Load(t.Context(), module.Bytes(), Limits{Fuel: 1 << 20, Memory: 4 << 16})
				require.NoError(t, err)
				defer p.Close(t.Context())
				for range 3 {
					outcome, err := p.Run(t.Context(), functionstypes.CONTRACT_FILTER, nil)
					require.NoError(t, err)
					require.Equal(t, receipt.FaultNone, outcome.Fault, outcome.Message)
					require.Len(t, p.code.idle, kept)
				}
			})
		}
	}
}

// TestLongServiceStaysCheap: what a request of a command allocates does not grow with those before it.
func TestLongServiceStaysCheap(t *testing.T) {
	e, err := New(t.Context(), Config{})
	require.NoError(t, err)
	defer e.Close(t.Context())
	p, err := e.Load(t.Context(), wasmtest.Echo(""), Limits{Fuel: 1 << 20, Memory: 1 << 20})
	require.NoError(t, err)
	defer p.Close(t.Context())
	allocated := func(requests int) uint64 {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		for range requests {
			_, err := p.Run(t.Context(), functionstypes.CONTRACT_FILTER, nil)
			require.NoError(t, err)
		}
		goruntime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / uint64(requests)
	}
	first := allocated(maxSnapshots)
	allocated(10 * maxSnapshots)
	require.Less(t, allocated(maxSnapshots), first*3/2)
}
