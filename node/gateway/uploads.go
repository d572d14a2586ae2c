package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/orbnetwork/orb/pkg/wasm"
)

// pendingFor is how long an uploaded artifact is kept on trust. The verify worker, which fetches what a deploy names, makes it stay.
const pendingFor = time.Hour

// budget bounds what is taken in any window of time.
type budget struct {
	limit  int64
	window time.Duration

	mu    sync.Mutex
	since time.Time
	used  int64
}

func (b *budget) take(n int64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.since) > b.window {
		b.since, b.used = now, 0
	}
	if b.used+n > b.limit {
		return false
	}
	b.used += n
	return true
}

// Uploaded is the answer to POST /v1/artifacts.
type Uploaded struct {
	CID string `json:"cid"`
	// SHA256 of the bytes, in hex.
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`
}

// upload serves POST /v1/artifacts. What is not a function is refused here already, so that nobody uses the store for anything else.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	limit, err := s.chain.MaxArtifactBytes(r.Context())
	if err != nil {
		return err
	}
	if r.ContentLength > int64(limit) {
		return readError(&http.MaxBytesError{Limit: int64(limit)})
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if err != nil {
		return readError(err)
	}
	if _, err := wasm.Check(data); err != nil {
		return fmt.Errorf("%w: %w", errModule, err)
	}
	if !s.uploads.take(int64(len(data)), time.Now()) {
		return errFull
	}
	cid, err := s.store.PutPending(r.Context(), data, pendingFor)
	if err != nil {
		return fmt.Errorf("storing artifact: %w", err)
	}
	sum := sha256.Sum256(data)
	return writeJSON(w, Uploaded{CID: cid, SHA256: hex.EncodeToString(sum[:]), Size: len(data)})
}
