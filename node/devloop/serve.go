package devloop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	// lookInterval is how often the source is looked at.
	lookInterval = 300 * time.Millisecond
	// stopTimeout is how long requests under way may take when the server stops.
	stopTimeout = runtime.WallTime
)

// Server serves the function of a folder and builds it anew when its source changes. What is wrong with a new build is written to Log,
// and the last good one goes on.
type Server struct {
	// Source is the function's folder or .wasm file; Read returns its manifest.
	Source string
	Read   func() (deploy.Manifest, error)
	// Log takes a line for every request and build.
	Log io.Writer

	workshop *Workshop
	logging  sync.Mutex
	// serving is held for reading while a request runs, and for writing while the function is replaced.
	serving  sync.RWMutex
	function *Function
	broken   error
}

// Serve serves on a listener until ctx ends.
func (s *Server) Serve(ctx context.Context, listener net.Listener) (err error) {
	if s.workshop, err = OpenWorkshop(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	ending := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, s.workshop.Close(ending)) }()
	defer func() { err = errors.Join(err, s.close(ending)) }()

	server := &http.Server{Handler: s, ReadHeaderTimeout: stopTimeout, BaseContext: func(net.Listener) context.Context { return ending }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	seen := ""
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		if now := s.look(); now != seen {
			seen = now
			s.rebuild(ctx)
		}
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			stopping, cancel := context.WithTimeout(ending, stopTimeout)
			defer cancel()
			return server.Shutdown(stopping)
		case <-tick.C:
		}
	}
}

// look returns what changes whenever the source does.
func (s *Server) look() string {
	files, err := deploy.Files(s.Source)
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	for _, file := range files {
		if stat, err := os.Stat(file); err == nil {
			fmt.Fprintln(&b, file, stat.Size(), stat.ModTime().UnixNano())
		}
	}
	return b.String()
}

func (s *Server) rebuild(ctx context.Context) {
	began := time.Now()
	var f *Function
	m, err := s.Read()
	if err == nil {
		f, err = s.workshop.Load(ctx, s.Source, m)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.print("%s build failed; the last good one, if any, goes on\n%v\n", now(), err)
	} else {
		s.print("%s built in %s: %d bytes, complexity %d, at most %d fuel and %d MiB per request\n",
			now(), time.Since(began).Round(time.Millisecond), len(f.Package.Bytes), f.Complexity, f.Limits.Fuel, f.Limits.Memory>>20)
	}
	if err := s.replace(ctx, f, err); err != nil {
		s.print("%s %v\n", now(), err)
	}
}

// replace puts a function in the place of the one that serves; without one the last one stays, and broken says why.
func (s *Server) replace(ctx context.Context, f *Function, broken error) error {
	s.serving.Lock()
	defer s.serving.Unlock()
	s.broken = broken
	if f == nil {
		return nil
	}
	old := s.function
	s.function = f
	if old == nil {
		return nil
	}
	return old.Close(ctx)
}

// close frees the function once no request runs on it.
func (s *Server) close(ctx context.Context) error {
	s.serving.Lock()
	defer s.serving.Unlock()
	if s.function == nil {
		return nil
	}
	return s.function.Close(ctx)
}

// ServeHTTP answers as a gateway would and logs the request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	if s.function == nil {
		message := "the function is being built"
		if s.broken != nil {
			message = s.broken.Error()
		}
		http.Error(w, message, http.StatusServiceUnavailable)
		return
	}
	f, seen := s.function, &recorder{ResponseWriter: w}
	var outcome runtime.Outcome
	gateway.Local(f.Contract, func(ctx context.Context, request []byte) (*client.Answer, error) {
		var err error
		if outcome, err = f.Run(ctx, request); errors.Is(err, runtime.ErrTimeout) {
			err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
		}
		return &client.Answer{Body: outcome.Response, Fault: outcome.Fault, Message: outcome.Message, Fuel: outcome.Fuel}, err
	}).ServeHTTP(seen, r)

	fault := ""
	if outcome.Fault != receipt.FaultNone {
		fault = "  " + outcome.Fault.String() + ": " + outcome.Message
	}
	s.print("%s %s %s %d  %s  %d fuel (%.0f%%)  %d bytes%s\n%s", now(), r.Method, r.URL.RequestURI(), seen.status,
		outcome.Duration.Round(time.Microsecond), outcome.Fuel, 100*float64(outcome.Fuel)/float64(f.Limits.Fuel), seen.bytes, fault, indent(outcome.Log))
}

func now() string { return time.Now().Format(time.TimeOnly) }

func (s *Server) print(format string, args ...any) {
	s.logging.Lock()
	defer s.logging.Unlock()
	fmt.Fprintf(s.Log, format, args...)
}

// indent sets a function's log off from the server's own.
func indent(log []byte) []byte {
	log = bytes.TrimRight(log, "\n")
	if len(log) == 0 {
		return nil
	}
	return append(append([]byte("  | "), bytes.ReplaceAll(log, []byte("\n"), []byte("\n  | "))...), '\n')
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter

	status, bytes int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}
