package host

import (
	"fmt"
	"slices"

	"cosmossdk.io/math"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Policy says which functions a node seeds. The zero value takes everything that fits.
type Policy struct {
	// Manual takes only what Always names.
	Manual bool
	// MinPrice is the least price in uorb per million fuel of complexity.
	MinPrice uint64
	// MaxArtifactBytes bounds one artifact, MaxBytes all of them, MaxFunctions their number; 0 is no bound.
	MaxArtifactBytes uint64
	MaxBytes         uint64
	MaxFunctions     int
	// Replicas is how many hosts a function may have that the node still takes it unasked; 0 is no bound. One that pays for more is taken up
	// to that number, and any when its hosts are busy.
	Replicas int
	// AllowOwners, when not empty, takes only functions of these accounts; DenyOwners none of theirs.
	AllowOwners, DenyOwners []string
	// Always and Never name functions by id, and go before everything but the bounds.
	Always, Never []string
}

// SetPolicy replaces the policy. What it does not take any more is served on, but for what Never names; what it takes newly follows.
func (h *Host) SetPolicy(p Policy) {
	h.mu.Lock()
	h.policy = p
	for _, id := range p.Never {
		h.wanted[id] = true
	}
	h.mu.Unlock()
	h.want(everything)
}

// refused tells whether the operator has ruled a function out.
func (h *Host) refused(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.policy.Never, id)
}

// always tells whether the operator has asked for a function by hand.
func (h *Host) always(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.policy.Always, id)
}

// accept applies the policy.
func (h *Host) accept(fn functionstypes.Function, version functionstypes.Version) error {
	h.mu.Lock()
	p := h.policy
	count, bytes := len(h.functions), uint64(0)
	for _, f := range h.functions {
		bytes += f.version.Artifact.Size_
	}
	if h.functions[fn.Id] != nil {
		count, bytes = 0, 0 // it has been accepted before
	}
	h.mu.Unlock()
	if err := p.fits(version.Artifact.Size_, count, bytes); err != nil || slices.Contains(p.Always, fn.Id) {
		return err
	}
	return p.wants(fn, version)
}

// fits applies the bounds, given how many functions and bytes are held.
func (p Policy) fits(size uint64, count int, bytes uint64) error {
	switch {
	case p.MaxArtifactBytes > 0 && size > p.MaxArtifactBytes:
		return fmt.Errorf("%w: its artifact has %d bytes, more than %d", errUnwanted, size, p.MaxArtifactBytes)
	case p.MaxFunctions > 0 && count >= p.MaxFunctions:
		return fmt.Errorf("%w: the node has %d functions already", errUnwanted, count)
	case p.MaxBytes > 0 && bytes+size > p.MaxBytes:
		return fmt.Errorf("%w: no room for %d bytes", errUnwanted, size)
	}
	return nil
}

// wants applies what the operator has a say in.
func (p Policy) wants(fn functionstypes.Function, version functionstypes.Version) error {
	least := math.NewIntFromUint64(p.MinPrice).Mul(math.NewIntFromUint64(version.Complexity))
	switch {
	case p.Manual:
		return fmt.Errorf("%w: functions are added by hand", errUnwanted)
	case slices.Contains(p.DenyOwners, fn.Owner), len(p.AllowOwners) > 0 && !slices.Contains(p.AllowOwners, fn.Owner):
		return fmt.Errorf("%w: its owner is %s", errUnwanted, fn.Owner)
	case fn.Price.Amount.MulRaw(1_000_000).LT(least):
		return fmt.Errorf("%w: it pays less than %d uorb per million fuel", errUnwanted, p.MinPrice)
	}
	return nil
}
