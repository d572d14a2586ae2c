package devloop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/orbnetwork/orb/pkg/receipt"
)

// Golden requests lie in a function's folder: tests/NAME.request holds the bytes that the function gets, and either tests/NAME.response
// those that it must answer with, or tests/NAME.fault the code that it must fail with.
const (
	testsFolder       = "tests"
	requestExtension  = ".request"
	responseExtension = ".response"
	faultExtension    = ".fault"
)

// ErrGolden says that a function did not answer as its golden requests demand.
var ErrGolden = errors.New("golden requests fail")

// Golden runs the golden requests of a folder and writes a line for each. With update it writes what the function answers instead of
// comparing it.
func (f *Function) Golden(ctx context.Context, folder string, update bool, out io.Writer) error {
	requests, err := filepath.Glob(filepath.Join(folder, testsFolder, "*"+requestExtension))
	if err != nil {
		return fmt.Errorf("listing golden requests: %w", err)
	}
	if len(requests) == 0 {
		return fmt.Errorf("%s holds no golden request: put one into %s and run `orb test --update`", folder, filepath.Join(testsFolder, "NAME"+requestExtension))
	}
	failed := 0
	for _, path := range requests {
		base := strings.TrimSuffix(path, requestExtension)
		wrong, cost, err := f.golden(ctx, base, update)
		if err != nil {
			return err
		}
		if wrong != "" {
			failed++
			fmt.Fprintf(out, "FAIL  %s  %s\n%s", filepath.Base(base), cost, wrong)
			continue
		}
		fmt.Fprintf(out, "ok    %s  %s\n", filepath.Base(base), cost)
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d of %d", ErrGolden, failed, len(requests))
	}
	return nil
}

// golden runs the request base.request and returns what is wrong with the answer.
func (f *Function) golden(ctx context.Context, base string, update bool) (wrong, cost string, err error) {
	request, err := os.ReadFile(base + requestExtension)
	if err != nil {
		return "", "", fmt.Errorf("reading golden request: %w", err)
	}
	outcome, err := f.Run(ctx, request)
	if err != nil {
		return "", "", err
	}
	cost = fmt.Sprintf("%d fuel (%.0f%%)  %s", outcome.Fuel, 100*float64(outcome.Fuel)/float64(f.Limits.Fuel), outcome.Duration.Round(time.Microsecond))
	got, gotIn, notIn := outcome.Response, responseExtension, faultExtension
	if outcome.Fault != receipt.FaultNone {
		got, gotIn, notIn = []byte(outcome.Fault.String()+"\n"), faultExtension, responseExtension
	}
	if update {
		if err := os.Remove(base + notIn); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", "", fmt.Errorf("updating golden response: %w", err)
		}
		if err := os.WriteFile(base+gotIn, got, 0o600); err != nil {
			return "", "", fmt.Errorf("updating golden response: %w", err)
		}
		return "", cost, nil
	}
	want, err := os.ReadFile(base + gotIn)
	switch {
	case errors.Is(err, os.ErrNotExist) && outcome.Fault != receipt.FaultNone:
		return fmt.Sprintf("  fails with %s: %s\n%s", outcome.Fault, outcome.Message, indent(outcome.Log)), cost, nil
	case errors.Is(err, os.ErrNotExist):
		return fmt.Sprintf("  there is no %s; `orb test --update` writes it\n", filepath.Base(base)+responseExtension), cost, nil
	case err != nil:
		return "", "", fmt.Errorf("reading golden response: %w", err)
	case gotIn == faultExtension:
		got, want = bytes.TrimSpace(got), bytes.TrimSpace(want)
	}
	return difference(want, got), cost, nil
}

// difference shows the first line in which two texts differ; it is empty for equal ones.
func difference(want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	wantLines, gotLines := bytes.SplitAfter(want, []byte("\n")), bytes.SplitAfter(got, []byte("\n"))
	n := 0
	for n < min(len(wantLines), len(gotLines)) && bytes.Equal(wantLines[n], gotLines[n]) {
		n++
	}
	return fmt.Sprintf("  line %d\n  want  %s\n  got   %s\n", n+1, line(wantLines, n), line(gotLines, n))
}

// line is line n of a text, cut short.
func line(lines [][]byte, n int) string {
	const most = 160
	if n >= len(lines) {
		return "(nothing)"
	}
	text := lines[n]
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
