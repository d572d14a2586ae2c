package httpio_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/httpio"
)

var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Orb-Path", r.URL.Path)
	if r.URL.Path == "/silent" {
		return
	}
	w.WriteHeader(http.StatusCreated)
	w.WriteHeader(http.StatusAccepted)
	io.Copy(w, r.Body)
})

func TestServe(t *testing.T) {
	for _, c := range []struct{ name, request, response string }{
		{
			"body", "POST /a HTTP/1.1\r\nHost: orb\r\nContent-Length: 5\r\n\r\nhello, and more",
			"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nOrb-Path: /a\r\n\r\nhello",
		},
		{"nothing written", "GET /silent HTTP/1.1\r\nHost: orb\r\n\r\n", "HTTP/1.1 200 OK\r\nOrb-Path: /silent\r\nContent-Length: 0\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, httpio.Serve(echo, strings.NewReader(c.request), &out))
			require.Equal(t, c.response, out.String())
		})
	}
}

func TestServeNotHTTP(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, httpio.Serve(echo, strings.NewReader("hello"), &out))
	require.True(t, strings.HasPrefix(out.String(), "HTTP/1.1 400 Bad Request\r\n"), out.String())
}
