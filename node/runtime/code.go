package runtime

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/orbnetwork/orb/pkg/wasm"
)

type codeKey struct {
	artifact [32]byte
	limits   Limits
}

// code is what programs of the same artifact and limits share. The engine's mutex guards its lists and counters.
type code struct {
	engine *Engine
	key    codeKey

	// programs are handles that somebody holds, running the requests that are being served.
	programs, running int
	idle              []*instance
	// resident and warm are its places in the engine's lists, nil where it is in none; size is what it counts for.
	resident, warm *list.Element
	size           int64

	// loading is held while the code is brought into memory, so that it is done once.
	loading  sync.Mutex
	compiled wazero.CompiledModule
	mapping  func()
	// artifact is kept only where there is no directory to keep the metered module in.
	artifact []byte

	// mu guards the memory after start-up, in the form that the memories of this machine share.
	mu     sync.Mutex
	image  []byte
	mapped *image
	// outcome is that of every request when start-up ends the program.
	outcome *Outcome
}

// instanceBytes is what an instance takes beside its memory: stack, tables, functions.
const instanceBytes = 48 << 10

func (i *instance) bytes() int64 { return instanceBytes + i.linear.bytes() }

// codeFactor is how many bytes compiling makes of one of the metered module.
const codeFactor = 4

// load brings the code into memory unless it is there. The artifact may be nil when the code has been loaded before. The caller counts in
// running.
func (c *code) load(ctx context.Context, artifact []byte) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	if c.compiled != nil {
		return nil
	}
	e := c.engine
	if !e.hollows() || c.loadHollow(ctx) != nil {
		if err := c.loadWhole(ctx, artifact); err != nil {
			return err
		}
	}
	e.mu.Lock()
	e.codeBytes += c.size
	c.resident = e.resident.PushBack(c)
	e.mu.Unlock()
	return nil
}

// loadWhole meters and compiles the module, and leaves behind what loads it faster the next time.
func (c *code) loadWhole(ctx context.Context, artifact []byte) error {
	e := c.engine
	metered, unmap, err := c.meter(artifact)
	if err != nil {
		return err
	}
	if e.hollows() {
		err := e.files.hollow(ctx, c.key, metered)
		if err == nil {
			err = c.loadHollow(ctx)
		}
		if err == nil || errors.Is(err, ErrInvalidModule) {
			unmap()
			return err
		}
	}
	compiled, err := e.wazero.CompileModule(context.WithoutCancel(ctx), metered)
	if err != nil {
		unmap()
		return fmt.Errorf("%w: compiling: %w", ErrInvalidModule, err)
	}
	c.compiled, c.mapping, c.size = compiled, unmap, int64(len(metered))*codeFactor
	return nil
}

// meter returns the metered module, from disk where it has been kept, and how to give it back.
func (c *code) meter(artifact []byte) ([]byte, func(), error) {
	files := c.engine.files
	if files != nil {
		if metered, unmap, err := files.open(files.path(c.key)); err == nil {
			return metered, unmap, nil
		}
	}
	if artifact == nil {
		artifact = c.artifact
	}
	if artifact == nil {
		return nil, nil, fmt.Errorf("%w: its module is gone from the cache", ErrNode)
	}
	metered, err := wasm.Meter(artifact, c.key.limits.Memory)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrInvalidModule, err)
	}
	if files != nil {
		if err := files.keep(files.path(c.key), metered, int64(len(metered))*codeFactor); err == nil {
			if kept, unmap, err := files.open(files.path(c.key)); err == nil {
				return kept, unmap, nil // wazero holds on to parts of it
			}
		}
	}
	c.artifact = artifact
	return metered, func() {}, nil
}

// acquire returns an instance for a request, a waiting one or a new one, and counts it as running even when it fails.
func (e *Engine) acquire(p patience, c *code) (*instance, *Outcome, error) {
	e.mu.Lock()
	if c.programs == 0 {
		e.mu.Unlock()
		return nil, nil, fmt.Errorf("%w: %w", ErrNode, errors.New("the program is closed"))
	}
	c.running++
	if n := len(c.idle); n > 0 {
		i := c.idle[n-1]
		c.idle = c.idle[:n-1]
		e.warmBytes -= i.bytes()
		if n == 1 {
			e.warm.Remove(c.warm)
			c.warm = nil
		}
		e.mu.Unlock()
		return i, nil, nil
	}
	e.mu.Unlock()
	i, outcome, err := c.fresh(p)
	if i == nil {
		e.release(c, nil)
	}
	return i, outcome, err
}

