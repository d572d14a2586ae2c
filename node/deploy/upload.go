package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// upload gives an artifact to a super node, which keeps it until the chain knows it, and checks that it arrived whole.
func upload(ctx context.Context, endpoint string, p *Package) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/v1/artifacts", bytes.NewReader(p.Bytes))
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	request.Header.Set("Content-Type", "application/wasm")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("uploading to %s: %s: %s", endpoint, response.Status, bytes.TrimSpace(answer))
	}
	var stored struct {
		CID string `json:"cid"`
	}
	if err := json.Unmarshal(answer, &stored); err != nil {
		return fmt.Errorf("uploading to %s: %w", endpoint, err)
	}
	if stored.CID != p.Artifact.Cid {
		return fmt.Errorf("uploading to %s: it stored %s, not %s", endpoint, stored.CID, p.Artifact.Cid)
	}
	return nil
}
