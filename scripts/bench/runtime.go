package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/receipt"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	orderBody = `{"items":[{"name":"nail","price":0.02,"count":500}]}`
	// turns and turn are how often and how long each contender is measured: shorter than the slices in which a busy machine takes the
	// processor away, so that some turns have it to themselves.
	turns = 150
	turn  = 2 * time.Millisecond
)

var generous = runtime.Limits{Fuel: 1 << 40, Memory: 64 << 20}

// functionRuntime measures node/runtime beside bare wazero in the same process.
func functionRuntime(ctx context.Context) (_ []result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "orb-bench-runtime-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(os.Stderr, "Building guests")
	g, err := buildGuests(ctx, dir)
	if err != nil {
		return nil, err
	}
	engine, err := runtime.New(ctx, runtime.Config{CacheDir: filepath.Join(dir, "cache")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close(ctx)) }()
	var results []result
	for _, part := range []struct {
		name    string
		measure func(context.Context, *runtime.Engine, guests) ([]result, error)
	}{{"requests", requests}, {"metering", metering}, {"garbage collection", collection}, {"cold starts", coldStarts}, {"density", density}} {
		fmt.Fprintln(os.Stderr, "Measuring", part.name)
		more, err := part.measure(ctx, engine, g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		results = append(results, more...)
	}
	return results, nil
}

// loaded is a program with a request, ready to be repeated.
func loaded(ctx context.Context, engine *runtime.Engine, module []byte, contract functionstypes.Contract, request string) (*runtime.Program, func() error, error) {
	p, err := engine.Load(ctx, module, generous)
	if err != nil {
		return nil, nil, err
	}
	body := []byte(request)
	do := func() error {
		o, err := p.Run(ctx, contract, body)
		if err == nil && o.Fault != receipt.FaultNone {
			err = fmt.Errorf("%s: %s", o.Fault, o.Message)
		}
		return err
	}
	return p, do, do()
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// requests measures small requests, where what surrounds the guest's work is most of it.
func requests(ctx context.Context, engine *runtime.Engine, g guests) ([]result, error) {
	message := "POST / HTTP/1.1\r\nHost: order\r\nDate: Mon, 02 Mar 2026 10:20:30 GMT\r\nContent-Length: " + strconv.Itoa(len(orderBody)) + "\r\n\r\n" + orderBody
	var programs []*runtime.Program
	defer func() {
		for _, p := range programs {
			_ = p.Close(ctx) // nothing can fail
		}
	}()
	var contenders []func() error
	for _, c := range []struct {
		module   []byte
		contract functionstypes.Contract
		request  string
	}{
		{g.reactor, functionstypes.CONTRACT_FILTER, orderBody}, {g.command, functionstypes.CONTRACT_FILTER, orderBody},
		{g.http, functionstypes.CONTRACT_HTTP, message}, {g.c, functionstypes.CONTRACT_FILTER, "a small request"},
	} {
		p, do, err := loaded(ctx, engine, c.module, c.contract, c.request)
		if err != nil {
			return nil, err
		}
		programs, contenders = append(programs, p), append(contenders, do)
	}
	goBare, err := newBare(ctx, g.reactor)
	if err != nil {
		return nil, err
	}
	defer goBare.runtime.Close(ctx)
	cBare, err := newBare(ctx, g.c)
	if err != nil {
		return nil, err
	}
	defer cBare.runtime.Close(ctx)
	body, small := []byte(orderBody), []byte("a small request")
	contenders = append(contenders,
		func() error { return goBare.reused(ctx, body) }, func() error { return goBare.fresh(ctx, body) },
		func() error { return cBare.reused(ctx, small) }, func() error { return cBare.fresh(ctx, small) })
	best, err := contest(turns, turn, contenders...)
	if err != nil {
		return nil, err
	}
	reactor, command, http, c, bare, fresh, cReused, cFresh := best[0], best[1], best[2], best[3], best[4], best[5], best[6], best[7]
	same := "the same Go reactor, " + strconv.Itoa(len(orderBody)) + " bytes of JSON"
	return []result{
		{"runtime.go_reactor_over_bare", float64(reactor) / float64(bare), "ratio", "isolated and metered over one bare instance reused; " + same},
		{"runtime.go_reactor_speedup_over_fresh", float64(fresh) / float64(reactor), "ratio", "over a bare instance for each request; " + same},
		{"runtime.go_reactor_us", microseconds(reactor), "µs", same},
		{"runtime.go_bare_us", microseconds(bare), "µs", "one bare instance reused, no isolation"},
		{"runtime.go_fresh_us", microseconds(fresh), "µs", "a bare instance for each request"},
		{"runtime.go_command_us", microseconds(command), "µs", "the same program as a command, isolated"},
		{"runtime.c_reactor_us", microseconds(c), "µs", fmt.Sprintf("%d bytes of Wasm, isolated", len(g.c))},
		{"runtime.c_bare_us", microseconds(cReused), "µs", "one bare instance reused, no isolation"},
		{"runtime.c_fresh_us", microseconds(cFresh), "µs", "a bare instance for each request"},
		{"runtime.http_framing_us", microseconds(http - reactor), "µs", "the http contract by the go template over filter, same work"},
	}, nil
}

// metering measures work of several milliseconds, metered and not.
func metering(ctx context.Context, engine *runtime.Engine, g guests) ([]result, error) {
	cBare, err := newBare(ctx, g.c)
	if err != nil {
		return nil, err
	}
	defer cBare.runtime.Close(ctx)
	p, err := engine.Load(ctx, g.c, generous)
	if err != nil {
		return nil, err
	}
	defer p.Close(ctx)
	var results []result
	logs, slowest, quickest := 0.0, 0.0, math.MaxFloat64
	work := []string{"hash", "matrix", "sorting", "fibonacci", "indirect", "bytes", "divide", "roots"}
	for _, name := range work {
		var fuel uint64
		best, err := contest(20, time.Millisecond,
			func() error {
				o, err := p.Run(ctx, functionstypes.CONTRACT_FILTER, []byte(name))
				fuel = o.Fuel
				if err == nil && !bytes.Equal(o.Response, cBare.stdout.Bytes()) && cBare.stdout.Len() > 0 {
					err = errors.New("metering has changed the result of " + name)
				}
				return err
			},
			func() error { return cBare.reused(ctx, []byte(name)) })
		if err != nil {
			return nil, err
		}
		cBare.stdout.Reset()
		// the bare instance keeps what it has changed: it is made anew for each kind of work
		if cBare.module, err = cBare.instance(ctx); err != nil {
			return nil, err
		}
		ratio := float64(best[0]) / float64(best[1])
		logs += math.Log(ratio)
		perNano := float64(fuel) / float64(best[0].Nanoseconds())
		slowest, quickest = max(slowest, perNano), min(quickest, perNano)
		results = append(results, result{"runtime.metering_" + name, ratio, "ratio", fmt.Sprintf("%.2f fuel/ns, %.1f ms bare", perNano, microseconds(best[1])/1000)})
	}
	return append(results,
		result{"runtime.metering_geomean", math.Exp(logs / float64(len(work))), "ratio", "fuel, slices, depth and NaNs over none, " + strings.Join(work, ", ")},
		result{"runtime.fuel_per_ns_spread", slowest / quickest, "ratio", "most over least fuel per nanosecond in the same work"}), nil
}

// collection measures how long a garbage collection waits for a guest that never ends.
func collection(ctx context.Context, engine *runtime.Engine, g guests) ([]result, error) {
	p, err := engine.Load(ctx, g.c, generous)
	if err != nil {
		return nil, err
	}
	defer p.Close(ctx)
	const tries, length = 6, 500 * time.Millisecond
	least, cycles := math.MaxFloat64, 0
	for range tries {
		before := stops()
		limited, cancel := context.WithTimeout(ctx, length)
		ended := make(chan error, 1)
		go func() {
			_, err := p.Run(limited, functionstypes.CONTRACT_FILTER, []byte("loop"))
			ended <- err
		}()
		for limited.Err() == nil {
			goruntime.GC()
			cycles++
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("the guest was to run until it is interrupted: %w", err)
		}
		after, worst := stops(), 0.0
		for i, n := range after.Counts {
			if n > before.Counts[i] {
				worst = after.Buckets[i] // the bucket's lower end; the upper may be infinite
			}
		}
		least = min(least, worst)
	}
	note := fmt.Sprintf("longest wait for the world to stop under an endless guest, in the least disturbed of %d tries with %d collections in all", tries, cycles)
	return []result{{"runtime.gc_stall_ms", least * 1000, "ms", note}}, nil
}

// stops returns how long stopping the world for collections has taken.
func stops() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(sample)
	h := sample[0].Value.Float64Histogram()
	return &metrics.Float64Histogram{Counts: append([]uint64{}, h.Counts...), Buckets: h.Buckets}
}

// coldStarts measures from the artifact on disk to its first response, with compiled code in the cache directory.
func coldStarts(ctx context.Context, engine *runtime.Engine, g guests) ([]result, error) {
	dir, err := os.MkdirTemp("", "orb-bench-cold-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	start := func(name string, module []byte, request string) (func() error, error) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, module, 0o600); err != nil {
			return nil, err
		}
		do := func() error {
			artifact, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p, _, err := loaded(ctx, engine, artifact, functionstypes.CONTRACT_FILTER, request)
			if err != nil {
				return err
			}
			return p.Close(ctx)
		}
		return do, do()
	}
	c, err := start("c", g.c, "a small request")
	if err != nil {
		return nil, err
	}
	reactor, err := start("go", g.reactor, orderBody)
	if err != nil {
		return nil, err
	}
	best, err := contest(30, time.Millisecond, c, reactor)
	if err != nil {
		return nil, err
	}
	return []result{
		{"runtime.cold_c_ms", microseconds(best[0]) / 1000, "ms", "artifact on disk to first response, code cached"},
		{"runtime.cold_go_ms", microseconds(best[1]) / 1000, "ms", fmt.Sprintf("the same for %d bytes of Go", len(g.reactor))},
	}, nil
}

