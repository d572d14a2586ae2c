package e2e_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/artifact"
	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/testutil/reliability"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// testNoSuperNode: with every super node down, and then the chain too, calls straight at hosts and fetches of artifacts go on, a node that
// restarts joins again at peers it has met, and all is paid once the chain is back.
func testNoSuperNode(ctx context.Context, t *testing.T, lab *reliability.Network) {
	const payer = "bob"
	out, err := lab.Orb(ctx, "subscribe", lab.Open.Name, "--deposit", "1000000uorb", "--from", payer, "--gateway", lab.Validators[0].Gateway,
		"--home", lab.Home)
	require.NoError(t, err, out)
	keyring, err := chain.OpenKeyring(lab.Home, chain.KeyringTest, nil)
	require.NoError(t, err)
	sender, err := chain.NewSender(lab.Chain, keyring, payer, chain.SenderConfig{})
	require.NoError(t, err)
	defer sender.Close()
	caller, err := node.NewCaller(ctx, lab.Chain, sender, t.TempDir())
	require.NoError(t, err)
	defer caller.Close()
	fn, err := caller.Lookup(ctx, lab.Open.Name)
	require.NoError(t, err)
	calls := uint64(0)
	call := func(t *testing.T) {
		t.Helper()
		body := fmt.Sprint("straight ", calls)
		answer, err := caller.Call(ctx, fn, sender.Address(), []byte(body))
		require.NoError(t, err)
		require.Equal(t, body, string(answer.Body))
		calls++
	}
	for range 50 { // lanes are open, credit has grown
		call(t)
	}
	time.Sleep(time.Second) // or hosts that are killed lose what they have no receipt for yet

	for _, v := range lab.Validators {
		require.NoError(t, v.SuperNode.Kill())
	}
	for range 50 {
		call(t)
	}
	again := lab.Nodes[1]
	require.NoError(t, again.Restart(ctx))
	require.Eventually(t, func() bool {
		return metricsOf(t, again.Client(), again.Local()).sum("orb_peer_connected") > 0
	}, time.Minute, 200*time.Millisecond, "the node has not joined again")

	for _, v := range lab.Validators {
		require.NoError(t, v.Kill())
	}
	for range 100 {
		call(t)
	}
	requireFetched(ctx, t, lab, fn.Version.Artifact.Cid, fn.Version.Artifact.Size_)

	var starts errgroup.Group
	for _, v := range lab.Validators {
		starts.Go(func() error {
			if err := v.Start(ctx); err != nil {
				return err
			}
			return v.SuperNode.Start(ctx) // its own host has served too
		})
	}
	require.NoError(t, starts.Wait())
	paid := uint64(0)
	err = reliability.Await(ctx, "settlements", func() (bool, error) {
		answer, err := lab.Chain.Rewards().Lanes(ctx, &rewardstypes.QueryLanesRequest{Payer: sender.Address()})
		if err != nil {
			return false, err
		}
		paid = 0
		for _, lane := range answer.Lanes {
			if lane.FunctionId == fn.Id {
				paid += lane.Redeemed
			}
		}
		return paid >= calls, nil
	})
	require.NoError(t, err, "%d of %d calls are paid", paid, calls)
	require.Equal(t, calls, paid)
}

// requireFetched has a peer that nobody knows fetch an artifact, with two of the nodes as first contacts.
func requireFetched(ctx context.Context, t *testing.T, lab *reliability.Network, cid string, size uint64) {
	t.Helper()
	var contacts []string
	for _, n := range lab.Nodes[2:4] {
		contacts = append(contacts, fmt.Sprintf("/ip4/%s/tcp/%d/p2p/%s", lab.Machine(n.Process).Addr, n.Ports[0], n.OrbID))
	}
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h, err := peer.New(ctx, peer.Config{Key: key, Listen: []string{"/ip4/0.0.0.0/tcp/0"}, Bootstrap: contacts})
	require.NoError(t, err)
	defer h.Close()
	require.NoError(t, h.Join(ctx))
	store, err := artifact.Open(ctx, artifact.Config{Dir: t.TempDir()}, h.Libp2p(), h.Routing())
	require.NoError(t, err)
	defer store.Close()
	bounded, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	data, err := store.Get(bounded, cid, size)
	require.NoError(t, err)
	require.Len(t, data, int(size))
}
