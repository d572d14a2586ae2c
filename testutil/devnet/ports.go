package devnet

import (
	"context"
	"fmt"
	"net"
)

// ports hands out loopback ports: well-known ones, spaced by step per process of a kind, or any that are free.
type ports struct {
	free bool
	held []net.Listener
}

const portStep = 10

// take returns the well-known port base + index·portStep, or a free one. Each stays bound until release, so that no two calls return the same.
func (p *ports) take(what string, base, index int) (int, error) {
	port := base + index*portStep
	if p.free {
		port = 0
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return 0, fmt.Errorf("port %d (%s) is taken; stop what uses it, or pass --free-ports: %w", port, what, err)
	}
	p.held = append(p.held, listener)
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (p *ports) release() {
	for _, listener := range p.held {
		listener.Close()
	}
	p.held = nil
}
