package deploy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func TestUpload(t *testing.T) {
	p := &Package{Bytes: []byte("artifact"), Artifact: functionstypes.Artifact{Cid: "bafy1"}}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		wrong  []string // empty is success
	}{
		{name: "stored", answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"cid":"bafy1","size":8}`) }},
		{
			name: "too large", answer: func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, `{"error":{"code":"too_large"}}`, http.StatusRequestEntityTooLarge)
			},
			wrong: []string{"413 Request Entity Too Large", "too_large"},
		},
		{
			name: "no super node", answer: http.NotFound,
			wrong: []string{"404 Not Found"},
		},
		{
			name: "shedding load", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
			wrong: []string{"503 Service Unavailable"},
		},
		{
			name: "other cid", answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"cid":"bafy2"}`) },
			wrong: []string{"it stored bafy2, not bafy1"},
		},
		{
			name: "answer cut short", answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				fmt.Fprint(w, `{"cid":"baf`)
			},
			wrong: []string{"unexpected EOF"},
		},
		{
			name: "not JSON", answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
			wrong: []string{"invalid character '<'"},
		},
		{
			name: "connection lost", answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			wrong: []string{"uploading", "EOF"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []byte
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "/v1/artifacts", r.URL.Path)
				require.Equal(t, "application/wasm", r.Header.Get("Content-Type"))
				got, _ = io.ReadAll(r.Body)
				c.answer(w, r)
			}))
			defer server.Close()
			err := upload(t.Context(), server.URL+"/", p)
			require.Equal(t, p.Bytes, got)
			if len(c.wrong) == 0 {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "uploading")
			for _, words := range c.wrong {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestUploadNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	require.ErrorContains(t, upload(t.Context(), server.URL, &Package{}), server.Listener.Addr().String())
}
