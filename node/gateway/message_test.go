package gateway

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 999, time.FixedZone("", 3600))

func TestRequestMessage(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://super.example/f/name/a%2Fb?x=1&y=%20", nil)
	r.Header = http.Header{
		"X-Two":             {"2", "again"},
		"Accept":            {"text/html"},
		"Authorization":     {"Bearer secret"},
		"Orb-Key":           {"orbk_secret"},
		"Connection":        {"keep-alive, X-Hop"},
		"Keep-Alive":        {"timeout=5"},
		"X-Hop":             {"gone"},
		"Te":                {"trailers"},
		"Transfer-Encoding": {"chunked"},
		"Date":              {"the caller's"},
		"Content-Length":    {"999"},
	}
	message := requestMessage(r, "/a%2Fb", []byte("body"), noon)
	require.Equal(t, strings.Join([]string{
		"POST /a%2Fb?x=1&y=%20 HTTP/1.1",
		"Host: super.example",
		"Date: Wed, 04 Mar 2026 11:00:00 GMT",
		"Content-Length: 4",
		"Accept: text/html",
		"X-Two: 2",
		"X-Two: again",
		"",
		"body",
	}, "\r\n"), string(message))

	parsed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
	require.NoError(t, err)
	body, err := io.ReadAll(parsed.Body)
	require.NoError(t, err)
	require.Equal(t, "body", string(body))
}

func TestRequestBytes(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/f/name", nil)
	plain, err := requestBytes(functionstypes.CONTRACT_FILTER, r, "/", []byte("body"), noon)
	require.NoError(t, err)
	require.Equal(t, "body", string(plain))
	_, err = requestBytes(functionstypes.CONTRACT_HTTP, r, "/", make([]byte, wasm.MaxRequestBytes), noon)
	require.ErrorIs(t, err, errTooLarge)
}

func TestParseResponse(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, method, raw string
		status            int
		body              string
	}{
		{"length", "GET", ok + "Content-Length: 2\r\n\r\nhi", 200, "hi"},
		{"close", "GET", ok + "Connection: close\r\n\r\nhi", 200, "hi"},
		{"chunked", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "hi"},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		{"own status", "GET", "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n", 418, ""},
		{"head", "HEAD", ok + "Content-Length: 2\r\n\r\n", 200, ""},
		{"empty", "GET", "", 0, ""},
		{"text", "GET", "hello", 0, ""},
		{"short", "GET", ok + "Content-Length: 3\r\n\r\nhi", 0, ""},
		{"long", "GET", ok + "Content-Length: 1\r\n\r\nhi", 0, ""},
		{"two", "GET", ok + "Content-Length: 0\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", 0, ""},
		{"more than a buffer", "GET", ok + "Content-Length: 4055\r\n\r\n" + strings.Repeat("a", 4055) + "hi", 0, ""},
		{"interim", "GET", "HTTP/1.1 100 Continue\r\n\r\n", 0, ""},
		{"switching", "GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 0, ""},
		{"bad chunk", "GET", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhi", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseResponse(functionstypes.CONTRACT_HTTP, c.method, []byte(c.raw))
			if c.status == 0 {
				require.ErrorIs(t, err, errBadResponse)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.status, got.status)
			require.Equal(t, c.body, string(got.body))
		})
	}
}

func TestResponseHeaders(t *testing.T) {
	raw := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nOrb-Host: forged\r\nConnection: X-Hop\r\nX-Hop: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi"
	got, err := parseResponse(functionstypes.CONTRACT_HTTP, http.MethodGet, []byte(raw))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	w.Header().Set("Orb-Host", "real")
	got.write(w, http.MethodGet)
	require.Equal(t, http.Header{"Content-Type": {"text/plain"}, "Orb-Host": {"real"}, "Content-Length": {"2"}}, w.Header())
	require.Equal(t, "hi", w.Body.String())
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := parseResponse(functionstypes.CONTRACT_HTTP, http.MethodGet, raw)
		if err != nil {
			require.ErrorIs(t, err, errBadResponse)
			return
		}
		require.LessOrEqual(t, len(got.body), len(raw))
		got.write(httptest.NewRecorder(), http.MethodGet)
	})
}
