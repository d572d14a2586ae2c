package peer

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// callers is how many requests are in flight in the benchmarks, on GOMAXPROCS=2.
const callers = 32

func BenchmarkInvoke(b *testing.B) {
	host, caller := newTestHost(b), newTestHost(b)
	host.ServeInvoke(echo{})
	conn, err := caller.Dial(b.Context(), host.ID(), host.Addrs(), nil)
	require.NoError(b, err)
	body := make([]byte, 100)
	b.SetParallelism(callers / 2)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := conn.Invoke(b.Context(), &Request{LaneID: body[:20], FunctionID: "f", Body: body}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkHTTP(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	body := make([]byte, 100)
	b.SetParallelism(callers / 2)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := client.Post(server.URL, "application/octet-stream", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				continue
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
	})
}
