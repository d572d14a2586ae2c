package reliability

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
	// answered counts right answers by the host that gave them.
	answered map[string]uint64
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
		network: n, answered: make(map[string]uint64),
		client: &http.Client{Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 512, IdleConnTimeout: time.Minute}},
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

// Stop ends the load and waits for the last answers. It returns right answers by host.
func (l *Load) Stop() map[string]uint64 {
	l.stop()
	l.arrival.Wait()
	l.calls.Wait()
	l.client.CloseIdleConnections()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave()
	return l.answered
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
	host, resent, err := l.call(ctx, i, function)
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
		return
	}
	l.answered[host]++
}

// call sends one request to a gateway, and to the next one when there is nobody. An answer of a gateway is final.
func (l *Load) call(ctx context.Context, i int, function string) (host string, resent int, err error) {
	gateways := l.network.Validators
	for ; resent < len(gateways); resent++ {
		var response *http.Response
		body := fmt.Appendf(nil, "request %d", i)
		response, err = l.post(ctx, gateways[(i+resent)%len(gateways)].Gateway+"/f/"+function, body)
		if err != nil {
			continue
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return "", resent, err
		case response.StatusCode != http.StatusOK:
			return "", resent, fmt.Errorf("%s: %s", response.Status, answer)
		case !bytes.Equal(answer, body):
			return "", resent, fmt.Errorf("answer %q to %q", answer, body)
		}
		return response.Header.Get("Orb-Host"), resent, nil
	}
	return "", resent, err
}

func (l *Load) post(ctx context.Context, url string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return l.client.Do(request)
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
