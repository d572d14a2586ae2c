package devnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a process gets between SIGTERM and SIGKILL.
const stopGrace = 15 * time.Second

// Process is one program of the network. It may be stopped, killed and started again any number of times; its home stays.
type Process struct {
	// Name is unique in the network, e.g. "node-1".
	Name string
	// Home is the folder that holds all it keeps.
	Home string

	path string
	args []string
	env  []string
	// ready reports whether the process serves; nil is not ready yet.
	ready func(context.Context) error

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// LogPath is where standard output and error go, over all starts.
func (p *Process) LogPath() string { return filepath.Join(p.Home, "log") }

// Start runs the process and waits until it serves. It fails at once, with the end of the log, when the process ends before that.
func (p *Process) Start(ctx context.Context) error {
	if err := p.launch(); err != nil {
		return err
	}
	return p.awaitReady(ctx)
}

func (p *Process) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		last = p.ready(attempt)
		cancel()
		if last == nil {
			return nil
		}
		select {
		case <-p.ended():
			return fmt.Errorf("%s ended while starting:\n%s", p.Name, p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w (last answer: %w)\n%s", p.Name, ctx.Err(), last, p.logTail())
		case <-tick.C:
		}
	}
}

func (p *Process) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return fmt.Errorf("%s runs already", p.Name)
	}
	log, err := os.OpenFile(p.LogPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening log of %s: %w", p.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // lives until Stop
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		_ = cmd.Wait() // how it ended stands in its log
		p.mu.Lock()
		p.cmd = nil
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// ended is closed when the running process ends; nil, which blocks for ever, before the first start.
func (p *Process) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// PID of the running process, or 0.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Stop asks the process to end and waits; after a grace period it kills it. Stopping a stopped process does nothing.
func (p *Process) Stop() error {
	return p.end(syscall.SIGTERM)
}

// Kill ends the process as a power cut would.
func (p *Process) Kill() error {
	return p.end(syscall.SIGKILL)
}

func (p *Process) end(signal syscall.Signal) error {
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending %s: %w", p.Name, err)
	}
	select {
	case <-done:
		return nil
	case <-time.After(stopGrace):
	}
	_ = cmd.Process.Kill() // it may have ended in between
	<-done
	return fmt.Errorf("%s did not stop within %s and was killed", p.Name, stopGrace)
}

// Restart stops the process in an orderly way and starts it again.
func (p *Process) Restart(ctx context.Context) error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.Start(ctx)
}

func (p *Process) logTail() string {
	const lines = 15
	data, err := os.ReadFile(p.LogPath())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
