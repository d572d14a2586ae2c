package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

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
}

const manifestFields = `"contract" ("http" or "filter"), "sample" (a file's path), "memory_mib" and "fuel_factor" (numbers)`

// maxMemoryMiB is what a 32-bit memory can have; a chain's params allow less.
const maxMemoryMiB = 4 << 10

// DefaultManifest is what a manifest need not say.
func DefaultManifest() Manifest {
	return Manifest{Contract: "http", MemoryMiB: 64, FuelFactor: functionstypes.FuelFactor}
}

// readManifest reads the manifest of a folder; without one the defaults hold. Unknown names are errors.
func readManifest(folder string) (Manifest, error) {
	m := DefaultManifest()
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

func (m Manifest) contract() (functionstypes.Contract, error) {
	switch m.Contract {
	case "http":
		return functionstypes.CONTRACT_HTTP, nil
	case "filter":
		return functionstypes.CONTRACT_FILTER, nil
	}
	return 0, fmt.Errorf("contract %q is neither http nor filter: set \"contract\" in %s, or --contract", m.Contract, ManifestName)
}

func (m Manifest) validate() error {
	if _, err := m.contract(); err != nil {
		return err
	}
	if m.MemoryMiB == 0 || m.MemoryMiB > maxMemoryMiB {
		return fmt.Errorf("memory_mib is %d, want 1 to %d: set it in %s, or --memory-mib", m.MemoryMiB, maxMemoryMiB, ManifestName)
	}
	if m.FuelFactor == 0 || m.FuelFactor > functionstypes.FuelFactor {
		return fmt.Errorf("fuel_factor is %d, want 1 to %d: set it in %s, or --fuel-factor", m.FuelFactor, functionstypes.FuelFactor, ManifestName)
	}
	if m.Sample == "" {
		return fmt.Errorf("no sample request: name a file of at most %d bytes as \"sample\" in %s, or with --sample", functionstypes.MaxSampleBytes, ManifestName)
	}
	return nil
}

func (m Manifest) memoryLimit() uint64 { return m.MemoryMiB << 20 / wasm.PageSize * wasm.PageSize }

func (m Manifest) readSample() ([]byte, error) {
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
