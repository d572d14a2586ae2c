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

	"github.com/orbnetwork/orb/node"
	"github.com/orbnetwork/orb/node/chain"
)

// settleEvery keeps settlements quick to watch. A node on a real network waits longer, and until they are worth their gas.
const settleEvery = "3s"

// Places in Validator.Ports and Node.Ports.
const (
	portRPC = iota
	portP2P
	portGRPC
	portREST
	portGateway
	portSuperPeer
)

const (
	portNodePeer = iota
	portNodeStatus
)

// assignPorts gives every process its ports, once for the life of the network.
func (n *Network) assignPorts() error {
	p := &ports{free: n.opts.FreePorts}
	defer p.release()
	take := func(index int, wanted ...wantedPort) ([]int, error) {
		taken := make([]int, 0, len(wanted))
		for _, w := range wanted {
			port, err := p.take(w.what, w.base, index)
			if err != nil {
				return nil, err
			}
			taken = append(taken, port)
		}
		return taken, nil
	}
	for i := range n.opts.Validators {
		taken, err := take(i, wantedPort{"RPC", 26657}, wantedPort{"validator peers", 26656}, wantedPort{"gRPC", 9090},
			wantedPort{"REST", 1317}, wantedPort{"gateway", 8080}, wantedPort{"super node peers", 4001})
		if err != nil {
			return err
		}
		n.Validators = append(n.Validators, &Validator{
			RPC:     url(taken[portRPC]),
			GRPC:    loopback(taken[portGRPC]),
			REST:    url(taken[portREST]),
			Gateway: url(taken[portGateway]),
			Ports:   taken,
		})
	}
	for i := range n.opts.Nodes {
		taken, err := take(i, wantedPort{"node peers", 4006}, wantedPort{"node status", 4080})
		if err != nil {
			return err
		}
		n.Nodes = append(n.Nodes, &Node{Ports: taken})
	}
	return nil
}

type wantedPort struct {
	what string
	base int
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func url(port int) string { return "http://" + loopback(port) }

func multiaddr(port int) string { return fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", port) }

// describe says how to run every process. Homes exist.
func (n *Network) describe(ctx context.Context) error {
	var peers []string
	for i, v := range n.Validators {
		id, err := n.comet(ctx, i)
		if err != nil {
			return err
		}
		peers = append(peers, fmt.Sprintf("%s@%s", id, loopback(v.Ports[portP2P])))
	}
	for i, v := range n.Validators {
		v.Process = &Process{
			Name: numbered(accountValidator, i), Home: n.validatorHome(i), path: filepath.Join(n.opts.Bin, "orbchaind"),
			args: []string{
				"start", "--home", n.validatorHome(i),
				"--rpc.laddr", "tcp://" + loopback(v.Ports[portRPC]), "--rpc.pprof_laddr", "",
				"--p2p.laddr", "tcp://" + loopback(v.Ports[portP2P]), "--p2p.persistent_peers", strings.Join(peers, ","),
				"--grpc.address", v.GRPC, "--api.enable", "--api.address", "tcp://" + loopback(v.Ports[portREST]),
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
			ready: func(ctx context.Context) error { return get(ctx, v.Gateway+"/healthz") },
		}
	}
	for i, host := range n.Nodes {
		host.Process = &Process{
			Name: numbered("node", i), Home: n.nodeHome(i), path: filepath.Join(n.opts.Bin, "orb"),
			args: []string{"node", "start", "--home", n.nodeHome(i)},
			ready: func(ctx context.Context) error {
				config := node.DefaultConfig()
				config.StatusListen = loopback(host.Ports[portNodeStatus])
				_, err := node.FetchStatus(ctx, config)
				return err
			},
		}
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

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
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
			"--rpc", v.RPC, "--grpc", v.GRPC, "--listen", loopback(v.Ports[portGateway]), "--endpoint", v.Gateway,
			"--peer-listen", multiaddr(v.Ports[portSuperPeer]), "--settle-every", settleEvery, "--settle-margin", "0"); err != nil {
			return err
		}
		if _, err := n.orbchaind(ctx, "supernode", "register", "--home", home, "--from", numbered(accountValidator, i)); err != nil {
			return err
		}
	}
	return v.SuperNode.Start(ctx)
}

// startNode makes the node's home at its first start. It joins through the first validator's chain process.
func (n *Network) startNode(ctx context.Context, i int, host *Node) error {
	home := n.nodeHome(i)
	if missing(filepath.Join(home, "config")) {
		v := n.Validators[i%len(n.Validators)]
		id, err := n.Orb(ctx, "node", "init", "--home", home, "--moniker", host.Name,
			"--from", numbered(accountOperator, i), "--keyring-backend", keyring.BackendTest, "--keyring-dir", n.Home,
			"--chain-rpc", v.RPC, "--chain-grpc", v.GRPC, "--listen", multiaddr(host.Ports[portNodePeer]),
			"--status-listen", loopback(host.Ports[portNodeStatus]), "--settle-every", settleEvery, "--settle-margin", "0")
		if err != nil {
			return err
		}
		host.OrbID = strings.TrimSpace(id)
	}
	return host.Start(ctx)
}
