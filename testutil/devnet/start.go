package devnet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"golang.org/x/sync/errgroup"

	"github.com/orbnetwork/orb/node/chain"
)

// settleEvery keeps settlements quick to watch. A node on a real network waits longer, and until they are worth their gas.
const settleEvery = "3s"

// startedAtOnce is how many nodes start at the same time: most of a start is waiting for blocks.
const startedAtOnce = 4

// describe says how to run every process. Homes exist.
func (n *Network) describe(ctx context.Context) error {
	var peers []string
	for i, v := range n.Validators {
		id, err := n.comet(ctx, i)
		if err != nil {
			return err
		}
		peers = append(peers, fmt.Sprintf("%s@%s", id, v.place.at(v.Ports[portP2P])))
	}
	for i, v := range n.Validators {
		v.Process = &Process{
			Name: numbered(accountValidator, i), Home: n.validatorHome(i), path: filepath.Join(n.opts.Bin, "orbchaind"),
			args: []string{
				"start", "--home", n.validatorHome(i),
				"--rpc.laddr", "tcp://" + v.place.at(v.Ports[portRPC]), "--rpc.pprof_laddr", "",
				"--p2p.laddr", "tcp://" + v.place.at(v.Ports[portP2P]), "--p2p.persistent_peers", strings.Join(peers, ","),
				"--grpc.address", v.GRPC, "--api.enable", "--api.address", "tcp://" + v.place.at(v.Ports[portREST]),
			},
			env: []string{
				"ORBCHAIND_CONSENSUS_TIMEOUT_COMMIT=" + n.opts.BlockTime.String(),
				"ORBCHAIND_P2P_ALLOW_DUPLICATE_IP=true", "ORBCHAIND_P2P_ADDR_BOOK_STRICT=false",
			},
			ready: func(ctx context.Context) error { return n.producing(ctx, v) },
		}
		v.SuperNode = &Process{
			Name: numbered("supernode", i), Home: n.superNodeHome(i), path: filepath.Join(n.opts.Bin, "orbchaind"),
			args:  []string{"supernode", "start", "--home", n.superNodeHome(i)},
			ready: func(ctx context.Context) error { return get(ctx, http.DefaultClient, v.Gateway+"/healthz") },
		}
		v.in(v.place)
		v.SuperNode.in(v.place)
	}
	for i, node := range n.Nodes {
		node.Process = &Process{
			Name: numbered(nodeName, i), Home: n.nodeHome(i), path: filepath.Join(n.opts.Bin, "orb"),
			args:  []string{"node", "start", "--home", n.nodeHome(i)},
			ready: func(ctx context.Context) error { return get(ctx, node.place.client(), node.Local()+"/v1/status") },
		}
		node.in(node.place)
	}
	return nil
}

// producing succeeds once a validator has made its first block: transactions sent before that fail in odd ways.
func (n *Network) producing(ctx context.Context, v *Validator) error {
	client, err := chain.Dial(ctx, chain.Config{RPC: v.RPC, GRPC: v.GRPC})
	if err != nil {
		return err
	}
	defer client.Close()
	height, err := client.Height(ctx)
	if err == nil && height < 1 {
		err = fmt.Errorf("no block yet")
	}
	return err
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// startSuperNode makes the super node's home at its first start and registers it.
func (n *Network) startSuperNode(ctx context.Context, i int, v *Validator) error {
	home := n.superNodeHome(i)
	if missing(filepath.Join(home, "config")) {
		if _, err := n.orbchaind(ctx, "supernode", "init", "--home", home, "--moniker", v.SuperNode.Name,
			"--attester", numbered(accountAttester, i), "--keyring-backend", keyring.BackendTest, "--keyring-dir", n.Home,
			"--rpc", v.RPC, "--grpc", v.GRPC, "--listen", v.place.at(v.Ports[portGateway]), "--endpoint", v.Gateway,
			"--peer-listen", v.place.multiaddrs(v.Ports[portSuperPeer]), "--settle-every", settleEvery, "--settle-margin", "0"); err != nil {
			return err
		}
		if _, err := n.orbchaind(ctx, "supernode", "register", "--home", home, "--from", numbered(accountValidator, i)); err != nil {
			return err
		}
	}
	return v.SuperNode.Start(ctx)
}

// startNodes starts all nodes, several at once.
func (n *Network) startNodes(ctx context.Context) error {
	var starts errgroup.Group
	starts.SetLimit(startedAtOnce)
	for i, node := range n.Nodes {
		starts.Go(func() error { return n.startNode(ctx, i, node) })
	}
	return starts.Wait()
}

// startNode makes the node's home at its first start. It joins through one of the validators' chain processes.
func (n *Network) startNode(ctx context.Context, i int, node *Node) error {
	home := n.nodeHome(i)
	if missing(filepath.Join(home, "config")) {
		v := n.Validators[i%len(n.Validators)]
		id, err := n.Orb(ctx, append([]string{"node", "init", "--home", home, "--moniker", node.Name,
			"--from", numbered(accountOperator, i), "--keyring-backend", keyring.BackendTest, "--keyring-dir", n.Home,
			"--chain-rpc", v.RPC, "--chain-grpc", v.GRPC, "--listen", node.place.anywhere(node.Ports[portNodePeer]),
			"--status-listen", loopback(node.Ports[portNodeStatus]), "--settle-every", settleEvery, "--settle-margin", "0"}, n.opts.NodeFlags...)...)
		if err != nil {
			return err
		}
		node.OrbID = strings.TrimSpace(id)
	}
	return node.Start(ctx)
}

// Local is the base URL of the node's own server, for programs at its place.
func (n *Node) Local() string { return url(loopback(n.Ports[portNodeStatus])) }

// Client reaches what listens at the node's place, loopback included.
func (n *Node) Client() *http.Client { return n.place.client() }