// fresh starts an instance.
func (c *code) fresh(p patience) (*instance, *Outcome, error) {
	c.mu.Lock()
	outcome := c.outcome
	c.mu.Unlock()
	if outcome != nil {
		return nil, outcome, nil
	}
	if err := c.load(p.ctx, nil); err != nil {
		return nil, nil, err
	}
	i, outcome, err := c.newInstance(p, c.key.limits.Fuel)
	if outcome != nil {
		c.mu.Lock()
		c.outcome = outcome
		c.mu.Unlock()
	}
	return i, outcome, err
}

// release ends a request, or a look at the code. An instance that can serve another is given back to wait.
func (e *Engine) release(c *code, i *instance) {
	e.mu.Lock()
	c.running--
	if c.resident != nil {
		e.resident.MoveToBack(c.resident)
	}
	if i != nil {
		c.idle = append(c.idle, i)
		e.warmBytes += i.bytes()
		if c.warm == nil {
			c.warm = e.warm.PushBack(c)
		} else {
			e.warm.MoveToBack(c.warm)
		}
	}
	full := e.warmBytes > e.warmRoom || e.codeBytes > e.codeRoom
	orphan := c.programs == 0
	e.mu.Unlock()
	if full {
		e.trim()
	}
	if orphan {
		e.collect(c)
	}
}

// trim drops what was used longest ago until the rest is within its bounds.
func (e *Engine) trim() {
	e.mu.Lock()
	var closing []*instance
	for e.warmBytes > e.warmRoom && e.warm.Len() > 0 {
		c := e.warm.Front().Value.(*code)
		i := c.idle[0]
		c.idle = c.idle[1:]
		e.warmBytes -= i.bytes()
		if len(c.idle) == 0 {
			e.warm.Remove(c.warm)
			c.warm = nil
		}
		closing = append(closing, i)
	}
	var dropped []*code
	for at := e.resident.Front(); at != nil && e.codeBytes > e.codeRoom; {
		c := at.Value.(*code)
		at = at.Next()
		if c.running == 0 && e.resident.Len() > 1 {
			closing = append(closing, e.takeIdle(c)...)
			e.evict(c)
			dropped = append(dropped, c)
		}
	}
	e.mu.Unlock()
	closeAll(closing)
	for _, c := range dropped {
		c.unload()
	}
}

// takeIdle takes all waiting instances of a program off the lists. The engine's mutex is held.
func (e *Engine) takeIdle(c *code) []*instance {
	idle := c.idle
	c.idle = nil
	for _, i := range idle {
		e.warmBytes -= i.bytes()
	}
	if c.warm != nil {
		e.warm.Remove(c.warm)
		c.warm = nil
	}
	return idle
}

// evict takes code off the list of what is in memory; unload is to follow. The engine's mutex is held.
func (e *Engine) evict(c *code) {
	if c.resident != nil {
		e.resident.Remove(c.resident)
		c.resident = nil
		e.codeBytes -= c.size
	}
}

// unload frees code that evict has taken off the list, unless somebody has come to use it since: that one finds it loaded, and it is listed
// again.
func (c *code) unload() {
	e := c.engine
	c.loading.Lock()
	defer c.loading.Unlock()
	e.mu.Lock()
	if c.compiled != nil && (c.running > 0 || len(c.idle) > 0) {
		if c.resident == nil {
			e.codeBytes += c.size
			c.resident = e.resident.PushBack(c)
		}
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	c.forget()
}

// forget frees what load has made. loading is held, or nothing runs any more.
func (c *code) forget() {
	if c.compiled == nil {
		return
	}
	_ = c.compiled.Close(context.Background()) // it frees memory only
	c.mapping()
	c.compiled, c.mapping = nil, nil
	c.mu.Lock()
	c.image = nil
	c.mu.Unlock()
}

// collect frees a program that nobody holds and no request runs on.
func (e *Engine) collect(c *code) {
	e.mu.Lock()
	if c.programs > 0 || c.running > 0 || e.codes[c.key] != c {
		e.mu.Unlock()
		return
	}
	delete(e.codes, c.key)
	idle := e.takeIdle(c)
	e.evict(c)
	e.mu.Unlock()
	closeAll(idle)
	c.unload()
}

func closeAll(instances []*instance) {
	for _, i := range instances {
		i.close()
	}
}