// density measures what functions that nobody calls take while their code stays in memory.
func density(ctx context.Context, _ *runtime.Engine, g guests) ([]result, error) {
	measure := func(name string, module []byte, mark, request string, n int) (_ result, err error) {
		dir, err := os.MkdirTemp("", "orb-bench-density-")
		if err != nil {
			return result{}, err
		}
		defer os.RemoveAll(dir)
		engine, err := runtime.New(ctx, runtime.Config{CacheDir: dir, CodeBytes: 8 << 30, WarmBytes: 1})
		if err != nil {
			return result{}, err
		}
		defer func() { err = errors.Join(err, engine.Close(ctx)) }()
		var before int64
		for i := range n + 1 {
			// each copy is a program of its own: one letter that it never shows differs
			copied := bytes.Replace(module, []byte(mark), fmt.Appendf(nil, "%s%0*d", mark[:len(mark)-8], 8, i), 1)
			if bytes.Equal(copied, module) && i > 0 {
				return result{}, fmt.Errorf("%s has no mark", name)
			}
			if _, _, err := loaded(ctx, engine, copied, functionstypes.CONTRACT_FILTER, request); err != nil {
				return result{}, err
			}
			if i == 0 { // whatever the first one brings with it is not counted
				if before, err = resident(); err != nil {
					return result{}, err
				}
			}
		}
		after, err := resident()
		if err != nil {
			return result{}, err
		}
		each := float64(after-before) / float64(n)
		return result{"runtime.density_" + name, (1 << 30) / each, "1/GiB", fmt.Sprintf("%.0f KiB for each of %d idle functions, code in memory", each/1024, n)}, nil
	}
	c, errC := measure("c", g.c, "ORB-BENCH-00000000", "a small request", 400)
	reactor, errGo := measure("go", g.reactor, "ORB-BENCH-00000000", orderBody, 5)
	return []result{c, reactor}, errors.Join(errC, errGo)
}

// resident is what this process takes of the machine's memory and cannot give back, after a collection: what is mapped from files may go.
func resident() (int64, error) {
	goruntime.GC()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) == 3 && (fields[0] == "RssAnon:" || fields[0] == "RssShmem:") {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, err
			}
			total += kib << 10
		}
	}
	return total, nil
}
