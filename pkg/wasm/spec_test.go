package wasm

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// refusedSpecModules are the valid modules of the suites that the rewriter refuses. There are none: what the function contract leaves out
// beyond WebAssembly core 2.0 (imports, a start section) is Check's to refuse, and stays possible here.
var refusedSpecModules = []string{}

// newInV2 are modules that the suite of version 1 calls invalid or unlinkable and version 2 allows: several results, mutable globals
// across modules, segments that do not fit and are noticed later.
var newInV2 = []string{
	"elem.18.wasm", "func.20.wasm", "func.21.wasm", "imports.49.wasm", "linking.15.wasm", "type.3.wasm", "type.4.wasm", "unreached-invalid.87.wasm",
}

// TestSpec runs the WebAssembly core specification's test suites with every module rewritten first, on the compiler and on the
// interpreter. What is not valid must be refused by this package or by wazero after the rewriting. The suites lie in wazero's module.
func TestSpec(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Skip("there is no go command to find wazero's module with:", err)
	}
	suites := filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
	for _, engine := range []struct {
		name   string
		config wazero.RuntimeConfig
	}{{"compiler", wazero.NewRuntimeConfigCompiler()}, {"interpreter", wazero.NewRuntimeConfigInterpreter()}} {
		for _, version := range []string{"v1", "v2"} {
			t.Run(engine.name+"/"+version, func(t *testing.T) {
				files, err := filepath.Glob(filepath.Join(suites, version, "testdata", "*.json"))
				require.NoError(t, err)
				if len(files) == 0 {
					t.Skip("the suites are not in wazero's module:", suites)
				}
				refused := []string{}
				for _, file := range files {
					name := strings.TrimSuffix(filepath.Base(file), ".json")
					t.Run(name, func(t *testing.T) {
						s := newSpec(t, file, filepath.Join(suites, "testdata", "spectest.wasm"), engine.config.WithCoreFeatures(api.CoreFeaturesV2))
						s.run()
						refused = append(refused, s.refused...)
					})
				}
				require.Equal(t, refusedSpecModules, refused)
			})
		}
	}
}

type specCommand struct {
	Type, Name, Filename, As, Text string
	Line                           int
	ModuleType                     string `json:"module_type"`
	Action                         struct {
		Type, Field, Module string
		Args                []specValue
	}
	Expected []specValue
}

type specValue struct {
	Type     string
	LaneType string `json:"lane_type"`
	Value    any
}

type spec struct {
	t        *testing.T
	dir      string
	runtime  wazero.Runtime
	commands []specCommand
	modules  map[string]api.Module
	last     api.Module
	refused  []string
}

func newSpec(t *testing.T, file, spectest string, config wazero.RuntimeConfig) *spec {
	ctx := context.Background()
	var script struct{ Commands []specCommand }
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &script))
	s := &spec{t: t, dir: filepath.Dir(file), commands: script.Commands, modules: make(map[string]api.Module)}
	s.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { require.NoError(t, s.runtime.Close(ctx)) })
	_, err = s.runtime.NewHostModuleBuilder(HostModule).NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(endlessRefill), nil, nil).
		Export(RefillFunction).NewFunctionBuilder().WithFunc(func() {}).Export(DoneFunction).Instantiate(ctx)
	require.NoError(t, err)
	host, err := os.ReadFile(spectest)
	require.NoError(t, err)
	_, err = s.runtime.Instantiate(ctx, host)
	require.NoError(t, err)
	return s
}

func endlessRefill(_ context.Context, m api.Module, _ []uint64) {
	m.ExportedGlobal(FuelExport).(api.MutableGlobal).Set(10_000)
}

// rewritten is Meter without what the contract asks of entry points and imports.
func rewritten(data []byte) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	return newRewriter(m, maxMemoryPages).module(), nil
}

func (s *spec) instantiate(file, name string) (m api.Module, refused bool, err error) {
	data, err := os.ReadFile(filepath.Join(s.dir, file))
	require.NoError(s.t, err)
	data, err = rewritten(data)
	if err != nil {
		return nil, true, err
	}
	m, err = s.runtime.InstantiateWithConfig(context.Background(), data, wazero.NewModuleConfig().WithName(name))
	return m, false, err
}

