package e2e_test

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// metrics are what a process offers to Prometheus, by series: name{label="value",…}.
type metrics map[string]float64

func metricsOf(t *testing.T, client *http.Client, base string) metrics {
	t.Helper()
	response, err := client.Get(base + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	m := make(metrics)
	for line := range strings.Lines(string(text)) {
		series, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseFloat(value, 64); found && err == nil {
			m[series] = number
		}
	}
	require.NotEmpty(t, m)
	return m
}

// sum adds a metric up over all series that have the labels given, as label="value".
func (m metrics) sum(name string, labels ...string) (total float64) {
	for series, value := range m {
		if series != name && !strings.HasPrefix(series, name+"{") {
			continue
		}
		if !slices.ContainsFunc(labels, func(label string) bool { return !strings.Contains(series, label) }) {
			total += value
		}
	}
	return total
}
