package e2e_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/host"
	"github.com/orbnetwork/orb/testutil/devnet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// variant makes the source of a function whose artifact no other has.
func variant(t *testing.T, number byte) (source string) {
	t.Helper()
	source = filepath.Join(t.TempDir(), "source")
	require.NoError(t, devnet.WriteEcho(source, number))
	return source
}

func update(t *testing.T, source, name string) {
	t.Helper()
	out, err := network.Orbchaind(t.Context(), "tx", "functions", "update", source, "--name", name, "--from", "alice", "--yes")
	require.NoError(t, err, out)
}

// onDisk tells whether a process has an artifact.
func onDisk(t *testing.T, p *devnet.Process, artifact string) bool {
	t.Helper()
	root, err := cid.Decode(artifact)
	require.NoError(t, err)
	return blockFile(t, p.Home, root) != ""
}

// served is what a node serves of a function, if it does.
func served(t *testing.T, n *devnet.Node, function string) *host.FunctionStatus {
	t.Helper()
	status := statusOf(t, n)
	i := slices.IndexFunc(status.Functions, func(f host.FunctionStatus) bool { return f.ID == function })
	if i < 0 {
		return nil
	}
	return &status.Functions[i]
}

func epochOf(t *testing.T, client *chain.Client) uint64 {
	t.Helper()
	answer, err := client.Seeding().Params(t.Context(), &seedingtypes.QueryParamsRequest{})
	require.NoError(t, err)
	return answer.Epoch
}

func awaitEpoch(t *testing.T, client *chain.Client, epoch uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return epochOf(t, client) >= epoch }, 2*time.Minute, 200*time.Millisecond)
}

// proven counts the epochs from one through another that a node has proven.
func proven(node seedingtypes.Node, from, through uint64) (epochs uint64) {
	for _, span := range node.Proven {
		if low, high := max(span.From, from), min(span.Through, through); low <= high {
			epochs += high - low + 1
		}
	}
	return epochs
}

// paidSeeds returns a function's paid seeds with their nodes.
func paidSeeds(t *testing.T, client *chain.Client, function string) []seedingtypes.SeedWithNode {
	t.Helper()
	answer, err := client.Seeding().Seeds(t.Context(), &seedingtypes.QuerySeedsRequest{FunctionId: function})
	require.NoError(t, err)
	return slices.DeleteFunc(answer.Seeds, func(s seedingtypes.SeedWithNode) bool { return !s.Seed.Paid })
}

// TestAbsence: in each epoch drawn nodes answer by themselves, also one whose disk changes meanwhile. One that is away misses what it is
// drawn for and is not paid for that; back again it serves what was updated, and leaves what was deprecated.
func TestAbsence(t *testing.T) {
	client := dial(t)
	staying := deploy(t, variant(t, 1), "staying", "--price", "50uorb", "--plan", "standard")
	leaving := deploy(t, variant(t, 2), "leaving", "--price", "50uorb", "--plan", "bare")
	first, gone := artifactOf(t, client, staying.Id), artifactOf(t, client, leaving.Id)
	var nodes []*devnet.Node
	for _, seed := range paidSeeds(t, client, staying.Id) {
		for _, n := range network.Nodes {
			if n.OrbID == seed.Node.OrbId {
				nodes = append(nodes, n)
			}
		}
	}
	require.NotEmpty(t, nodes, "no node has a paid seed")
	absent, damaged := nodes[0], nodes[len(nodes)-1]
	nodeOf := func(n *devnet.Node) seedingtypes.Node {
		answer, err := client.Seeding().Node(t.Context(), &seedingtypes.QueryNodeRequest{OrbId: n.OrbID})
		require.NoError(t, err)
		return answer.Node
	}
	// All nodes with paid seeds are drawn in each epoch, as there are fewer than draws.
	const epochs = 2
	start := epochOf(t, client) + 1
	damage(t, damaged.Process, first)
	awaitEpoch(t, client, start+epochs)
	for _, n := range nodes {
		require.Equal(t, uint64(epochs), proven(nodeOf(n), start, start+epochs-1), "%s has missed a draw", n.Name)
	}

	require.NoError(t, absent.Stop())
	left := epochOf(t, client)
	update(t, variant(t, 3), "staying")
	send(t, "functions", "deprecate", leaving.Id)
	require.Eventually(t, func() bool {
		answer, err := client.Functions().Function(t.Context(), &functionstypes.QueryFunctionRequest{Function: leaving.Id})
		return err == nil && answer.Function.Status == functionstypes.FUNCTION_STATUS_ENDED
	}, time.Minute, 200*time.Millisecond)
	awaitEpoch(t, client, left+epochs)
	require.True(t, onDisk(t, absent.Process, first) && onDisk(t, absent.Process, gone))
	back := epochOf(t, client)
	require.NoError(t, absent.Start(t.Context()))
	require.Eventually(t, func() bool {
		f := served(t, absent, staying.Id)
		return f != nil && f.Version == 2 && f.Paid && served(t, absent, leaving.Id) == nil
	}, time.Minute, 200*time.Millisecond, "the node has not caught up")
	require.Eventually(t, func() bool { return !onDisk(t, absent.Process, first) && !onDisk(t, absent.Process, gone) },
		time.Minute, 200*time.Millisecond, "what is not seeded any more is still on disk")

	// What is paid is what is proven, epoch by epoch.
	require.Eventually(t, func() bool { return nodeOf(absent).ProvenThrough > back }, time.Minute, 200*time.Millisecond, "it proves again")
	require.Zero(t, proven(nodeOf(absent), left+1, back-1), "missed draws are forfeited")
	resumed := nodeOf(absent).ProvenThrough
	require.Eventually(t, func() bool {
		escrow, err := client.Rewards().Escrow(t.Context(), &rewardstypes.QueryEscrowRequest{FunctionId: staying.Id})
		require.NoError(t, err)
		require.Len(t, escrow.Escrow.Terms, 1)
		term := escrow.Escrow.Terms[0]
		full := term.Rate.MulRaw(int64(term.BaseReplicas)).MulRaw(int64(term.Through - term.From + 1))
		earned, claimed := math.ZeroInt(), false
		for _, seed := range paidSeeds(t, client, staying.Id) {
			epochs := proven(seed.Node, max(seed.Seed.Since+1, term.From), seed.Seed.ClaimedThrough)
			earned = earned.Add(term.Rate.MulRaw(int64(epochs)))
			claimed = claimed || seed.Node.OrbId == absent.OrbID && seed.Seed.ClaimedThrough >= resumed
		}
		return claimed && full.Sub(term.Balance).Equal(earned) // unless a claim came between the two queries
	}, 2*time.Minute, 500*time.Millisecond, "hosting pay is not the rate times the epochs proven")
}

