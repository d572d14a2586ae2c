// Package demand hears what super nodes gossip of functions that need more hosts.
package demand

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/node/balance"
	"github.com/orbnetwork/orb/node/peer"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// superNodesEvery is how often the chain is asked who the super nodes are, and superNodesPage how many at once.
	superNodesEvery = time.Minute
	superNodesPage  = 200
	maxSuperPages   = 50
)

// Heed passes on to heard, one at a time, what super nodes say until ctx ends. from is the speaker's Orb ID. What others say is not passed on to
// peers either. It fails when the topic has a subscriber already.
func Heed(ctx context.Context, peers *peer.Host, functions functionstypes.QueryClient, heard func(from string, d balance.Demand)) error {
	var super speakers
	messages, err := peers.Subscribe(ctx, peer.TopicDemand, func(from string, data []byte) bool {
		if !super.has(from) {
			return false
		}
		d, err := balance.ParseDemand(data)
		if err != nil {
			return false
		}
		_, err = functionstypes.ParseFunctionID(d.FunctionID)
		return err == nil
	})
	if err != nil {
		return err
	}
	tick := time.NewTicker(superNodesEvery)
	defer tick.Stop()
	super.follow(ctx, functions)
	for {
		select {
		case <-tick.C:
			super.follow(ctx, functions)
		case message, open := <-messages:
			if !open {
				return nil
			}
			if d, err := balance.ParseDemand(message.Data); err == nil {
				heard(message.From, d)
			}
		}
	}
}

// speakers are the Orb IDs that may gossip demand: the super nodes on chain.
type speakers struct {
	ids atomic.Pointer[map[string]bool]
}

func (s *speakers) has(orbID string) bool {
	ids := s.ids.Load()
	return ids != nil && (*ids)[orbID]
}

// follow renews the list.
func (s *speakers) follow(ctx context.Context, functions functionstypes.QueryClient) {
	if err := s.read(ctx, functions); err != nil && ctx.Err() == nil {
		slog.Warn("super nodes not read; those known count on", "error", err)
	}
}

func (s *speakers) read(ctx context.Context, functions functionstypes.QueryClient) error {
	ids := make(map[string]bool)
	page := &query.PageRequest{Limit: superNodesPage}
	for range maxSuperPages {
		answer, err := functions.SuperNodes(ctx, &functionstypes.QuerySuperNodesRequest{Pagination: page})
		if err != nil {
			return err
		}
		for _, super := range answer.SuperNodes {
			ids[super.OrbId] = true
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Limit: superNodesPage, Key: answer.Pagination.NextKey}
	}
	s.ids.Store(&ids)
	return nil
}
