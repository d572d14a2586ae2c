package e2e_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/ipfs/boxo/datastore/dshelp"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/chain"
	pack "github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/testutil/devnet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// blockFile returns where a process keeps a block, or "".
func blockFile(t *testing.T, home string, c cid.Cid) (path string) {
	t.Helper()
	name := dshelp.MultihashToDsKey(c.Hash()).String()[1:] + ".data"
	require.NoError(t, filepath.WalkDir(home, func(at string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == name {
			path = at
		}
		return nil // stores move files while they are walked
	}))
	return path
}

// blocks returns the CIDs of an artifact's blocks, of which a process that ran with it has all.
func blocks(t *testing.T, home, artifact string) []cid.Cid {
	t.Helper()
	root, err := cid.Decode(artifact)
	require.NoError(t, err)
	all := []cid.Cid{root}
	if root.Prefix().Codec == cid.DagProtobuf {
		data, err := os.ReadFile(blockFile(t, home, root))
		require.NoError(t, err)
		node, err := merkledag.DecodeProtobuf(data)
		require.NoError(t, err)
		for _, link := range node.Links() {
			all = append(all, link.Cid)
		}
	}
	return all
}

// damage flips a byte of every leaf of an artifact on a stopped process's disk and returns what writes the right ones back.
func damage(t *testing.T, p *devnet.Process, artifact string) (repair func()) {
	t.Helper()
	right := make(map[string][]byte)
	for _, c := range blocks(t, p.Home, artifact) {
		if c.Prefix().Codec == cid.DagProtobuf {
			continue // a damaged root would hide the leaves
		}
		path := blockFile(t, p.Home, c)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		right[path] = bytes.Clone(data)
		data[len(data)/2] ^= 1
		require.NoError(t, os.Chmod(path, 0o600))
		require.NoError(t, os.WriteFile(path, data, 0o600))
	}
	require.NotEmpty(t, right)
	return func() {
		for path, data := range right {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}
	}
}

// sound tells whether a process has every block of an artifact with the right bytes.
func sound(t *testing.T, p *devnet.Process, all []cid.Cid) bool {
	t.Helper()
	for _, c := range all {
		path := blockFile(t, p.Home, c)
		if path == "" {
			return false
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		if sum, err := c.Prefix().Sum(data); err != nil || !sum.Equals(c) {
			return false
		}
	}
	return true
}

func artifactOf(t *testing.T, client *chain.Client, function string) string {
	t.Helper()
	answer, err := client.Functions().Version(t.Context(), &functionstypes.QueryVersionRequest{FunctionId: function, Number: 1})
	require.NoError(t, err)
	return answer.Version.Artifact.Cid
}

// TestDamagedArtifact: a node whose disk has changed an artifact's bytes fetches them anew before it serves, and callers go elsewhere
// meanwhile without noticing.
func TestDamagedArtifact(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-damaged", "--price", "50uorb")
	node := network.Nodes[0]
	artifact := artifactOf(t, dial(t), function.Id)
	all := blocks(t, node.Home, artifact)

	sponsor(t, "echo-damaged")
	stop := load(t, "echo-damaged", 4)
	time.Sleep(time.Second)
	require.NoError(t, node.Stop())
	damage(t, node.Process, artifact)
	require.False(t, sound(t, node.Process, all))
	require.NoError(t, node.Start(t.Context()))
	require.Eventually(t, func() bool { return sound(t, node.Process, all) }, time.Minute, 200*time.Millisecond, "the node has not mended its disk")
	require.Eventually(t, func() bool {
		response, answer, err := call(t.Context(), "echo-damaged", []byte("who answers?"))
		require.NoError(t, err)
		require.Equal(t, "who answers?", string(answer), response.Status)
		return response.Header.Get("Orb-Host") == node.OrbID
	}, time.Minute, 50*time.Millisecond, "the node does not serve again")
	require.NotZero(t, stop()) // load reports every answer that is not right
}

// TestDamagedEverywhere: when no right bytes are left, nothing is served at all, until one copy is back.
func TestDamagedEverywhere(t *testing.T) {
	function := deploy(t, "testdata/faulty", "echo-nowhere", "--price", "50uorb")
	mustCall(t, "echo-nowhere", []byte("before"))
	artifact := artifactOf(t, dial(t), function.Id)

	processes := []*devnet.Process{network.Validators[0].SuperNode}
	for _, node := range network.Nodes {
		processes = append(processes, node.Process)
	}
	for _, p := range processes {
		require.NoError(t, p.Stop())
	}
	repair := func() {}
	for _, p := range processes {
		repair = damage(t, p, artifact)
	}
	for _, p := range processes {
		require.NoError(t, p.Start(t.Context()))
	}
	requireFailure(t, "echo-nowhere", []byte("nobody has it"), http.StatusServiceUnavailable, "no_host")

	last := processes[len(processes)-1]
	require.NoError(t, last.Stop())
	repair()
	require.NoError(t, last.Start(t.Context()))
	require.Eventually(t, func() bool {
		response, answer, err := call(t.Context(), "echo-nowhere", []byte("again"))
		require.NoError(t, err)
		if response.StatusCode == http.StatusServiceUnavailable {
			return false
		}
		require.Equal(t, "again", string(answer), response.Status)
		return true
	}, time.Minute, 100*time.Millisecond)
	for _, p := range processes {
		all := blocks(t, last.Home, artifact)
		require.Eventually(t, func() bool { return sound(t, p, all) }, 90*time.Second, 500*time.Millisecond, "%s has not mended its disk", p.Name)
	}
}

// TestWrongArtifact deploys versions whose hashes are not those of the uploaded bytes. The super nodes refuse them, and all that was
// escrowed returns but the verification fee.
func TestWrongArtifact(t *testing.T) {
	pkg, err := pack.Build(t.Context(), "testdata/faulty", nil, false)
	require.NoError(t, err)
	response, err := http.Post(network.Validators[0].Gateway+"/v1/artifacts", "application/wasm", bytes.NewReader(pkg.Bytes))
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)

	for _, c := range []struct {
		name   string
		change func(*functionstypes.Artifact)
	}{
		{"wrong-sha256", func(a *functionstypes.Artifact) { a.Sha256 = bytes.Repeat([]byte{1}, 32) }},
		{"wrong-merkle-root", func(a *functionstypes.Artifact) { a.MerkleRoot = bytes.Repeat([]byte{2}, 32) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			artifact := pkg.Artifact
			c.change(&artifact)
			requireRejected(t, c.name, artifact)
		})
	}
}

