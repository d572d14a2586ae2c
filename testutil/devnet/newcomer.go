package devnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/orbnetwork/orb/node/chain"
)

// Newcomer starts a node whose operator owns nothing, with an encrypted keyring of its own, as somebody at home would: init, start. It is not
// among Nodes, and the caller's to stop.
func (n *Network) Newcomer(ctx context.Context, name string) (*Node, error) {
	home := filepath.Join(n.Home, "nodes", name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	secret := filepath.Join(n.Home, name+"-passphrase")
	if err := os.WriteFile(secret, []byte("a newcomer's passphrase\n"), 0o600); err != nil {
		return nil, err
	}
	p := &ports{free: true}
	peers, err := p.take("newcomer's peers", 0, 0)
	if err != nil {
		return nil, err
	}
	status, err := p.take("newcomer's status", 0, 0)
	p.release()
	if err != nil {
		return nil, err
	}
	v := n.Validators[0]
	place := &Place{Addr: here.Addr, Exec: []string{"env", chain.PassphraseFileEnv + "=" + secret}, Dial: here.Dial}
	id, err := n.commandAt(ctx, place, "orb", "node", "init", "--home", home, "--moniker", name, "--chain-rpc", v.RPC, "--chain-grpc", v.GRPC,
		"--listen", here.anywhere(peers), "--status-listen", loopback(status), "--settle-every", settleEvery, "--settle-margin", "0")
	if err != nil {
		return nil, err
	}
	newcomer := &Node{OrbID: strings.TrimSpace(id), Ports: []int{portNodePeer: peers, portNodeStatus: status}, place: place}
	newcomer.Process = &Process{
		Name: name, Home: home, path: filepath.Join(n.opts.Bin, "orb"), args: []string{"node", "start", "--home", home},
		ready: func(ctx context.Context) error { return get(ctx, place.client(), newcomer.Local()+"/v1/status") },
	}
	newcomer.in(place)
	if err := newcomer.Start(ctx); err != nil {
		return nil, fmt.Errorf("starting a newcomer: %w", err)
	}
	return newcomer, nil
}
