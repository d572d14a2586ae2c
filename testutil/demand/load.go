package demand

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// callTimeout bounds one call.
const callTimeout = 15 * time.Second

// load is a stream of calls at a steady pace, whatever becomes of them.
type load struct {
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu            sync.Mutex
	calls, failed int
	failure       error
	// served counts the calls that each node has answered.
	served map[string]int
	// other is when a call was last made that no node answered.
	other time.Time
}

// call makes so many calls a second until stop.
func (r *run) call(ctx context.Context, rate int) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, served: make(map[string]int), other: time.Now()}
	request := bytes.Repeat([]byte("x"), body)
	l.tasks.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			l.tasks.Go(func() { l.one(context.WithoutCancel(ctx), r, request) })
		}
	})
	return l
}

func (l *load) one(ctx context.Context, r *run, request []byte) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	start := time.Now()
	host, err := post(ctx, r.network.Validators[0].Gateway+"/f/"+name, request)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if err != nil {
		l.failed++
		l.failure = err
	}
	if r.isNode(host) {
		l.served[host]++
		return
	}
	if start.After(l.other) {
		l.other = start
	}
}

// post returns the Orb ID of the host that has answered.
func post(ctx context.Context, url string, request []byte) (host string, err error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(request))
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(call)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK || !bytes.Equal(answer, request) {
		return "", fmt.Errorf("%s: %.200s", response.Status, answer)
	}
	return response.Header.Get("Orb-Host"), nil
}

// elsewhere is when a call was last made that no node answered.
func (l *load) elsewhere() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.other
}

// last is why the last call failed that did.
func (l *load) last() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		return errors.New("no call has failed")
	}
	return fmt.Errorf("%d of %d calls have failed: %w", l.failed, l.calls, l.failure)
}

// stop waits for the calls under way and enters them.
func (l *load) stop(result *Result) {
	l.cancel()
	l.tasks.Wait()
	result.Calls, result.Failed = result.Calls+l.calls, result.Failed+l.failed
	if l.failure != nil {
		result.Failure = l.failure
	}
}