// requireRejected deploys by hand what the deploy command would not.
func requireRejected(t *testing.T, name string, artifact functionstypes.Artifact) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := dial(t)
	keyring, err := chain.OpenKeyring(network.Home, chain.KeyringTest, nil)
	require.NoError(t, err)
	sender, err := chain.NewSender(client, keyring, "bob", chain.SenderConfig{}) // alice still earns from other tests
	require.NoError(t, err)
	defer sender.Close()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)

	const complexity, price = 1_000_000, 50
	params, err := client.Rewards().Params(ctx, &rewardstypes.QueryParamsRequest{})
	require.NoError(t, err)
	plan, err := params.Params.Plan("standard")
	require.NoError(t, err)
	quote, err := params.Params.Tariff.Quote(plan, complexity, artifact.Size_, math.NewInt(price))
	require.NoError(t, err)
	require.True(t, quote.Total.GT(quote.Verification))
	msg := &functionstypes.MsgDeployFunction{
		Owner: sender.Address(), Name: name, SigningKey: key.Public().(ed25519.PublicKey), Price: sdk.NewInt64Coin("uorb", price), Plan: plan.Name,
		Artifact: artifact, Sample: functionstypes.Sample{Request: []byte("sample")}, Complexity: complexity, FuelLimit: complexity,
		MemoryLimit: 64 << 20, Contract: functionstypes.CONTRACT_FILTER, MaxCost: sdk.NewCoin("uorb", quote.Total),
	}
	version := msg.Version()
	msg.Signature = ed25519.Sign(key, functionstypes.VersionSignBytes(network.ChainID, msg.Owner, name, &version))
	before := balance(t, client, msg.Owner)
	sent, err := sender.Send(ctx, msg)
	require.NoError(t, err)

	id := functionstypes.FunctionID(msg.SigningKey)
	require.Eventually(t, func() bool {
		answer, err := client.Functions().Version(ctx, &functionstypes.QueryVersionRequest{FunctionId: id, Number: 1})
		require.NoError(t, err)
		version = answer.Version
		return version.Status != functionstypes.VERSION_STATUS_PENDING
	}, time.Minute, 200*time.Millisecond)
	require.Equal(t, functionstypes.VERSION_STATUS_REJECTED, version.Status)
	require.Equal(t, functionstypes.VERDICT_BAD_ARTIFACT, version.Reason)
	lost := before.Sub(balance(t, client, msg.Owner))
	require.Equal(t, quote.Verification.Add(gasPaid(t, sent.Hash)).String(), lost.String(), "all but the verification fee returns")
}

// gasPaid is the fee of a transaction in uorb.
func gasPaid(t *testing.T, hash string) math.Int {
	t.Helper()
	out, err := network.Orbchaind(t.Context(), "query", "tx", hash, "--output", "json")
	require.NoError(t, err)
	var answer struct {
		Tx struct {
			AuthInfo struct {
				Fee struct{ Amount sdk.Coins }
			} `json:"auth_info"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer), fmt.Sprint(out))
	return answer.Tx.AuthInfo.Fee.Amount.AmountOf("uorb")
}
