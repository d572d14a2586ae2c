package handler_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/exampletest"
	"github.com/orbnetwork/orb/examples/markdown/handler"
)

func post(body io.Reader, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	handler.New().ServeHTTP(w, r)
	return w
}

func packed(t *testing.T, document []byte) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(document)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return &b
}

// TestSpecification: the examples of the CommonMark specification, which come with the library.
func TestSpecification(t *testing.T) {
	dir := exampletest.Go(t, "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark")
	data, err := os.ReadFile(filepath.Join(dir, "_test", "spec.json"))
	require.NoError(t, err)
	var examples []struct {
		Markdown, HTML string
		Example        int
	}
	require.NoError(t, json.Unmarshal(data, &examples))
	require.Greater(t, len(examples), 600)
	for _, e := range examples {
		w := post(strings.NewReader(e.Markdown), "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, e.HTML, w.Body.String(), "example %d: %q", e.Example, e.Markdown)
	}
}

func TestHeaders(t *testing.T) {
	w := post(strings.NewReader("<script>alert()</script>"), "")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "sandbox", w.Header().Get("Content-Security-Policy"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
}

func TestPacked(t *testing.T) {
	w := post(packed(t, []byte("# Orb")), "gzip")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "<h1>Orb</h1>\n", w.Body.String())
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		body     io.Reader
		encoding string
		status   int
	}{
		{"unknown encoding", strings.NewReader("# Orb"), "br", http.StatusUnsupportedMediaType},
		{"not packed", strings.NewReader("# Orb"), "gzip", http.StatusBadRequest},
		{"cut short", io.LimitReader(packed(t, []byte("# Orb")), 20), "gzip", http.StatusBadRequest},
		{"not UTF-8", strings.NewReader("\xff"), "", http.StatusBadRequest},
		{"too large", bytes.NewReader(make([]byte, handler.MaxDocument+1)), "", http.StatusRequestEntityTooLarge},
		{"too large unpacked", packed(t, make([]byte, handler.MaxDocument+1)), "gzip", http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := post(c.body, c.encoding)
			require.Equal(t, c.status, w.Code, w.Body)
			require.NotEmpty(t, w.Body.String())
		})
	}
}

func TestMethods(t *testing.T) {
	for method, status := range map[string]int{http.MethodGet: http.StatusOK, http.MethodPut: http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		handler.New().ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		require.Equal(t, status, w.Code)
	}
}
