package client

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	receipts, openings, badBatches prometheus.Counter
	failovers, challenges          *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) (metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "orb", Subsystem: "client", Name: name, Help: help})
	}
	m := metrics{
		receipts:   counter("receipts_total", "Receipts sent to hosts."),
		openings:   counter("lane_openings_total", "Lanes opened or raised."),
		badBatches: counter("bad_batches_total", "Batches of results that did not match what the host delivered."),
		failovers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "client", Name: "failovers_total", Help: "Requests that went on to another host, by reason.",
		}, []string{"reason"}),
		challenges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "client", Name: "challenges_total", Help: "Challenges of hosts to show what they seed, by outcome.",
		}, []string{"outcome"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.receipts, m.openings, m.badBatches, m.failovers, m.challenges} {
		if err := registerer.Register(c); err != nil {
			return metrics{}, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}
