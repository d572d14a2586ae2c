package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/peer"
)

const (
	// lockTimeout is how long a caller waits for another one of the same home.
	lockTimeout = 10 * time.Second
	// settleTimeout is how long closing a caller waits for the last receipts to go out.
	settleTimeout = 2 * time.Second
)

// Caller calls functions straight at their hosts and pays from the sender's own subscriptions.
type Caller struct {
	*client.Client

	peers  *peer.Host
	lock   *bbolt.DB
	cancel context.CancelFunc
	joined sync.WaitGroup
}

// NewCaller joins the network at its super nodes, any other peer being enough later. home keeps the session key, which signs receipts and
// is for one caller at a time, and the peers met. Chain and sender stay the caller's to close, after Close.
func NewCaller(ctx context.Context, c *chain.Client, sender *chain.Sender, home string) (_ *Caller, err error) {
	session, err := client.LoadKey(filepath.Join(home, "config", "session_key"))
	if err != nil {
		return nil, err
	}
	caller := &Caller{cancel: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, caller.Close())
		}
	}()
	if caller.lock, err = bbolt.Open(filepath.Join(home, "call.lock"), 0o600, &bbolt.Options{Timeout: lockTimeout}); err != nil {
		return nil, fmt.Errorf("waiting for another caller from %s: %w", home, err)
	}
	height, err := c.Height(ctx)
	if err != nil {
		return nil, err
	}
	contacts, err := SuperNodes(ctx, c.Functions())
	if err != nil {
		return nil, err
	}
	_, identity, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("making a peer key: %w", err)
	}
	caller.peers, err = peer.New(ctx, peer.Config{
		Key: identity, Listen: []string{"/ip4/0.0.0.0/tcp/0"}, Bootstrap: contacts, Dir: home, Reachability: peer.ReachabilityPublic, // nobody calls it
	})
	if err != nil {
		return nil, err
	}
	if err := caller.peers.Join(ctx); err != nil {
		return nil, err
	}
	caller.Client, err = client.New(client.Config{
		ChainID: c.ChainID(), Height: height, SessionKey: session, Opener: sender.Address(),
		Functions: c.Functions(), Seeding: c.Seeding(), Rewards: c.Rewards(), Sender: sender, Dialer: caller.peers, Challenger: caller.peers,
	})
	if err != nil {
		return nil, err
	}
	var following context.Context
	following, caller.cancel = context.WithCancel(context.WithoutCancel(ctx))
	caller.joined.Go(func() {
		for block := range c.Blocks(following, height+1) {
			caller.Observe(block)
		}
	})
	return caller, nil
}

// Close lets the last receipts go out and ends all connections.
func (c *Caller) Close() error {
	var errs []error
	if c.Client != nil {
		ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
		defer cancel()
		errs = append(errs, c.Client.Close(ctx))
	}
	c.cancel()
	c.joined.Wait()
	if c.peers != nil {
		errs = append(errs, c.peers.Close())
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	return errors.Join(errs...)
}
