// Package runtime executes functions: it meters a module with pkg/wasm, compiles it with wazero and runs one request in an instance of
// its own. What a request gives and burns depends on artifact, limits and request alone, on every machine.
package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// Config of an engine.
type Config struct {
	// CacheDir keeps compiled code between starts; empty keeps none.
	CacheDir string
	// Interpreter runs without compiling, many times slower. Results are the same.
	Interpreter bool
}

// Limits of one version.
type Limits struct {
	// Fuel per request.
	Fuel uint64
	// Memory per instance in bytes.
	Memory uint64
}

// ErrInvalidModule is wrapped by Load's refusals of an artifact, as opposed to failures of the node.
var ErrInvalidModule = errors.New("invalid module")

// Engine holds what all programs share: compiled code and the host functions.
type Engine struct {
	wazero wazero.Runtime
	cache  wazero.CompilationCache
}

// New returns an engine. Close ends it and everything loaded by it.
func New(ctx context.Context, c Config) (*Engine, error) {
	config := wazero.NewRuntimeConfigCompiler()
	if c.Interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	config = config.WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false)
	e := &Engine{}
	if c.CacheDir != "" {
		var err error
		if e.cache, err = wazero.NewCompilationCacheWithDir(c.CacheDir); err != nil {
			return nil, fmt.Errorf("opening the cache of compiled code: %w", err)
		}
		config = config.WithCompilationCache(e.cache)
	}
	e.wazero = wazero.NewRuntimeWithConfig(ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, e.wazero); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing WASI: %w", err), e.Close(ctx))
	}
	_, err := e.wazero.NewHostModuleBuilder(wasm.HostModule).
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(refill), nil, nil).Export(wasm.RefillFunction).
		Instantiate(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing host functions: %w", err), e.Close(ctx))
	}
	return e, nil
}

// Close frees the engine. Programs of it must not run any more.
func (e *Engine) Close(ctx context.Context) error {
	err := e.wazero.Close(ctx)
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}

// Program is one artifact under one version's limits, ready to run requests in parallel.
type Program struct {
	engine   *Engine
	compiled wazero.CompiledModule
	limits   Limits
	// users counts running requests and the loader's own hold; the last one to leave frees the code.
	users atomic.Int64
}

// Load prepares an artifact: a module that passes wasm.Check. The error wraps ErrInvalidModule when the artifact is to blame.
func (e *Engine) Load(ctx context.Context, artifact []byte, limits Limits) (*Program, error) {
	metered, err := wasm.Meter(artifact, limits.Memory)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidModule, err)
	}
	compiled, err := e.wazero.CompileModule(ctx, metered)
	if err != nil {
		return nil, fmt.Errorf("%w: compiling: %w", ErrInvalidModule, err)
	}
	p := &Program{engine: e, compiled: compiled, limits: limits}
	p.users.Store(1)
	return p, nil
}

// Close gives the program up; its code is freed once no request runs on it.
func (p *Program) Close(ctx context.Context) error { return p.release(ctx) }

func (p *Program) release(ctx context.Context) error {
	if p.users.Add(-1) > 0 {
		return nil
	}
	return p.compiled.Close(ctx)
}

// acquire fails once the program has been given up by everybody.
func (p *Program) acquire() error {
	for {
		n := p.users.Load()
		if n == 0 {
			return errors.New("program is closed")
		}
		if p.users.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}
