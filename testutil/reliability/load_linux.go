package reliability

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// callTimeout is what a caller waits for an answer.
	callTimeout = 30 * time.Second
	// hiddenShare: one request in so many goes to the function behind the NATs.
	hiddenShare = 10
	// maxErrors bounds the failures that are kept word for word.
	maxErrors = 20
)

// Load is a constant stream of requests, each to the next gateway in turn, that does not slow down when answers do. Every request has a body of
// its own, which the functions echo.
type Load struct {
	network *Network
	client  *http.Client
	stop    context.CancelFunc
	arrival sync.WaitGroup
	calls   sync.WaitGroup

	mu    sync.Mutex
	phase *Phase
}

// Phase is what became of the requests that began in one part of a run.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	// Requests made; Failed got no right answer. Resent ones found one gateway gone, and went to the next.
	Requests int `json:"requests"`
	Failed   int `json:"failed"`
	Resent   int `json:"resent"`
	// P50, P99 and Max are times to the answer in milliseconds.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
	// Errors are the first failures.
	Errors []string `json:"errors,omitempty"`

	began time.Time
	times []time.Duration
}

// StartLoad begins to send requests at a rate per second.
func (n *Network) StartLoad(ctx context.Context, rate int) *Load {
	l := &Load{
		network: n,
		client:  &http.Client{Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 512, IdleConnTimeout: time.Minute}},
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.arrival.Go(func() {
		start := time.Now()
		for i := 0; ; i++ {
			due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(due)):
			}
			l.calls.Go(func() { l.request(context.WithoutCancel(ctx), i) })
		}
	})
	return l
}

// Enter begins a phase; what began before stays with the one before. It returns the phase, to be read when the load has ended.
func (l *Load) Enter(name string) *Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave()
	l.phase = &Phase{Name: name, began: time.Now()}
	return l.phase
}

func (l *Load) leave() {
	if l.phase != nil {
		l.phase.Seconds = time.Since(l.phase.began).Seconds()
	}
}

// Stop ends the load and waits for the last answers.
func (l *Load) Stop() {
	l.stop()
	l.arrival.Wait()
	l.calls.Wait()
	l.client.CloseIdleConnections()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave()
}

func (l *Load) request(ctx context.Context, i int) {
	l.mu.Lock()
	phase := l.phase
	l.mu.Unlock()
	if phase == nil {
		phase = new(Phase) // a load without phases
	}
	function := l.network.Open.Name
	if i%hiddenShare == 0 {
		function = l.network.Hidden.Name
	}
	start := time.Now()
	resent, err := l.call(ctx, i, function)
	took := time.Since(start)
	l.mu.Lock()
	defer l.mu.Unlock()
	phase.Requests++
	phase.Resent += resent
	phase.times = append(phase.times, took)
	if err != nil {
		phase.Failed++
		if len(phase.Errors) < maxErrors {
			phase.Errors = append(phase.Errors, fmt.Sprintf("%s of %s after %s: %s", function, start.Format("15:04:05.0"), took.Round(time.Millisecond), err))
		}
	}
}

// call sends one request to a gateway, and to the next one when there is nobody. An answer of a gateway is final.
func (l *Load) call(ctx context.Context, i int, function string) (resent int, err error) {
	gateways := l.network.Validators
	for ; resent < len(gateways); resent++ {
		_, err = l.network.Call(ctx, l.client, gateways[(i+resent)%len(gateways)].Gateway, function, fmt.Sprintf("request %d", i))
		var gone *url.Error
		if !errors.As(err, &gone) {
			return resent, err
		}
	}
	return resent, err
}

// Call has a function echo a body and returns the Orb ID of the host that did. It fails with a *url.Error when the gateway did not answer, and
// with another error when the answer was not right.
func (n *Network) Call(ctx context.Context, client *http.Client, gateway, function, body string) (host string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway+"/f/"+function, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return "", err
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s: %s", response.Status, answer)
	case string(answer) != body:
		return "", fmt.Errorf("answer %q to %q", answer, body)
	}
	host = response.Header.Get("Orb-Host")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answered[host]++
	return host, nil
}

// finish computes a phase's figures.
func (p *Phase) finish() {
	if len(p.times) == 0 {
		return
	}
	slices.Sort(p.times)
	at := func(q float64) float64 {
		return float64(p.times[min(int(q*float64(len(p.times))), len(p.times)-1)].Microseconds()) / 1000
	}
	p.P50, p.P99, p.Max = at(0.5), at(0.99), at(1)
}
