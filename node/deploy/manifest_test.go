package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func TestManifest(t *testing.T) {
	for _, c := range []struct {
		name, file string // "" is no file
		want       Manifest
		wrong      string
	}{
		{name: "nothing said", file: `{}`, want: Manifest{Contract: "http", MemoryMiB: 64, FuelFactor: 10}},
		{name: "no file", want: Manifest{Contract: "http", MemoryMiB: 64, FuelFactor: 10}},
		{
			name: "all said", file: `{"contract": "filter", "sample": "in/s.txt", "memory_mib": 8, "fuel_factor": 2}`,
			want: Manifest{Contract: "filter", Sample: "in/s.txt", MemoryMiB: 8, FuelFactor: 2},
		},
		{name: "not JSON", file: `contract: http`, wrong: `it holds an object with "contract" ("http" or "filter")`},
		{name: "cut short", file: `{"contract": "http"`, wrong: "unexpected EOF; it holds an object"},
		{name: "a list", file: `[]`, wrong: "cannot unmarshal array"},
		{name: "unknown name", file: `{"memory": 64}`, wrong: `unknown field "memory"; it holds an object with "contract"`},
		{name: "wrong type", file: `{"memory_mib": "64"}`, wrong: `"memory_mib" and "fuel_factor" (numbers)`},
		{name: "negative", file: `{"memory_mib": -1}`, wrong: "cannot unmarshal number -1"},
		{name: "two objects", file: `{} {}`, wrong: "something behind the object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			if c.file != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, ManifestName), []byte(c.file), 0o600))
			}
			m, err := ReadManifest(folder)
			if c.wrong != "" {
				require.ErrorContains(t, err, c.wrong)
				require.ErrorContains(t, err, filepath.Join(folder, ManifestName))
				return
			}
			require.NoError(t, err)
			if c.want.Sample != "" {
				c.want.Sample = filepath.Join(folder, c.want.Sample)
			}
			require.Equal(t, c.want, m)
		})
	}
}

// TestManifestOfModule: a module is described by the folder that it lies in, or was built in.
func TestManifestOfModule(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, ManifestName), []byte(`{"contract": "filter"}`), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(folder, BuildFolder), 0o700))
	for _, path := range []string{"a.wasm", filepath.Join(BuildFolder, "a.wasm")} {
		module := filepath.Join(folder, path)
		require.NoError(t, os.WriteFile(module, nil, 0o600))
		m, err := ReadManifest(module)
		require.NoError(t, err)
		require.Equal(t, "filter", m.Contract, path)
	}
}

// TestManifestValidate: whoever reads the refusal knows which line or flag to change.
func TestManifestValidate(t *testing.T) {
	good := Manifest{Contract: "http", Sample: "s", MemoryMiB: 64, FuelFactor: 10}
	require.NoError(t, good.Validate())
	for _, c := range []struct {
		name  string
		spoil func(*Manifest)
		wrong []string
	}{
		{"contract", func(m *Manifest) { m.Contract = "grpc" }, []string{`"grpc"`, "http nor filter", "--contract"}},
		{"no contract", func(m *Manifest) { m.Contract = "" }, []string{"http nor filter"}},
		{"no memory", func(m *Manifest) { m.MemoryMiB = 0 }, []string{"want 1 to 4096", "orb.json", "--memory-mib"}},
		{"memory without end", func(m *Manifest) { m.MemoryMiB = 1 << 45 }, []string{"want 1 to 4096"}},
		{"no fuel", func(m *Manifest) { m.FuelFactor = 0 }, []string{"want 1 to 10", "--fuel-factor"}},
		{"too much fuel", func(m *Manifest) { m.FuelFactor = 11 }, []string{"want 1 to 10"}},
		{"nothing to build with", func(m *Manifest) { m.Build = &Recipe{Output: "a.wasm"} }, []string{`"build" in orb.json needs a "command"`}},
		{"builds nothing", func(m *Manifest) { m.Build = &Recipe{Command: []string{"make"}} }, []string{`as "output" the path`}},
		{"builds elsewhere", func(m *Manifest) { m.Build = &Recipe{Command: []string{"make"}, Output: "../a.wasm"} }, []string{"below the folder"}},
		{"no sample", func(m *Manifest) { m.Sample = "" }, []string{"no sample request", "4096 bytes", "--sample"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := good
			c.spoil(&m)
			err := m.Validate()
			for _, words := range c.wrong {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestReadSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample")
	m := Manifest{Sample: path}
	_, err := m.ReadSample()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "--sample")

	whole := strings.Repeat("x", functionstypes.MaxSampleBytes)
	require.NoError(t, os.WriteFile(path, []byte(whole), 0o600))
	sample, err := m.ReadSample()
	require.NoError(t, err)
	require.Equal(t, whole, string(sample))

	require.NoError(t, os.WriteFile(path, []byte(whole+"x"), 0o600))
	_, err = m.ReadSample()
	require.ErrorContains(t, err, "has 4097 bytes, at most 4096 are allowed")
}
