package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
)

// TopicActivations carries the ids of functions with a version that became active, or with an end in sight; the chain tells which.
const TopicActivations = "/orb/activations/1"

// TopicDemand carries the functions whose hosts run near their limits, as node/balance writes them; super nodes alone are heard.
const TopicDemand = "/orb/demand/1"

// Message is what somebody has published.
type Message struct {
	// From is its author's Orb ID, as the author's signature proves.
	From string
	Data []byte
}

const (
	// maxGossip bounds a message, in bytes.
	maxGossip = 16 << 10
	// gossipBuffer is how many messages wait for a subscriber; the router drops what exceeds it.
	gossipBuffer = 64
	// authorLimit is how many messages of one author are passed on in any authorWindow; a flood ends at the first peer.
	authorLimit  = 100
	authorWindow = 10 * time.Second
	// maxAuthors bounds the authors that are counted; when there are more, messages of new ones are not passed on.
	maxAuthors = 10_000
)

// authors count what each has published.
type authors struct {
	mu    sync.Mutex
	since time.Time
	count map[libpeer.ID]int
}

func (a *authors) take(id libpeer.ID, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.since) >= authorWindow {
		a.since, a.count = now, make(map[libpeer.ID]int)
	}
	n, known := a.count[id]
	if n >= authorLimit || !known && len(a.count) >= maxAuthors {
		return false
	}
	a.count[id]++
	return true
}

type gossip struct {
	router *pubsub.PubSub
	mu     sync.Mutex
	topics map[string]*pubsub.Topic
}

// topic joins a topic once.
func (g *gossip) topic(name string) (*pubsub.Topic, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.topics[name]; t != nil {
		return t, nil
	}
	t, err := g.router.Join(name)
	if err != nil {
		return nil, fmt.Errorf("joining %s: %w", name, err)
	}
	g.topics[name] = t
	return t, nil
}

// Publish gossips data, at most 16 KiB, to all subscribers of a topic.
func (h *Host) Publish(ctx context.Context, topic string, data []byte) error {
	t, err := h.gossip.topic(topic)
	if err != nil {
		return err
	}
	if err := t.Publish(ctx, data); err != nil {
		return fmt.Errorf("publishing to %s: %w", topic, err)
	}
	return nil
}

// Subscribe returns what others publish on a topic, until ctx ends or the Host is closed. validate decides whether a message is passed on
// to others and delivered; from is its author's Orb ID. A topic has one subscriber.
func (h *Host) Subscribe(ctx context.Context, topic string, validate func(from string, data []byte) bool) (<-chan Message, error) {
	t, err := h.gossip.topic(topic)
	if err != nil {
		return nil, err
	}
	var published authors
	check := func(_ context.Context, _ libpeer.ID, m *pubsub.Message) bool {
		if published.take(m.GetFrom(), time.Now()) && validate(m.GetFrom().String(), m.Data) {
			return true
		}
		h.abuse.gossip.Add(1)
		return false
	}
	if err := h.gossip.router.RegisterTopicValidator(topic, check); err != nil {
		return nil, fmt.Errorf("subscribing to %s: %w", topic, err)
	}
	sub, err := t.Subscribe(pubsub.WithBufferSize(gossipBuffer))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("subscribing to %s: %w", topic, err), h.gossip.router.UnregisterTopicValidator(topic))
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(h.ctx, cancel)
	out := make(chan Message)
	h.joined.Go(func() {
		defer close(out)
		defer cancel()
		defer stop()
		defer func() { _ = h.gossip.router.UnregisterTopicValidator(topic) }() // fails only when the router has ended
		defer sub.Cancel()
		for {
			m, err := sub.Next(ctx)
			if err != nil {
				return
			}
			if m.ReceivedFrom == h.libp2p.ID() {
				continue
			}
			select {
			case out <- Message{From: m.GetFrom().String(), Data: m.Data}:
			case <-ctx.Done():
				return
			}
		}
	})
	return out, nil
}
