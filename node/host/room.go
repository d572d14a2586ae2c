package host

import (
	"context"
	"errors"
	"fmt"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// errNoRoomYet says that what is about to be deleted still takes the room.
var errNoRoomYet = errors.New("no room yet")

// makeRoom sees to it, before an artifact is fetched, that it fits into MaxBytes beside all that is on disk. An update goes before the version
// that it replaces: where both do not fit, that one is served no longer.
func (h *Host) makeRoom(id string, version functionstypes.Version) error {
	h.mu.Lock()
	budget, size := h.policy.MaxBytes, version.Artifact.Size_
	over := func(artifacts map[string]uint64) bool {
		delete(artifacts, version.Artifact.Cid)
		return budget > 0 && bytesOf(artifacts)+size > budget
	}
	old := []*function{h.functions[id], h.previous[id]}
	least := make(map[string]uint64)
	for other, f := range h.functions {
		if other != id {
			least[f.version.Artifact.Cid] = f.version.Artifact.Size_
		}
	}
	if over(least) {
		h.mu.Unlock()
		return fmt.Errorf("%w: no room for %d bytes", errUnwanted, size)
	}
	if !over(h.onDisk("")) {
		h.mu.Unlock()
		return nil
	}
	if over(h.onDisk(id)) {
		h.mu.Unlock()
		return fmt.Errorf("%w for %d bytes", errNoRoomYet, size)
	}
	delete(h.functions, id)
	delete(h.previous, id)
	h.mu.Unlock()
	for _, f := range old {
		if f != nil {
			h.release(f)
		}
	}
	return nil
}

// onDisk returns the artifacts on disk with their sizes, without those that only one function has, if one is named. It needs mu.
func (h *Host) onDisk(without string) map[string]uint64 {
	artifacts := make(map[string]uint64)
	for cid, size := range h.inherited {
		artifacts[cid] = size
	}
	for _, held := range []map[string]*function{h.functions, h.previous} {
		for id, f := range held {
			if id != without {
				artifacts[f.version.Artifact.Cid] = f.version.Artifact.Size_
			}
		}
	}
	return artifacts
}

func bytesOf(artifacts map[string]uint64) (sum uint64) {
	for _, size := range artifacts {
		sum += size
	}
	return sum
}

// inherit takes note of what an earlier run has kept, until it is known which of it is served again.
func (h *Host) inherit(ctx context.Context) error {
	kept, err := h.cfg.Artifacts.Kept(ctx)
	if err != nil {
		return fmt.Errorf("listing artifacts: %w", err)
	}
	h.mu.Lock()
	h.inherited = kept
	h.mu.Unlock()
	return nil
}

// collect deletes what an earlier run has kept and this one does not serve: versions and functions that have ended meanwhile.
func (h *Host) collect() {
	h.mu.Lock()
	unserved := h.inherited
	h.inherited = nil
	for cid := range h.onDisk("") {
		delete(unserved, cid)
	}
	h.mu.Unlock()
	for cid := range unserved {
		if err := h.cfg.Artifacts.Delete(h.ctx, cid); err != nil {
			h.failed("deleting "+cid, err)
		}
	}
}
