package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// BuildFolder is where, in a function's folder, builds put what they make.
const BuildFolder = "build"

// ManifestName is the file in a function's folder that describes it.
const ManifestName = "orb.json"

// Manifest is orb.json.
type Manifest struct {
	// Contract is "http" or "filter".
	Contract string `json:"contract"`
	// Sample is the path, from the manifest's folder, of the request whose fuel is the complexity: an HTTP/1.1 message under http, the body
	// under filter. At most 4 KiB.
	Sample string `json:"sample"`
	// MemoryMiB is the memory limit per instance.
	MemoryMiB uint64 `json:"memory_mib"`
	// FuelFactor times the complexity is the fuel limit per request, at most 10.
	FuelFactor uint64 `json:"fuel_factor"`
	// Build says how the folder becomes a module; nil builds its Go main package.
	Build *Recipe `json:"build,omitempty"`
}

// Recipe is how a function in another language than Go is built.
type Recipe struct {
	// Command and its arguments run in the manifest's folder, with the author's own rights.
	Command []string `json:"command"`
	// Output is the module that it makes, a path from the manifest's folder.
	Output string `json:"output"`
}

const manifestFields = `"contract" ("http" or "filter"), "sample" (a file's path), "memory_mib" and "fuel_factor" (numbers), ` +
	`and "build" ({"command": [...], "output": a file's path}) where it is not Go`

// maxMemoryMiB is what a 32-bit memory can have; a chain's params allow less.
const maxMemoryMiB = 4 << 10

// DefaultManifest is what a manifest need not say.
func DefaultManifest() Manifest {
	return Manifest{Contract: "http", MemoryMiB: 64, FuelFactor: functionstypes.FuelFactor}
}

// ReadManifest reads the manifest of a function's folder, or of the folder that a .wasm file lies in or was built in; without one the
// defaults hold. Unknown names are errors.
func ReadManifest(source string) (Manifest, error) {
	m := DefaultManifest()
	folder := source
	if stat, err := os.Stat(source); err == nil && !stat.IsDir() {
		folder = filepath.Dir(source)
		if absolute, err := filepath.Abs(folder); err == nil && filepath.Base(absolute) == BuildFolder {
			folder = filepath.Dir(absolute)
		}
	}
	path := filepath.Join(folder, ManifestName)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("reading manifest: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("reading %s: %w; it holds an object with %s", path, err, manifestFields)
	}
	if decoder.More() {
		return m, fmt.Errorf("reading %s: there is something behind the object; it holds one object with %s", path, manifestFields)
	}
	if m.Sample != "" {
		m.Sample = filepath.Join(folder, m.Sample)
	}
	return m, nil
}

// ManifestFlags are a command's flags that say more than a manifest, or something else.
type ManifestFlags struct{ flagged Manifest }

// Add adds the flags to a command.
func (f *ManifestFlags) Add(cmd *cobra.Command) {
	f.flagged = DefaultManifest()
	flags := cmd.Flags()
	flags.StringVar(&f.flagged.Contract, "contract", f.flagged.Contract, "http or filter, over the manifest's")
	flags.StringVar(&f.flagged.Sample, "sample", "", "file with the sample request, over the manifest's")
	flags.Uint64Var(&f.flagged.MemoryMiB, "memory-mib", f.flagged.MemoryMiB, "memory limit per instance, over the manifest's")
	flags.Uint64Var(&f.flagged.FuelFactor, "fuel-factor", f.flagged.FuelFactor, "fuel limit per request as a multiple of the complexity, over the manifest's")
}

// Read returns the manifest of a source with what the command's flags say laid over it.
func (f *ManifestFlags) Read(cmd *cobra.Command, source string) (Manifest, error) {
	m, err := ReadManifest(source)
	if err != nil {
		return m, err
	}
	changed := cmd.Flags().Changed
	if changed("contract") {
		m.Contract = f.flagged.Contract
	}
	if changed("sample") {
		m.Sample = f.flagged.Sample
	}
	if changed("memory-mib") {
		m.MemoryMiB = f.flagged.MemoryMiB
	}
	if changed("fuel-factor") {
		m.FuelFactor = f.flagged.FuelFactor
	}
	return m, nil
}

// FunctionContract is the contract as the chain names it.
func (m Manifest) FunctionContract() (functionstypes.Contract, error) {
	switch m.Contract {
	case "http":
		return functionstypes.CONTRACT_HTTP, nil
	case "filter":
		return functionstypes.CONTRACT_FILTER, nil
	}
	return 0, fmt.Errorf("contract %q is neither http nor filter: set \"contract\" in %s, or --contract", m.Contract, ManifestName)
}

// Validate tells what a deploy would refuse, and where to change it.
func (m Manifest) Validate() error {
	if err := m.ValidateLimits(); err != nil {
		return err
	}
	if m.Sample == "" {
		return fmt.Errorf("no sample request: name a file of at most %d bytes as \"sample\" in %s, or with --sample", functionstypes.MaxSampleBytes, ManifestName)
	}
	return nil
}

// ValidateLimits is Validate for a function that has no sample yet.
func (m Manifest) ValidateLimits() error {
	if _, err := m.FunctionContract(); err != nil {
		return err
	}
	if m.MemoryMiB == 0 || m.MemoryMiB > maxMemoryMiB {
		return fmt.Errorf("memory_mib is %d, want 1 to %d: set it in %s, or --memory-mib", m.MemoryMiB, maxMemoryMiB, ManifestName)
	}
	if m.FuelFactor == 0 || m.FuelFactor > functionstypes.FuelFactor {
		return fmt.Errorf("fuel_factor is %d, want 1 to %d: set it in %s, or --fuel-factor", m.FuelFactor, functionstypes.FuelFactor, ManifestName)
	}
	if m.Build != nil && (len(m.Build.Command) == 0 || m.Build.Output == "" || !filepath.IsLocal(m.Build.Output)) {
		return fmt.Errorf("\"build\" in %s needs a \"command\", and as \"output\" the path of the module below the folder", ManifestName)
	}
	return nil
}

// MemoryLimit per instance in bytes.
func (m Manifest) MemoryLimit() uint64 { return m.MemoryMiB << 20 / wasm.PageSize * wasm.PageSize }

// ReadSample returns the sample request.
func (m Manifest) ReadSample() ([]byte, error) {
	sample, err := os.ReadFile(m.Sample)
	if err != nil {
		return nil, fmt.Errorf("reading the sample request that %s or --sample names: %w", ManifestName, err)
	}
	if len(sample) > functionstypes.MaxSampleBytes {
		return nil, fmt.Errorf("the sample %s has %d bytes, at most %d are allowed: choose a smaller request that stands for the usual work",
			m.Sample, len(sample), functionstypes.MaxSampleBytes)
	}
	return sample, nil
}
