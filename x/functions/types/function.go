package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"regexp"
	"strings"

	"cosmossdk.io/errors"
	"cosmossdk.io/math"
)

const (
	// MaxSampleBytes bounds the request of a sample.
	MaxSampleBytes = 4096
	// FuelFactor bounds a version's fuel limit as a multiple of its complexity, so that a trivial sample buys only trivial work.
	FuelFactor = 10
	// PageSize is the unit of a Wasm memory in bytes.
	PageSize = 64 << 10
	// BasisPoints are the whole of a share.
	BasisPoints = 10_000

	maxPlanBytes = 32
)

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidateName accepts a lower-case DNS label that can be mistaken neither for a function id nor for punycode.
func ValidateName(name string) error {
	switch {
	case !dnsLabel.MatchString(name):
		return errors.Wrapf(ErrInvalidName, "%q is not a DNS label: 1 to 63 of a-z, 0-9 and inner hyphens", name)
	case IsFunctionID(name):
		return errors.Wrapf(ErrInvalidName, "%q begins like a function id", name)
	case strings.HasPrefix(name, "xn--"):
		return errors.Wrapf(ErrInvalidName, "%q begins like punycode", name)
	}
	return nil
}

// Validate checks everything about a deploy that needs no state.
func (m *MsgDeployFunction) Validate() error {
	if err := m.MaxCost.Validate(); err != nil {
		return errors.Wrapf(ErrInvalidFunction, "max cost: %s", err)
	}
	fn := m.Function()
	if err := fn.Validate(); err != nil {
		return err
	}
	v := m.Version()
	return v.Validate()
}

// Function is the function that the message deploys.
func (m *MsgDeployFunction) Function() Function {
	return Function{
		Id:             FunctionID(m.SigningKey),
		Owner:          m.Owner,
		SigningKey:     m.SigningKey,
		Name:           m.Name,
		Status:         FUNCTION_STATUS_PENDING,
		LatestVersion:  1,
		PendingVersion: 1,
		Price:          m.Price,
		OwnerShareBps:  m.OwnerShareBps,
		Plan:           m.Plan,
		Deposit:        math.ZeroInt(),
	}
}

// Version is the first version of the function that the message deploys. Off chain it is what to sign.
func (m *MsgDeployFunction) Version() Version {
	return Version{
		FunctionId:  FunctionID(m.SigningKey),
		Number:      1,
		Artifact:    m.Artifact,
		SourceHash:  m.SourceHash,
		Sample:      m.Sample,
		Complexity:  m.Complexity,
		FuelLimit:   m.FuelLimit,
		MemoryLimit: m.MemoryLimit,
		Contract:    m.Contract,
		Status:      VERSION_STATUS_PENDING,
		Signature:   m.Signature,
		Owner:       m.Owner,
		SigningKey:  m.SigningKey,
	}
}

// Validate checks the fields of a function on their own.
func (f Function) Validate() error {
	if err := validateSigningKey(f.SigningKey); err != nil {
		return err
	}
	if f.Name != "" {
		if err := ValidateName(f.Name); err != nil {
			return err
		}
	}
	if err := f.Price.Validate(); err != nil {
		return errors.Wrapf(ErrInvalidFunction, "price: %s", err)
	}
	if f.OwnerShareBps > BasisPoints {
		return errors.Wrapf(ErrInvalidFunction, "owner share of %d basis points exceeds %d", f.OwnerShareBps, BasisPoints)
	}
	if f.Plan == "" || len(f.Plan) > maxPlanBytes {
		return errors.Wrapf(ErrInvalidFunction, "plan has %d bytes, want 1 to %d", len(f.Plan), maxPlanBytes)
	}
	return nil
}

// Validate checks the fields of a version on their own.
func (v Version) Validate() error {
	if err := v.Artifact.Validate(); err != nil {
		return err
	}
	switch {
	case len(v.SourceHash) != 0 && len(v.SourceHash) != sha256.Size:
		return errors.Wrapf(ErrInvalidVersion, "source hash has %d bytes, want none or %d", len(v.SourceHash), sha256.Size)
	case len(v.Sample.Request) > MaxSampleBytes:
		return errors.Wrapf(ErrInvalidVersion, "sample request has %d bytes, at most %d are allowed", len(v.Sample.Request), MaxSampleBytes)
	case v.Contract != CONTRACT_HTTP && v.Contract != CONTRACT_FILTER:
		return errors.Wrapf(ErrInvalidVersion, "unknown contract %s", v.Contract)
	case v.Complexity == 0:
		return errors.Wrap(ErrInvalidVersion, "complexity is 0")
	case v.FuelLimit < v.Complexity || v.FuelLimit/FuelFactor > v.Complexity || v.FuelLimit/FuelFactor == v.Complexity && v.FuelLimit%FuelFactor != 0:
		return errors.Wrapf(ErrInvalidVersion, "fuel limit %d is not in 1 to %d times the complexity %d", v.FuelLimit, FuelFactor, v.Complexity)
	case v.MemoryLimit == 0 || v.MemoryLimit%PageSize != 0:
		return errors.Wrapf(ErrInvalidVersion, "memory limit %d is not a multiple of %d bytes", v.MemoryLimit, PageSize)
	case len(v.Signature) != ed25519.SignatureSize:
		return errors.Wrapf(ErrInvalidSignature, "signature has %d bytes, want %d", len(v.Signature), ed25519.SignatureSize)
	}
	return nil
}
