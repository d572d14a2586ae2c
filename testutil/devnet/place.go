package devnet

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

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

// nodeName is the pattern of node processes' names.
const nodeName = "node"

// here is this machine's loopback.
var here = Place{Addr: "127.0.0.1", Dial: new(net.Dialer).DialContext}

// assignPlaces gives every process its place and ports, once for the life of the network.
func (n *Network) assignPlaces(ctx context.Context) error {
	p := &ports{free: n.opts.FreePorts}
	defer p.release()
	assign := func(process string, index int, wanted ...wantedPort) (place *Place, taken []int, err error) {
		place = &here
		if n.opts.Place != nil {
			if place, err = n.opts.Place(ctx, process); err != nil {
				return nil, nil, fmt.Errorf("placing %s: %w", process, err)
			}
		}
		for _, w := range wanted {
			port := w.base
			if n.opts.Place == nil { // elsewhere they are all free
				if port, err = p.take(w.what, w.base, index); err != nil {
					return nil, nil, err
				}
			}
			taken = append(taken, port)
		}
		return place, taken, nil
	}
	for i := range n.opts.Validators {
		place, taken, err := assign(numbered(accountValidator, i), i, wantedPort{"RPC", 26657}, wantedPort{"validator peers", 26656},
			wantedPort{"gRPC", 9090}, wantedPort{"REST", 1317}, wantedPort{"gateway", 8080}, wantedPort{"super node peers", 4001})
		if err != nil {
			return err
		}
		n.Validators = append(n.Validators, &Validator{
			RPC:     url(place.at(taken[portRPC])),
			GRPC:    place.at(taken[portGRPC]),
			REST:    url(place.at(taken[portREST])),
			Gateway: url(place.at(taken[portGateway])),
			Ports:   taken,
			place:   place,
		})
	}
	for i := range n.opts.Nodes {
		place, taken, err := assign(numbered(nodeName, i), i, wantedPort{"node peers", 4006}, wantedPort{"node status", 4080})
		if err != nil {
			return err
		}
		n.Nodes = append(n.Nodes, &Node{Ports: taken, place: place})
	}
	return nil
}

type wantedPort struct {
	what string
	base int
}

func loopback(port int) string { return here.at(port) }

func url(address string) string { return "http://" + address }

func (p *Place) at(port int) string { return net.JoinHostPort(p.Addr, strconv.Itoa(port)) }

func (p *Place) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: p.Dial, DisableKeepAlives: true}}
}

// multiaddrs to listen on for peers: TCP alone on loopback, QUIC beside it where peers are elsewhere.
func (p *Place) multiaddrs(port int) string { return p.listen(p.Addr, port) }

// anywhere is multiaddrs for who does not know under which address others see it.
func (p *Place) anywhere(port int) string {
	if p == &here {
		return p.listen(p.Addr, port)
	}
	return p.listen("0.0.0.0", port)
}

func (p *Place) listen(addr string, port int) string {
	addrs := []string{fmt.Sprintf("/ip4/%s/tcp/%d", addr, port)}
	if p != &here {
		addrs = append(addrs, fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", addr, port))
	}
	return strings.Join(addrs, ",")
}

// in has the process run at a place.
func (p *Process) in(place *Place) {
	if len(place.Exec) > 0 {
		p.args = append(append(append([]string(nil), place.Exec[1:]...), p.path), p.args...)
		p.path = place.Exec[0]
	}
}