// TestDiskBudget: a node never has more on disk than its operator allows. It takes what fits, and an update replaces what it has at once.
func TestDiskBudget(t *testing.T) {
	client := dial(t)
	n := network.Nodes[1]
	before := statusOf(t, n).ArtifactBytes
	require.NotZero(t, before)
	policy := func(bytes uint64) {
		out, err := network.Orb(t.Context(), "node", "policy", "--max-bytes", math.NewIntFromUint64(bytes).String(), "--home", n.Home)
		require.NoError(t, err, out)
	}
	const room = 300 // for one artifact, of 188 bytes
	policy(before + room)
	defer policy(0)
	require.Eventually(t, func() bool { return statusOf(t, n).MaxBytes == before+room }, 20*time.Second, 100*time.Millisecond)

	fits := deploy(t, variant(t, 4), "fits", "--price", "50uorb", "--plan", "bare")
	artifact := artifactOf(t, client, fits.Id)
	out, err := network.Orbchaind(t.Context(), "tx", "functions", "deploy", variant(t, 5), "--name", "too-much", "--price", "50uorb", "--plan", "bare",
		"--from", "alice", "--yes")
	require.NoError(t, err, out)
	tooMuch, err := client.Functions().Function(t.Context(), &functionstypes.QueryFunctionRequest{Function: "too-much"})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(nodeSeeds(t, client, tooMuch.Function.Id)) == len(network.Nodes)-1 }, time.Minute, 200*time.Millisecond,
		"the others take it")
	require.Nil(t, served(t, n, tooMuch.Function.Id))

	update(t, variant(t, 6), "fits")
	require.Eventually(t, func() bool {
		status := statusOf(t, n)
		require.LessOrEqual(t, status.ArtifactBytes, before+room)
		f := served(t, n, fits.Id)
		return f != nil && f.Version == 2 && !onDisk(t, n.Process, artifact)
	}, time.Minute, 100*time.Millisecond, "the update has not taken the place of what it replaces")
	m := metricsOf(t, n.Client(), n.Local())
	require.LessOrEqual(t, m.sum("orb_host_artifact_bytes"), m.sum("orb_host_artifact_bytes_max"))
	require.Equal(t, float64(before+room), m.sum("orb_host_artifact_bytes_max"))

	policy(0)
	require.Eventually(t, func() bool { return served(t, n, tooMuch.Function.Id) != nil }, time.Minute, 200*time.Millisecond, "there is room now")
}

// TestStoppedUnderLoad: a node that is told to end finishes what it has begun and settles: no call fails, and every one is paid.
func TestStoppedUnderLoad(t *testing.T) {
	function := deploy(t, variant(t, 7), "echo-stopped", "--price", "50uorb", "--plan", "bare")
	client := dial(t)
	sponsor(t, "echo-stopped")
	stop := load(t, "echo-stopped", 8)
	for _, n := range network.Nodes[:2] {
		require.Eventually(t, func() bool { f := served(t, n, function.Id); return f != nil && f.Served > 0 }, time.Minute, 100*time.Millisecond)
		require.NoError(t, n.Stop())
		time.Sleep(time.Second)
		require.NoError(t, n.Start(t.Context()))
	}
	require.Eventually(t, func() bool { f := served(t, network.Nodes[1], function.Id); return f != nil && f.Served > 0 }, time.Minute, 100*time.Millisecond,
		"it serves again")
	requireSettled(t, client, function.Id, stop())
}
