package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cosmos/cosmos-sdk/types/query"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

var (
	// ErrUnknownFunction says that no function has the name or id.
	ErrUnknownFunction = errors.New("no function has this name or id")
	// ErrNotActive says that a function exists but has no version that serves.
	ErrNotActive = errors.New("the function has no active version")
)

const (
	// maxFunctions bounds how many functions, found or not, the directory remembers; past it, it forgets any.
	maxFunctions = 10_000
	// pageSize of the lists that are read from the chain, and maxPages of one list.
	pageSize = 200
	maxPages = 50
)

// Function is what the chain says about a function, its serving version and its hosts. It is shared: do not change it.
type Function struct {
	functionstypes.Function
	Version functionstypes.Version
	// Seeds are the function's hosts.
	Seeds []seedingtypes.SeedWithNode
}

// directory answers from memory what the chain says about functions. Blocks keep it fresh: an event about a function makes it read
// again, in the background, while callers go on with what is there.
type directory struct {
	functions functionstypes.QueryClient
	seeding   seedingtypes.QueryClient
	// refresh runs f outside of any call.
	refresh func(f func(context.Context))
	// closed ends the waiting of who asks: nothing is refreshed any more.
	closed <-chan struct{}

	mu      sync.Mutex
	entries map[string]*entry
}

// entry is one key's answer; functions that were asked for by id and by name have two.
type entry struct {
	// ready is closed when the first read is done.
	ready chan struct{}

	// Below is guarded by the directory's mu.
	function *Function
	err      error
	// dirty says that something happened since the read under way began.
	dirty, reading bool
}

func newDirectory(
	functions functionstypes.QueryClient, seeding seedingtypes.QueryClient, refresh func(func(context.Context)), closed <-chan struct{},
) *directory {
	return &directory{functions: functions, seeding: seeding, refresh: refresh, closed: closed, entries: make(map[string]*entry)}
}

// lookup returns a function by name or id, ErrUnknownFunction, ErrClosed, or why the chain could not be asked.
func (d *directory) lookup(ctx context.Context, key string) (*Function, error) {
	d.mu.Lock()
	e, found := d.entries[key]
	if !found {
		for other := range d.entries {
			if len(d.entries) < maxFunctions {
				break
			}
			delete(d.entries, other)
		}
		e = &entry{ready: make(chan struct{}), reading: true}
		d.entries[key] = e
		d.refresh(func(ctx context.Context) { d.read(ctx, key, e) })
	}
	d.mu.Unlock()
	select {
	case <-e.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.closed:
		return nil, ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return e.function, e.err
}

// read fills an entry, again if something happened meanwhile. An error other than "unknown" is not remembered.
func (d *directory) read(ctx context.Context, key string, e *entry) {
	for {
		function, err := d.query(ctx, key)
		d.mu.Lock()
		failed := err != nil && !errors.Is(err, ErrUnknownFunction)
		if failed && e.function != nil {
			// Better what was true a moment ago than nothing; the next event or the next block tries again.
			e.dirty, e.reading = true, false
			d.mu.Unlock()
			return
		}
		e.function, e.err = function, err
		if failed && d.entries[key] == e {
			delete(d.entries, key)
		}
		again := e.dirty && !failed
		e.dirty, e.reading = false, again
		select {
		case <-e.ready:
		default:
			close(e.ready)
		}
		d.mu.Unlock()
		if !again {
			return
		}
	}
}

func (d *directory) query(ctx context.Context, key string) (*Function, error) {
	answer, err := d.functions.Function(ctx, &functionstypes.QueryFunctionRequest{Function: key})
	if status.Code(err) == codes.NotFound || status.Code(err) == codes.InvalidArgument {
		return nil, fmt.Errorf("%w: %s", ErrUnknownFunction, key)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: asking for function %s: %w", ErrChain, key, err)
	}
	function := &Function{Function: answer.Function, Version: answer.Version}
	page := &query.PageRequest{Limit: pageSize}
	for range maxPages {
		seeds, err := d.seeding.Seeds(ctx, &seedingtypes.QuerySeedsRequest{FunctionId: function.Id, Pagination: page})
		if err != nil {
			return nil, fmt.Errorf("%w: asking for the hosts of %s: %w", ErrChain, key, err)
		}
		function.Seeds = append(function.Seeds, seeds.Seeds...)
		if seeds.Pagination == nil || len(seeds.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Key: seeds.Pagination.NextKey, Limit: pageSize}
	}
	return function, nil
}

// observe marks what a block's events have changed and reads it again. It returns the ids of those functions.
func (d *directory) observe(events []proto.Message) {
	for _, event := range events {
		switch event := event.(type) {
		case *functionstypes.EventFunctionDeployed:
			d.changed(func(key string, _ *entry) bool { return key == event.Name || key == event.FunctionId })
		case *seedingtypes.EventSeeded:
			d.changed(about(event.FunctionId))
		case *seedingtypes.EventNodeRegistered:
			d.changed(func(_ string, e *entry) bool { return e.function != nil && e.function.seededBy(event.OrbId) })
		case interface{ GetFunctionId() string }:
			// Whatever else the modules that list functions and hosts say about one; lanes change neither.
			if !strings.HasPrefix(proto.MessageName(event.(proto.Message)), "orb.rewards.") {
				d.changed(about(event.GetFunctionId()))
			}
		}
	}
	d.changed(func(_ string, e *entry) bool { return e.dirty })
}

func about(functionID string) func(string, *entry) bool {
	return func(_ string, e *entry) bool { return e.function != nil && e.function.Id == functionID }
}

func (d *directory) changed(matches func(key string, e *entry) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, e := range d.entries {
		pending := e.function == nil && e.err == nil // its first read may have come too early
		if !pending && !matches(key, e) {
			continue
		}
		e.dirty = true
		if !e.reading {
			e.dirty, e.reading = false, true
			d.refresh(func(ctx context.Context) { d.read(ctx, key, e) })
		}
	}
}

func (f *Function) seededBy(orbID string) bool {
	for _, seed := range f.Seeds {
		if seed.Seed.OrbId == orbID {
			return true
		}
	}
	return false
}

// seededBy lists the functions that are remembered with a host among their seeds.
func (d *directory) seededBy(orbID string) []*Function {
	d.mu.Lock()
	defer d.mu.Unlock()
	byID := make(map[string]*Function)
	for _, e := range d.entries {
		if e.function != nil && e.function.seededBy(orbID) {
			byID[e.function.Id] = e.function
		}
	}
	return slices.Collect(maps.Values(byID))
}
