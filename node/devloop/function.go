// Package devloop is what authors do with a function before it is deployed: begin one from a template, build it, serve it on their own
// machine, hold it against golden requests, measure it and look into it. Everything runs as it will on the network: the same rewriting,
// the same limits, the same bytes.
package devloop

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/orbnetwork/orb/node/deploy"
	"github.com/orbnetwork/orb/node/runtime"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Workshop runs functions on the author's machine.
type Workshop struct {
	engine *runtime.Engine
}

// OpenWorkshop returns a workshop that keeps compiled code in the user's cache folder. Close it after the functions loaded by it.
func OpenWorkshop(ctx context.Context) (*Workshop, error) {
	config := runtime.Config{}
	if cache, err := os.UserCacheDir(); err == nil {
		config.CacheDir = filepath.Join(cache, "orb", "compiled")
	}
	engine, err := runtime.New(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Workshop{engine: engine}, nil
}

// Close frees the workshop.
func (w *Workshop) Close(ctx context.Context) error { return w.engine.Close(ctx) }

// Function is a function under the limits that a deploy would give it.
type Function struct {
	Package  *deploy.Package
	Contract functionstypes.Contract
	// Sample is the sample request and Complexity the fuel that it burns; both are empty where the manifest names none.
	Sample     []byte
	Complexity uint64
	Limits     runtime.Limits

	program *runtime.Program
}

// Load builds a source and loads it under its manifest's limits. Without a sample a request may burn as much as a chain's default params
// allow any sample to. Close the function.
func (w *Workshop) Load(ctx context.Context, source string, m deploy.Manifest) (*Function, error) {
	if err := m.ValidateLimits(); err != nil {
		return nil, err
	}
	pkg, err := deploy.Build(ctx, source, m.Build, false)
	if err != nil {
		return nil, err
	}
	f := &Function{Package: pkg, Limits: runtime.Limits{Fuel: functionstypes.DefaultParams().MaxComplexity, Memory: m.MemoryLimit()}}
	if f.Contract, err = m.FunctionContract(); err != nil {
		return nil, err
	}
	if m.Sample != "" {
		if f.Sample, err = m.ReadSample(); err != nil {
			return nil, err
		}
		if f.Complexity, err = deploy.Measure(ctx, w.engine, pkg, f.Contract, f.Sample, f.Limits.Fuel, f.Limits.Memory); err != nil {
			return nil, err
		}
		f.Limits.Fuel = f.Complexity * m.FuelFactor
	}
	if f.program, err = w.engine.Load(ctx, pkg.Bytes, f.Limits); err != nil {
		return nil, err
	}
	return f, nil
}

// Run runs one request: an HTTP/1.1 message under the http contract, a body under filter. A function's own failure is in the outcome.
func (f *Function) Run(ctx context.Context, request []byte) (runtime.Outcome, error) {
	return f.program.Run(ctx, f.Contract, request)
}

// Close frees the function.
func (f *Function) Close(ctx context.Context) error { return f.program.Close(ctx) }

// within runs do with the function of a source.
func within(ctx context.Context, source string, m deploy.Manifest, do func(*Function) error) (err error) {
	w, err := OpenWorkshop(ctx)
	if err != nil {
		return err
	}
	ending := context.WithoutCancel(ctx)
	defer func() { err = errors.Join(err, w.Close(ending)) }()
	f, err := w.Load(ctx, source, m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(ending)) }()
	return do(f)
}
