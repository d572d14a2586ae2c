package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// instance is a running program. It has been started, up to where it asks for a request, and is put back there after each one: a reactor to
// the end of _initialize, a command to its first read of standard input, where its call of _start waits in a goroutine of its own. So every
// request sees the program as it is right after start-up, at the price of a call.
type instance struct {
	code   *code
	ctx    context.Context // carries the instance to host functions
	module api.Module
	memory api.Memory
	linear linearMemory
	// What Meter adds, and the module's own mutable globals.
	fuel, depth, refused, changed api.MutableGlobal
	globals                       []api.MutableGlobal
	handle                        api.Function // of a reactor

	// x is the execution that host functions serve.
	x *execution
	// started is nil before start-up has ended.
	started *started
	// keeps is false when the instance serves one request only; values are those of globals, which restore puts back beside the memory.
	keeps  bool
	values []uint64

	// A command waits for its next request in resume and says in parked that it does, or how it has ended.
	resume   chan *execution
	parked   chan parking
	snapshot experimental.Snapshot
	// snapshots counts those taken so far.
	snapshots int
}

// maxSnapshots bounds how often a command is put back: each of wazero's snapshots copies the stack that the one before has left into one of 16
// bytes more, so requests would grow slower and slower.
const maxSnapshots = 1024

// started is what start-up has burned, written and slept.
type started struct {
	fuel           uint64
	stdout, stderr output
	elapsed        time.Duration
}

// parking says how a part of a command's run has ended: with an error when the call is over, or waiting, and then with the error that
// would have ended it.
type parking struct {
	over bool
	err  error
}

type instanceKey struct{}

func instanceOf(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// newInstance makes an instance and starts it with at most limit fuel. When start-up ends the program, the instance is nil and the outcome
// is what it is for every request.
func (c *code) newInstance(p patience, limit uint64) (_ *instance, _ *Outcome, err error) {
	i := &instance{code: c, keeps: c.engine.keeps}
	defer func() {
		// wazero panics when memory cannot be had
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: making an instance: %v", ErrNode, r)
		}
		if err != nil && i.linear != nil {
			i.linear.free()
		}
	}()
	i.linear = c.engine.newMemory(c)
	i.module, err = c.engine.wazero.InstantiateModule(experimental.WithMemoryAllocator(context.WithoutCancel(p.ctx), i.linear.allocator()), c.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: making an instance: %w", ErrNode, err)
	}
	i.memory = i.module.Memory()
	global := func(name string) api.MutableGlobal {
		g, _ := i.module.ExportedGlobal(name).(api.MutableGlobal)
		return g
	}
	i.fuel, i.depth = global(wasm.FuelExport), global(wasm.DepthExport)
	i.refused, i.changed = global(wasm.RefusedExport), global(wasm.ChangedExport)
	for n := 0; ; n++ {
		g := global(wasm.GlobalExport(n))
		if g == nil {
			break
		}
		i.globals = append(i.globals, g)
	}
	i.globals = append(i.globals, i.depth, i.refused)
	i.values = make([]uint64, len(i.globals))
	i.ctx = context.WithValue(context.Background(), instanceKey{}, i)
	outcome, err := i.start(newStart(p, limit, c.key.artifact))
	if err != nil || outcome != nil {
		i.close()
		return nil, outcome, err
	}
	return i, nil, nil
}

// start runs the program up to where it asks for a request.
func (i *instance) start(x *execution) (*Outcome, error) {
	i.begin(x)
	var p parking
	entry := i.module.ExportedFunction(wasm.StartExport)
	if entry == nil {
		i.handle = i.module.ExportedFunction(wasm.ReactorEntry)
		if initialize := i.module.ExportedFunction(wasm.InitEntry); initialize != nil {
			_, p.err = initialize.Call(i.ctx)
		}
		p.over = p.err != nil
		if !p.over {
			i.ready()
		}
	} else {
		ctx := i.ctx
		if i.keeps {
			ctx = experimental.WithSnapshotter(ctx)
		}
		i.resume, i.parked = make(chan *execution), make(chan parking)
		go func() {
			_, err := entry.Call(ctx)
			i.parked <- parking{over: true, err: err}
		}()
		p = <-i.parked
	}
	if !p.over {
		if burned := i.started.fuel; burned > x.limit {
			o := x.outcome(i, errOutOfFuel)
			return &o, nil
		}
		return nil, nil
	}
	i.resume = nil // nobody is there any more
	if err := i.nodeFault(p.err); err != nil {
		return nil, err
	}
	o := x.outcome(i, p.err)
	return &o, nil
}

