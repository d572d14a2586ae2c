// Package runtime executes functions: it meters a module with pkg/wasm, compiles it with wazero and runs requests in instances that are put
// back to where start-up left them. What a request gives and burns depends on artifact, limits and request alone, on every machine.
package runtime

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Config of an engine. The zero value works.
type Config struct {
	// CacheDir keeps compiled code between starts; empty keeps none. Nobody else may write there: what is in it is executed.
	CacheDir string
	// CacheBytes bounds CacheDir, 0 for 8 GiB. The oldest files go first.
	CacheBytes int64
	// CodeBytes bounds the compiled code in memory, 0 for 1 GiB. What was used longest ago goes first and is loaded again when it is needed.
	CodeBytes int64
	// WarmBytes bounds the memory of instances that wait for requests, 0 for 256 MiB.
	WarmBytes int64
	// Interpreter runs without compiling, many times slower. Results are the same.
	Interpreter bool
	// Portable restores instances without help of the operating system, several times slower. Results are the same.
	Portable bool
}

const (
	defaultCacheBytes = 8 << 30
	defaultCodeBytes  = 1 << 30
	defaultWarmBytes  = 256 << 20
)

// Limits of one version.
type Limits struct {
	// Fuel per request.
	Fuel uint64
	// Memory per instance in bytes.
	Memory uint64
}

// ErrInvalidModule is wrapped by Load's refusals of an artifact, as opposed to failures of the node.
var ErrInvalidModule = errors.New("invalid module")

// Engine holds what all programs share: compiled code, instances that wait, and the host functions.
type Engine struct {
	wazero   wazero.Runtime
	cache    wazero.CompilationCache
	files    *files // nil without a CacheDir
	keeps    bool
	portable bool
	codeRoom int64
	warmRoom int64

	mu    sync.Mutex
	codes map[codeKey]*code
	// resident lists programs whose code is in memory, warm those with waiting instances; what was used longest ago stands first.
	resident, warm       list.List
	codeBytes, warmBytes int64
}

func compilerConfig() wazero.RuntimeConfig { return configured(wazero.NewRuntimeConfigCompiler()) }

func configured(c wazero.RuntimeConfig) wazero.RuntimeConfig {
	return c.WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false)
}

// New returns an engine. Close ends it and everything loaded by it.
func New(ctx context.Context, c Config) (*Engine, error) {
	config := compilerConfig()
	if c.Interpreter {
		config = configured(wazero.NewRuntimeConfigInterpreter())
	}
	orDefault := func(n, otherwise int64) int64 {
		if n == 0 {
			return otherwise
		}
		return n
	}
	e := &Engine{
		codes: make(map[codeKey]*code), keeps: !c.Interpreter, portable: c.Portable,
		codeRoom: orDefault(c.CodeBytes, defaultCodeBytes), warmRoom: orDefault(c.WarmBytes, defaultWarmBytes),
	}
	if c.CacheDir != "" {
		var err error
		if e.files, err = openFiles(filepath.Join(c.CacheDir, "metered"), c.CacheDir, orDefault(c.CacheBytes, defaultCacheBytes)); err != nil {
			return nil, fmt.Errorf("opening the cache of metered modules: %w", err)
		}
		if e.cache, err = wazero.NewCompilationCacheWithDir(c.CacheDir); err != nil {
			return nil, fmt.Errorf("opening the cache of compiled code: %w", err)
		}
		config = config.WithCompilationCache(e.cache)
	}
	e.wazero = wazero.NewRuntimeWithConfig(ctx, config)
	if err := instantiateHost(ctx, e.wazero); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

// Close frees the engine. Programs of it must not run any more.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	var idle []*instance
	for _, c := range e.codes {
		idle = append(idle, e.takeIdle(c)...)
	}
	e.mu.Unlock()
	closeAll(idle)
	err := e.wazero.Close(ctx)
	for _, c := range e.codes {
		c.forget()
	}
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}

// newMemory returns the fastest memory that there is here.
func (e *Engine) newMemory(c *code) linearMemory {
	if e.keeps && !e.portable {
		if m := newMapped(c); m != nil {
			return m
		}
	}
	return &copied{code: c}
}

// Program is one artifact under one version's limits, ready to run requests in parallel.
type Program struct {
	code *code
	once sync.Once
}

// Load prepares an artifact: a module that passes wasm.Check. Programs of the same artifact and limits share everything. The error wraps
// ErrInvalidModule when the artifact is to blame.
func (e *Engine) Load(ctx context.Context, artifact []byte, limits Limits) (*Program, error) {
	key := codeKey{artifact: sha256.Sum256(artifact), limits: limits}
	e.mu.Lock()
	c, known := e.codes[key]
	if !known {
		c = &code{engine: e, key: key}
		e.codes[key] = c
	}
	c.programs++
	c.running++ // nobody may drop the code before it has been looked at
	e.mu.Unlock()
	err := c.load(ctx, artifact)
	e.release(c, nil)
	p := &Program{code: c}
	if err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	return p, nil
}

// Close gives the program up; its code is freed once no request runs on it.
func (p *Program) Close(context.Context) error {
	p.once.Do(func() {
		e := p.code.engine
		e.mu.Lock()
		p.code.programs--
		e.mu.Unlock()
		e.collect(p.code)
	})
	return nil
}