func (s *spec) run() {
	for i := range s.commands {
		c := &s.commands[i]
		at := fmt.Sprintf("line %d: %s %s", c.Line, c.Type, c.Action.Field)
		switch c.Type {
		case "module":
			name := ""
			if next := i + 1; next < len(s.commands) && s.commands[next].Type == "register" {
				name = s.commands[next].As
			}
			m, refused, err := s.instantiate(c.Filename, name)
			s.last = m
			if refused {
				s.refused = append(s.refused, fmt.Sprintf("%s: %v", c.Filename, err))
				continue
			}
			require.NoError(s.t, err, at)
			if c.Name != "" {
				s.modules[c.Name] = m
			}
		case "register":
		case "assert_return", "action":
			s.invoke(c, at, nil)
		case "assert_trap":
			s.invoke(c, at, &c.Text)
		case "assert_exhaustion":
			anything := ""
			s.invoke(c, at, &anything)
		case "assert_malformed", "assert_invalid", "assert_unlinkable":
			if c.ModuleType == "text" || strings.HasSuffix(c.Filename, ".wat") {
				continue
			}
			_, _, err := s.instantiate(c.Filename, "")
			if err == nil && filepath.Base(filepath.Dir(s.dir)) == "v1" && slices.Contains(newInV2, c.Filename) {
				if c.Type == "assert_unlinkable" {
					return // what follows depends on its failure
				}
				continue
			}
			require.Error(s.t, err, at)
		case "assert_uninstantiable":
			_, _, err := s.instantiate(c.Filename, "")
			if c.Text != "out of bounds table access" { // wazero leaves that for later
				require.Error(s.t, err, at)
			}
		default:
			s.t.Fatal(at)
		}
	}
}

// invoke calls a function, or reads a global, and compares: with what is expected, or when there is a trap, with its text.
func (s *spec) invoke(c *specCommand, at string, trap *string) {
	m := s.last
	if c.Action.Module != "" {
		m = s.modules[c.Action.Module]
	}
	if m == nil {
		return // refused
	}
	var want []uint64
	for _, e := range c.Expected {
		want = append(want, e.bits()...)
	}
	if c.Action.Type == "get" {
		require.Equal(s.t, want[0], m.ExportedGlobal(c.Action.Field).Get(), at)
		return
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits()...)
	}
	got, err := m.ExportedFunction(c.Action.Field).Call(context.Background(), args...)
	if err != nil {
		m.ExportedGlobal(DepthExport).(api.MutableGlobal).Set(maxDepth)
	}
	if trap != nil {
		require.ErrorContains(s.t, err, trapText(*trap), at)
		return
	}
	require.NoError(s.t, err, at)
	require.Len(s.t, got, len(want), at)
	place := 0
	for _, e := range c.Expected {
		width := 1
		if e.Type == "v128" {
			width = 2
		}
		require.True(s.t, e.matches(got[place:place+width]), "%s: %v is not %v", at, got[place:place+width], e)
		place += width
	}
}

// trapText is how wazero says what the suites ask for.
func trapText(text string) string {
	switch {
	case text == "indirect call type mismatch", text == "indirect call":
		return "indirect call type mismatch"
	case text == "undefined element", text == "undefined", text == "out of bounds table access", strings.HasPrefix(text, "uninitialized"):
		return "invalid table access"
	}
	return text
}

func laneBits(laneType string) int {
	if bits, err := strconv.Atoi(strings.TrimLeft(laneType, "if")); err == nil {
		return bits
	}
	return 64 // a reference
}

// bits are a value as wazero takes and gives it; NaN patterns are canonical NaNs.
func (v specValue) bits() []uint64 {
	if v.Type != "v128" || v.Value == nil {
		return []uint64{scalarBits(v.Type, v.Value)}
	}
	out := make([]uint64, 2)
	width := laneBits(v.LaneType)
	for i, lane := range v.Value.([]any) {
		out[i*width/64] |= scalarBits(v.LaneType, lane) & (math.MaxUint64 >> (64 - width)) << (i * width % 64)
	}
	return out
}

func scalarBits(kind string, value any) uint64 {
	text, ok := value.(string)
	switch {
	case !ok || text == "null":
		return 0
	case strings.HasPrefix(text, "nan") && kind == "f32":
		return canonicalF32
	case strings.HasPrefix(text, "nan"):
		return canonicalF64
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		signed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(err)
		}
		n = uint64(signed)
	}
	switch kind {
	case "externref":
		n++ // wazero's null is 0
	case "i32", "f32":
		n = uint64(uint32(n))
	}
	return n
}

// matches asks for exactly the canonical NaN, of either sign, where the suites leave a choice: that is what the rewriter promises. Where
// they say nothing of a reference any will do.
func (v specValue) matches(got []uint64) bool {
	if v.Value == nil {
		return true
	}
	lanes, kind, want := []any{v.Value}, v.Type, v.bits()
	if v.Type == "v128" {
		lanes, kind = v.Value.([]any), v.LaneType
	}
	width := laneBits(kind)
	for i, lane := range lanes {
		mask := uint64(math.MaxUint64) >> (64 - width)
		if text, ok := lane.(string); ok && strings.HasPrefix(text, "nan") {
			mask >>= 1
		}
		word, shift := i*width/64, i*width%64
		if got[word]>>shift&mask != want[word]>>shift&mask {
			return false
		}
	}
	return true
}
