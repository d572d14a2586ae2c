package price

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite testdata from what the code gives")

var tariff = Tariff{
	VerificationBase: 10_000, VerificationPerMfuel: 100, VerificationPerMib: 2_000,
	HostingBase: 50, HostingPerGfuel: 10, HostingPerMib: 20,
}

// TestQuoteGolden holds quotes for plans, sizes and complexities against testdata/quotes.json, which another implementation can use too.
func TestQuoteGolden(t *testing.T) {
	type row struct {
		Plan       Plan     `json:"plan"`
		Complexity uint64   `json:"complexity"`
		Size       uint64   `json:"size"`
		Price      math.Int `json:"price"`
		Quote      Quote    `json:"quote"`
	}
	var rows []row
	for _, plan := range []Plan{
		{Name: "bare"},
		{Name: "starter", IncludedRequests: 1_000},
		{Name: "standard", BaseReplicas: 2, TermEpochs: 1_000, IncludedRequests: 10_000},
	} {
		for _, size := range []uint64{1, mib, mib + 1, 5 * mib} {
			for _, complexity := range []uint64{1, mfuel, gfuel + 1} {
				quote, err := tariff.Quote(plan, complexity, size, math.NewInt(50))
				require.NoError(t, err)
				rows = append(rows, row{plan, complexity, size, math.NewInt(50), quote})
			}
		}
	}
	golden(t, "testdata/quotes.json", map[string]any{"tariff": tariff, "quotes": rows})
}

// TestSplitGolden does the same for splits.
func TestSplitGolden(t *testing.T) {
	type row struct {
		FeeSplit      FeeSplit `json:"fee_split"`
		Price         math.Int `json:"price"`
		OwnerShareBps uint32   `json:"owner_share_bps"`
		Count         uint64   `json:"count"`
		Split         Split    `json:"split"`
	}
	var rows []row
	for _, fees := range []FeeSplit{{}, {FeeBps: 500, BurnBps: 5000, GatewayBps: 4000}, {FeeBps: 10_000, BurnBps: 10_000}, {FeeBps: 333, BurnBps: 3333, GatewayBps: 3333}} {
		for _, share := range []uint32{0, 3000, 10_000} {
			for _, count := range []uint64{0, 1, 7, 10_000_000} {
				rows = append(rows, row{fees, math.NewInt(53), share, count, fees.Of(math.NewInt(53), share, count)})
			}
		}
	}
	golden(t, "testdata/splits.json", rows)
}

func golden(t *testing.T, path string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	require.NoError(t, err)
	got = append(got, '\n')
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestQuoteRefuses(t *testing.T) {
	valid := Plan{Name: "standard", BaseReplicas: 2, TermEpochs: 10}
	for name, c := range map[string]struct {
		tariff Tariff
		plan   Plan
		price  math.Int
	}{
		"plan without name":          {tariff, Plan{}, math.OneInt()},
		"replicas without term":      {tariff, Plan{Name: "x", BaseReplicas: 1}, math.OneInt()},
		"term without replicas":      {tariff, Plan{Name: "x", TermEpochs: 1}, math.OneInt()},
		"too many replicas":          {tariff, Plan{Name: "x", BaseReplicas: MaxReplicas + 1, TermEpochs: 1}, math.OneInt()},
		"too long a term":            {tariff, Plan{Name: "x", BaseReplicas: 1, TermEpochs: maxTerm + 1}, math.OneInt()},
		"too many requests included": {tariff, Plan{Name: "x", IncludedRequests: maxRequests + 1}, math.OneInt()},
		"tariff too high":            {Tariff{HostingBase: maxTariff + 1}, valid, math.OneInt()},
		"no price":                   {tariff, valid, math.Int{}},
		"negative price":             {tariff, valid, math.NewInt(-1)},
		"price too large":            {tariff, valid, math.NewIntWithDecimal(1, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.tariff.Quote(c.plan, 1, 1, c.price)
			require.ErrorIs(t, err, ErrInvalid)
		})
	}
}

// TestQuoteAtTheEdges: the largest valid terms do not overflow.
func TestQuoteAtTheEdges(t *testing.T) {
	top := Tariff{maxTariff, maxTariff, maxTariff, maxTariff, maxTariff, maxTariff}
	plan := Plan{Name: "max", BaseReplicas: MaxReplicas, TermEpochs: maxTerm, IncludedRequests: maxRequests}
	highest := math.NewIntFromUint64(1 << 63).MulRaw(1 << 32)
	quote, err := top.Quote(plan, ^uint64(0), ^uint64(0), highest)
	require.NoError(t, err)
	require.Equal(t, quote.Total.String(), quote.Verification.Add(quote.Hosting).Add(quote.Included).String())
}

// TestSplitProperties: for any terms the parts add up, no part is negative, and settling in steps pays what settling at once does.
func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bps := rapid.Uint32Range(0, basisPoints)
		fees := FeeSplit{FeeBps: bps.Draw(t, "fee"), BurnBps: bps.Draw(t, "burn"), GatewayBps: bps.Draw(t, "gateway")}
		require.NoError(t, fees.Validate())
		share := bps.Draw(t, "share")
		each := math.NewIntFromUint64(rapid.Uint64Range(0, 1<<50).Draw(t, "price"))

		counts := rapid.SliceOfN(rapid.Uint64Range(0, 1000), 1, 10).Draw(t, "steps")
		var count uint64
		settled := fees.Of(each, share, 0)
		paid := settled
		for _, more := range counts {
			count += more
			now := fees.Of(each, share, count)
			step := now.Sub(settled)
			for name, amount := range map[string]math.Int{
				"host": step.Host, "owner": step.Owner, "burned": step.Burned, "gateway": step.Gateway, "validators": step.Validators,
			} {
				require.False(t, amount.IsNegative(), "%s shrank by %s", name, amount)
			}
			require.Equal(t, step.Spent.String(), step.Host.Add(step.Owner).Add(step.Fee).String())
			require.Equal(t, step.Fee.String(), step.Burned.Add(step.Gateway).Add(step.Validators).String())
			require.Equal(t, each.Mul(math.NewIntFromUint64(more)).String(), step.Spent.String())
			paid = paid.Add(step)
			settled = now
		}
		require.Equal(t, fmt.Sprint(fees.Of(each, share, count)), fmt.Sprint(paid))
	})
}
