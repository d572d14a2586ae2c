package devloop

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// busy counts down from n.
func busy(n int32) wasmtest.Module {
	m := wasmtest.Command(wasmtest.I32Const(n), 0x21, 0, 0x03, 0x40, 0x20, 0, wasmtest.I32Const(1), 0x6b, 0x22, 0, 0x0d, 0, 0x0b)
	m.Functions[0].Locals = []byte{wasmtest.I32}
	m.Imports = []wasmtest.Import{{Module: "wasi_snapshot_preview1", Name: "proc_exit", Params: []byte{wasmtest.I32}}}
	m.Data = []wasmtest.Data{{Offset: 8, Bytes: []byte("data")}}
	return m
}

func inspect(t *testing.T, module []byte, sample bool, terms Terms) (*Inspection, error) {
	t.Helper()
	folder := t.TempDir()
	source := filepath.Join(folder, "a.wasm")
	require.NoError(t, os.WriteFile(source, module, 0o600))
	m := deploy.DefaultManifest()
	m.Contract, m.FuelFactor = "filter", 4
	if sample {
		m.Sample = filepath.Join(folder, "sample")
		require.NoError(t, os.WriteFile(m.Sample, []byte("x"), 0o600))
	}
	return look(context.Background(), source, m, terms)
}

var usual = Terms{Price: math.NewInt(50), OwnerShareBps: 3_000, Plan: "standard"}

func TestInspect(t *testing.T) {
	i, err := inspect(t, busy(5_000).Bytes(), true, usual)
	require.NoError(t, err)
	require.Equal(t, "filter", i.Contract)
	require.Equal(t, "command", i.Entry)
	require.Equal(t, []string{"wasi_snapshot_preview1.proc_exit"}, i.Imports)
	require.Equal(t, []string{"_start", "memory"}, i.Exports)
	names, total := []string{}, uint64(0)
	for _, s := range i.Sections {
		names, total = append(names, s.Name), total+s.Bytes
	}
	require.Equal(t, []string{"type", "import", "function", "memory", "export", "code", "data"}, names)
	require.Less(t, total, i.Size)
	require.Equal(t, uint64(64<<10), i.MemoryStart)
	require.Equal(t, 4*i.Complexity, i.FuelLimit)
	require.Empty(t, i.Refusal)

	// The same formulas as the chain's.
	rewards := rewardstypes.DefaultParams()
	plan, err := rewards.Plan("standard")
	require.NoError(t, err)
	quote, err := rewards.Tariff.Quote(plan, i.Complexity, i.Size, usual.Price)
	require.NoError(t, err)
	require.Equal(t, quote.Total, i.Deploy.Total)
	require.Equal(t, math.NewInt(50_000), i.Split.Spent)
	require.Equal(t, i.Split.Spent, i.Split.Host.Add(i.Split.Owner).Add(i.Split.Fee))

	var text bytes.Buffer
	require.NoError(t, i.Text(&text))
	for _, words := range []string{"filter, a command", "  code ", "proc_exit", "64 KiB at start", "complexity", "price 50uorb per request; of 1000 requests, 50000uorb", "verification", "hosting", "total"} {
		require.Contains(t, text.String(), words)
	}
}

func TestInspectReactor(t *testing.T) {
	m := busy(10)
	m.Functions[0].Export = "orb_handle"
	i, err := inspect(t, m.Bytes(), false, usual)
	require.NoError(t, err)
	require.Equal(t, "reactor", i.Entry)
	require.Zero(t, i.Complexity)
	var text bytes.Buffer
	require.NoError(t, i.Text(&text))
	require.Contains(t, text.String(), "unknown: name a sample request in orb.json, or with --sample")
}

func TestInspectRefused(t *testing.T) {
	i, err := inspect(t, busy(3).Bytes(), true, usual)
	require.NoError(t, err)
	require.Contains(t, i.Refusal, "complexity", "too little work for the chain")
	_, err = inspect(t, busy(3).Bytes(), true, Terms{Price: math.NewInt(50), Plan: "gold"})
	require.ErrorIs(t, err, rewardstypes.ErrUnknownPlan)
	_, err = inspect(t, []byte("MZ"), false, usual)
	require.Error(t, err)
}

// TestLayoutCut: no prefix of a module makes it panic.
func TestLayoutCut(t *testing.T) {
	module := busy(1).Bytes()
	for n := range module {
		_, _ = readLayout(module[:n])
	}
	_, err := readLayout(module[:len(module)-1])
	require.ErrorIs(t, err, errLayout)
}