// begin makes x the execution that the guest works for.
func (i *instance) begin(x *execution) {
	i.x = x
	x.granted = 0
	if x.charged <= x.limit {
		x.granted = min(slice, x.limit-x.charged)
	}
	i.fuel.Set(x.granted)
}

// ready ends start-up.
func (i *instance) ready() {
	i.started = &started{fuel: i.x.burned(int64(i.fuel.Get())), stdout: i.x.stdout, stderr: i.x.stderr, elapsed: i.x.clock.elapsed}
	if i.keeps = i.keeps && i.changed.Get() == 0; i.keeps {
		for n, g := range i.globals {
			i.values[n] = g.Get()
		}
		i.keeps = i.linear.save(i.memory)
	}
}

// firstRead is called by fd_read for standard input. The first time it ends start-up; and whenever it is called for a request that has
// just begun, it keeps the call, to come back to it.
func (i *instance) firstRead(ctx context.Context) {
	if i.handle != nil || i.snapshot != nil || i.started != nil && !i.keeps {
		return
	}
	first := i.started == nil
	if first {
		i.ready()
	}
	if i.keeps {
		i.snapshot = experimental.GetSnapshotter(ctx).Snapshot()
		i.snapshots++
	}
	if first {
		i.begin(i.park(nil))
	}
}

// park says that the command waits, and waits.
func (i *instance) park(err error) *execution {
	i.parked <- parking{err: err}
	x := <-i.resume
	if x == nil {
		panic(errClosed)
	}
	return x
}

// ended is called by the guest when it is done with a request. A command that is kept goes back to its first read.
func (i *instance) ended(end error) {
	if i.snapshot == nil {
		panic(end)
	}
	i.begin(i.park(end))
	snapshot := i.snapshot
	i.snapshot = nil
	snapshot.Restore([]uint64{wasm.ReadAgain})
}

// done is called when a command's _start has come back.
func done(ctx context.Context, _ api.Module, _ []uint64) {
	instanceOf(ctx).ended(sys.NewExitError(0))
}

// serve runs one request. over tells that the instance cannot serve another.
func (i *instance) serve(x *execution) (over bool, err error) {
	x.follow(i.started)
	if i.handle != nil {
		i.begin(x)
		_, err = i.handle.Call(i.ctx)
		return err != nil && !isExit(err), err
	}
	i.resume <- x
	p := <-i.parked
	if p.over {
		i.resume = nil
	}
	return p.over, p.err
}

// restore puts the instance back to where start-up has left it, if that can be done.
func (i *instance) restore() bool {
	if !i.keeps || i.snapshots == maxSnapshots || i.changed.Get() != 0 || !i.linear.restore(i.memory) {
		return false
	}
	for n, g := range i.globals {
		g.Set(i.values[n])
	}
	i.x = nil
	return true
}

// close ends the instance and waits until its goroutine has.
func (i *instance) close() {
	if i.resume != nil {
		i.resume <- nil
		<-i.parked
	}
	_ = i.module.Close(context.Background()) // it has no resources that could fail to close
}

// nodeFault tells failures of this node from those of the guest.
func (i *instance) nodeFault(err error) error {
	var bug goruntime.Error
	switch {
	case errors.Is(err, errInterrupted):
		return fmt.Errorf("%w: %w", ErrNode, errInterrupted)
	case i.linear.failed() != nil:
		return fmt.Errorf("%w: growing memory: %w", ErrNode, i.linear.failed())
	case errors.As(err, &bug), isStackOverflow(err) && int32(i.depth.Get()) >= 0:
		return fmt.Errorf("%w: %w", ErrNode, err)
	}
	return nil
}

func isExit(err error) bool {
	var exit *sys.ExitError
	return errors.As(err, &exit)
}
