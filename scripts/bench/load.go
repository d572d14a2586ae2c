package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// latencies of the successful requests of one or more rounds, and how long these took together.
type latencies struct {
	each    []time.Duration
	elapsed time.Duration
}

func (l *latencies) rate() float64 { return float64(len(l.each)) / l.elapsed.Seconds() }

// quantile of the sorted latencies, q in [0, 1).
func (l *latencies) quantile(q float64) time.Duration {
	slices.Sort(l.each)
	return l.each[int(q*float64(len(l.each)))]
}

// round posts body to url from several keep-alive callers for a while and adds what it measures. Any failed request ends it.
func (l *latencies) round(ctx context.Context, url string, body []byte, callers int, length time.Duration) error {
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	deadline := time.Now().Add(length)
	began := time.Now()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	for range callers {
		wg.Go(func() {
			var own []time.Duration
			var err error
			for err == nil && time.Now().Before(deadline) {
				start := time.Now()
				if err = post(ctx, client, url, body); err == nil {
					own = append(own, time.Since(start))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			l.each = append(l.each, own...)
			if first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	l.elapsed += time.Since(began)
	return first
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, response.Status, answer)
	}
	return nil
}
