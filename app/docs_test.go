package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", path))
	require.NoError(t, err)
	return string(data)
}

// TestAttacksAreTested: each attack that docs/attacks.md tells of names tests, and each of them exists.
func TestAttacksAreTested(t *testing.T) {
	exists := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, root := range []string{"app", "x", "pkg", "node", "testutil"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", root), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, match := range declared.FindAllStringSubmatch(string(data), -1) {
				exists[match[1]] = true
			}
			return err
		}))
	}
	named := regexp.MustCompile(`Test\w+`)
	attacks := 0
	for line := range strings.Lines(read(t, "docs/attacks.md")) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 5 || strings.Contains(cells[1], "---") || strings.TrimSpace(cells[1]) == "attack" {
			continue
		}
		attacks++
		tests := named.FindAllString(cells[len(cells)-2], -1)
		accepted := strings.Contains(line, "**accepted:**")
		require.True(t, len(tests) > 0 || accepted, "no test and not accepted: %s", line)
		for _, test := range tests {
			require.True(t, exists[test], "%s does not exist", test)
		}
	}
	require.Greater(t, attacks, 50)
}

// TestParamsAreDocumented: the tables of docs/economy.md name every param of every module, with its default.
func TestParamsAreDocumented(t *testing.T) {
	documented := make(map[string]string)
	row := regexp.MustCompile("^\\| `(\\S+)` \\| ([^|]+) \\|")
	module := ""
	for line := range strings.Lines(read(t, "docs/economy.md")) {
		if heading, found := strings.CutPrefix(line, "### x/"); found {
			module = strings.TrimSpace(heading)
		}
		if cells := row.FindStringSubmatch(line); cells != nil {
			documented[module+"."+cells[1]] = digits(cells[2])
		}
	}
	defaults := make(map[string]string)
	for module, params := range map[string]any{
		"functions": functionstypes.DefaultParams(), "seeding": seedingtypes.DefaultParams(), "rewards": rewardstypes.DefaultParams(),
	} {
		data, err := json.Marshal(params)
		require.NoError(t, err)
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var tree any
		require.NoError(t, decoder.Decode(&tree))
		flatten(module, tree, defaults)
	}
	require.Equal(t, defaults, documented)
}

// digits are a text's numbers alone, 4,320 being 4320; a text without any is itself.
func digits(text string) string {
	numbers := regexp.MustCompile(`\d+`).FindAllString(strings.ReplaceAll(text, ",", ""), -1)
	if len(numbers) == 0 {
		return text
	}
	return strings.Join(numbers, " ")
}

func flatten(name string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		if amount, coin := value["amount"]; coin {
			into[name] = fmt.Sprint(amount)
			return
		}
		for key, child := range value {
			flatten(name+"."+key, child, into)
		}
	case []any: // plans
		for _, child := range value {
			plan := child.(map[string]any)
			number := func(key string) string {
				if value, set := plan[key]; set {
					return fmt.Sprint(value)
				}
				return "0"
			}
			into[name+"."+plan["name"].(string)] = strings.Join([]string{number("base_replicas"), number("term_epochs"), number("included_requests")}, " ")
		}
	default:
		into[name] = fmt.Sprint(value)
	}
}

// TestEconomyExample computes every number of the worked example in docs/economy.md by the code that the chain runs.
func TestEconomyExample(t *testing.T) {
	text := read(t, "docs/economy.md")
	example := text[strings.Index(text, "## 5."):strings.Index(text, "## 6.")]
	says := func(format string, values ...any) {
		t.Helper()
		require.Contains(t, example, fmt.Sprintf(format, values...))
	}
	params := rewardstypes.DefaultParams()
	plan, err := params.Plan("standard")
	require.NoError(t, err)
	quote, err := params.Tariff.Quote(plan, 120_000_000, 3<<20, math.NewInt(50))
	require.NoError(t, err)
	says("= **%s** |", thousands(quote.Verification))
	says("= **%s** per replica and epoch |", thousands(quote.Rate))
	says("%s · %d · %s = **%s** |", quote.Rate, plan.BaseReplicas, thousands(math.NewIntFromUint64(plan.TermEpochs)), thousands(quote.Hosting))
	says("%s · 50 = **%s** |", thousands(math.NewIntFromUint64(plan.IncludedRequests)), thousands(quote.Included))
	says("**%s** uorb", thousands(quote.Total))
	says("get %s each", thousands(quote.Verification.QuoRaw(4)))

	split := params.FeeSplit.Of(math.NewInt(50), 3_000, 100)
	says("spends %s: fee %s, of which %s are burned, %s go to the gateway and %s to", thousands(split.Spent), split.Fee, split.Burned, split.Gateway, split.Validators)
	says("= %s, the host %s", thousands(split.Owner), thousands(split.Host))
	says("got %s back", thousands(split.Owner.Add(split.Host).Add(split.Gateway)))

	pay := func(epochs int64) string { return thousands(quote.Rate.MulRaw(epochs)) }
	says("144 · %s = %s", quote.Rate, pay(144))
	says("= %s.", pay(44+90))

	dearer := params.FeeSplit.Of(math.NewInt(80), 3_000, 100)
	says("at 80 uorb cost Bob %s", thousands(dearer.Spent))

	disputes := functionstypes.DefaultParams()
	slashed := math.NewInt(10_000_000).MulRaw(int64(disputes.DisputeSlashBps)).QuoRaw(10_000)
	reward := slashed.Sub(disputes.DisputeFee.Amount).MulRaw(int64(disputes.DisputeReporterBps)).QuoRaw(10_000)
	says("loses %s", thousands(slashed))
	says("reporter gets %s", thousands(reward))
	says("%s are burned", thousands(slashed.Sub(disputes.DisputeFee.Amount).Sub(reward)))

	seeding := seedingtypes.DefaultParams()
	says("grant of %s", thousands(math.NewIntFromUint64(seeding.Grant)))
	bare, err := params.Plan("bare")
	require.NoError(t, err)
	first, err := params.Tariff.Quote(bare, 1_000_000, 1<<20, math.NewInt(50))
	require.NoError(t, err)
	says("takes %s of it", thousands(first.Total))
}

// thousands writes an amount as the docs do.
func thousands(amount math.Int) string {
	text := amount.String()
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
