// Command bench runs the project's benchmarks, one area at a time, and keeps their figures in build/bench/results.json.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// result is one figure; its name begins with its area.
type result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Note  string  `json:"note"`
}

var areas = map[string]func(context.Context) ([]result, error){
	"chain":   chain,
	"state":   state,
	"gateway": gateway,
	"network": network,
	"memory":  memory,
	"runtime": functionRuntime,
}

// scale is for machines and moments that have no quarter of an hour for a million of everything.
var scale = flag.Int("scale", 1, "divide what the state area stores by so much")

// seeded is for the memory area, one process of which measures one number.
var seeded = flag.Int("seeded", 100, "how many functions the node of the memory area seeds")

const resultsPath = "build/bench/results.json"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	flag.Parse()
	err := run(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	if *scale < 1 {
		return fmt.Errorf("scale %d is not positive", *scale)
	}
	if len(names) == 0 {
		return fmt.Errorf("name an area: %s", strings.Join(slices.Sorted(maps.Keys(areas)), ", "))
	}
	for _, name := range names {
		measure, ok := areas[name]
		if !ok {
			return fmt.Errorf("no area %q", name)
		}
		results, err := measure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, r := range results {
			fmt.Printf("%-40s %12.3f %-6s %s\n", r.Name, r.Value, r.Unit, r.Note)
		}
		if err := record(results); err != nil {
			return err
		}
	}
	return nil
}

// record replaces what results.json holds under the same names.
func record(results []result) error {
	var all []result
	data, err := os.ReadFile(resultsPath)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", resultsPath, err)
	}
	all = slices.DeleteFunc(all, func(old result) bool {
		return slices.ContainsFunc(results, func(r result) bool { return r.Name == old.Name })
	})
	all = append(all, results...)
	if data, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(resultsPath), 0o755); err != nil {
		return err
	}
	return os.WriteFile(resultsPath, append(data, '\n'), 0o644)
}
