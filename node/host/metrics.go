package host

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a host counts beside its Status.
type metrics struct {
	refused           *prometheus.CounterVec
	failedSettlements prometheus.Counter
}

func newMetrics(h *Host, registerer prometheus.Registerer) (metrics, error) {
	gauge := func(name, help string, value func(Status) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "orb", Subsystem: "host", Name: name, Help: help},
			func() float64 { return value(h.Status()) })
	}
	m := metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "host", Name: "refused_total", Help: "Requests that were not served, by status.",
		}, []string{"status"}),
		failedSettlements: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "host", Name: "settlements_failed_total", Help: "Settlements that will be tried again.",
		}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.refused, m.failedSettlements,
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "host", Name: "served_total", Help: "Requests served.",
		}, func() float64 { return float64(h.served.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: "orb", Subsystem: "host", Name: "earned_uorb_total", Help: "What settlements have paid since the start.",
		}, func() float64 { return float64(h.earned.Load()) }),
		gauge("unsettled_uorb", "What receipts are worth that are not settled.", func(s Status) float64 {
			unsettled, _ := s.Unsettled.BigIntMut().Float64()
			return unsettled
		}),
		gauge("functions", "Functions served.", func(s Status) float64 { return float64(len(s.Functions)) }),
		gauge("artifact_bytes", "Bytes of artifacts on disk.", func(s Status) float64 { return float64(s.ArtifactBytes) }),
		gauge("artifact_bytes_max", "Room for artifacts; 0 is no bound.", func(s Status) float64 { return float64(s.MaxBytes) }),
		gauge("lanes", "Lanes open.", func(s Status) float64 { return float64(s.Lanes) }),
		gauge("in_flight", "Requests that run or wait.", func(s Status) float64 { return float64(s.InFlight) }),
		gauge("height", "Height of the last block seen.", func(s Status) float64 { return float64(s.Height) }),
	} {
		if err := registerer.Register(c); err != nil {
			return metrics{}, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}
