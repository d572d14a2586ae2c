package reliability

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settledAfter is how long a process gets after the last request to give back what it needed.
const settledAfter = time.Minute

// Idle is what one process without requests uses after a minute and at the end.
type Idle struct {
	Process string `json:"process"`
	First   Usage  `json:"after_a_minute"`
	Last    Usage  `json:"at_the_end"`
}

// Usage is what a process holds of its machine.
type Usage struct {
	Goroutines float64 `json:"goroutines"`
	Files      float64 `json:"open_files"`
	RSS        float64 `json:"rss_mib"`
}

func (u Usage) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f files, %.0f MiB", u.Goroutines, u.Files, u.RSS)
}

// Grown tells whether a process uses more than at first, by more than what timers and the collector's pace make of it.
func (i Idle) Grown() bool {
	return i.Last.Goroutines > 1.1*i.First.Goroutines+10 || i.Last.Files > i.First.Files+10 || i.Last.RSS > 1.1*i.First.RSS+8
}

// Idle watches every node and super node without load.
func (n *Network) Idle(ctx context.Context, length time.Duration) ([]Idle, error) {
	sleep(ctx, settledAfter)
	first, err := n.usage(ctx)
	if err != nil {
		return nil, err
	}
	sleep(ctx, length)
	last, err := n.usage(ctx)
	if err != nil {
		return nil, err
	}
	var all []Idle
	for process, usage := range first {
		all = append(all, Idle{process, usage, last[process]})
	}
	slices.SortFunc(all, func(a, b Idle) int { return strings.Compare(a.Process, b.Process) })
	return all, ctx.Err()
}

func (n *Network) usage(ctx context.Context) (map[string]Usage, error) {
	all := make(map[string]Usage)
	for _, v := range n.Validators {
		usage, err := usageOf(ctx, http.DefaultClient, v.Gateway)
		if err != nil {
			return nil, err
		}
		all[v.SuperNode.Name] = usage
	}
	for _, node := range n.Nodes {
		usage, err := usageOf(ctx, node.Client(), node.Local())
		if err != nil {
			return nil, err
		}
		all[node.Name] = usage
	}
	return all, nil
}

func usageOf(ctx context.Context, client *http.Client, base string) (u Usage, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		return u, err
	}
	response, err := client.Do(request)
	if err != nil {
		return u, fmt.Errorf("asking for metrics: %w", err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			continue // a comment, or a series that is not asked for
		}
		switch name {
		case "go_goroutines":
			u.Goroutines = value
		case "process_open_fds":
			u.Files = value
		case "process_resident_memory_bytes":
			u.RSS = value / (1 << 20)
		}
	}
	if u.Goroutines == 0 || u.Files == 0 || u.RSS == 0 {
		return u, fmt.Errorf("%s does not say what it uses", base)
	}
	return u, nil
}
