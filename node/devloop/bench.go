package devloop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/orbnetwork/orb/pkg/receipt"
)

// Figures are how a function does on one request, one request after another.
type Figures struct {
	Request string `json:"request"`
	// Runs is how often it was run.
	Runs int `json:"runs"`
	// P50 and P99 are microseconds per request.
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
	// PerSecond is how many one core serves.
	PerSecond float64 `json:"per_second"`
	Fuel      uint64  `json:"fuel"`
	// Bytes of the response.
	Bytes int `json:"response_bytes"`
}

// Bench runs the sample and every golden request of a folder for a while each.
func (f *Function) Bench(ctx context.Context, folder string, each time.Duration) ([]Figures, error) {
	requests := map[string][]byte{}
	if f.Sample != nil {
		requests["sample"] = f.Sample
	}
	paths, err := filepath.Glob(filepath.Join(folder, testsFolder, "*"+requestExtension))
	if err != nil {
		return nil, fmt.Errorf("listing golden requests: %w", err)
	}
	names := make([]string, 0, len(paths)+1)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), requestExtension)
		if requests[name], err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("reading golden request: %w", err)
		}
	}
	for name := range requests {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has neither a sample nor a golden request to run", folder)
	}
	figures := make([]Figures, 0, len(names))
	for _, name := range names {
		figure, err := f.bench(ctx, requests[name], each)
		if err != nil {
			return nil, fmt.Errorf("request %s: %w", name, err)
		}
		figure.Request = name
		figures = append(figures, figure)
	}
	return figures, nil
}

// warmUp is how often a request runs before it is measured.
const warmUp = 3

func (f *Function) bench(ctx context.Context, request []byte, each time.Duration) (Figures, error) {
	var took []time.Duration
	var figure Figures
	began := time.Now()
	for n := 0; n < warmUp || len(took) == 0 || time.Since(began) < each; n++ {
		if n == warmUp {
			began = time.Now()
		}
		start := time.Now()
		outcome, err := f.Run(ctx, request)
		if err != nil {
			return figure, err
		}
		if n >= warmUp {
			took = append(took, time.Since(start))
		}
		if outcome.Fault != receipt.FaultNone && n == 0 {
			return figure, fmt.Errorf("it fails: %s", outcome.Message)
		}
		figure.Fuel, figure.Bytes = outcome.Fuel, len(outcome.Response)
	}
	slices.Sort(took)
	var total time.Duration
	for _, d := range took {
		total += d
	}
	micro := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	figure.Runs, figure.P50, figure.P99 = len(took), micro(took[len(took)/2]), micro(took[len(took)*99/100])
	figure.PerSecond = float64(len(took)) / total.Seconds()
	return figure, nil
}
