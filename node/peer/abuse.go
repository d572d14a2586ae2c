package peer

import (
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// errTooMany is wrapped when a peer opens more than its share.
var errTooMany = errors.New("too many streams")

// abuse counts what peers do that no honest one does, or not often.
type abuse struct {
	// silent hosts have gone without a word; streams were refused; frames were malformed; gossip was over its author's limit or not valid.
	silent, streams, frames, gossip atomic.Uint64
}

// note counts the end of a stream.
func (a *abuse) note(err error) {
	switch {
	case errors.Is(err, ErrFrame):
		a.frames.Add(1)
	case errors.Is(err, errTooMany):
		a.streams.Add(1)
	}
}

func (a *abuse) collectors() []prometheus.Collector {
	counter := func(name, help string, count *atomic.Uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "orb", Subsystem: "peer", Name: name, Help: help},
			func() float64 { return float64(count.Load()) })
	}
	return []prometheus.Collector{
		counter("silent_total", "Connections given up because the host did not answer a ping.", &a.silent),
		counter("refused_streams_total", "Invoke streams refused because their peer has its share.", &a.streams),
		counter("malformed_frames_total", "Invoke streams ended because of what their peer sent.", &a.frames),
		counter("refused_gossip_total", "Gossip not passed on: not valid, or over its author's limit.", &a.gossip),
	}
}
