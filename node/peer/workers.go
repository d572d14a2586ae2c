package peer

import (
	"context"
	"sync"
)

// maxIdle bounds the goroutines that wait for calls.
const maxIdle = 64

// workers run calls on goroutines that were used before where there are any: a new one has to grow its stack anew, which takes as long as a small
// function.
type workers struct {
	idle  chan struct{}
	tasks chan func()
	ended sync.WaitGroup
}

func newWorkers() *workers {
	return &workers{idle: make(chan struct{}, maxIdle), tasks: make(chan func())}
}

// run starts a task. Whoever waits for one ends with ctx.
func (w *workers) run(ctx context.Context, task func()) {
	select {
	case w.tasks <- task:
	default:
		w.ended.Go(func() { w.work(ctx, task) })
	}
}

func (w *workers) work(ctx context.Context, task func()) {
	for {
		task()
		select {
		case w.idle <- struct{}{}:
		default:
			return
		}
		select {
		case task = <-w.tasks:
			<-w.idle
		case <-ctx.Done():
			<-w.idle
			return
		}
	}
}
