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

// target is what a caller asks, over and over.
type target struct {
	url  string
	body []byte
	// key is an API key; empty sends none.
	key string
}

// post sends one request and fails unless the answer is 200.
func (t target) post(ctx context.Context, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(t.body))
	if err != nil {
		return err
	}
	if t.key != "" {
		request.Header.Set("Authorization", "Bearer "+t.key)
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
		return fmt.Errorf("%s: %s: %s", t.url, response.Status, answer)
	}
	return nil
}

// warmUp is how many requests have to succeed before anything is measured: hosts have seeded, lanes are open, credit has grown.
const warmUp = 200

func (t target) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for served := 0; served < warmUp; {
		err := t.post(ctx, http.DefaultClient)
		switch {
		case err == nil:
			served++
		case ctx.Err() != nil:
			return err
		default:
			time.Sleep(200 * time.Millisecond)
		}
	}
	return nil
}

// latencies of the requests of one or more rounds, and how long these took together.
type latencies struct {
	each    []time.Duration
	elapsed time.Duration
}

func (l *latencies) rate() float64 { return float64(len(l.each)) / l.elapsed.Seconds() }

// quantile of the latencies, q in [0, 1).
func (l *latencies) quantile(q float64) time.Duration {
	slices.Sort(l.each)
	return l.each[int(q*float64(len(l.each)))]
}

// round keeps several keep-alive callers busy for a while and adds what it measures. A failed request ends it.
func (l *latencies) round(ctx context.Context, t target, callers int, length time.Duration) error {
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
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
			for err == nil && time.Since(began) < length {
				start := time.Now()
				if err = t.post(ctx, client); err == nil {
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
