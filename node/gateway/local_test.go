package gateway

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestLocal: a function on its author's machine gets and gives what it would at a gateway.
func TestLocal(t *testing.T) {
	var fault receipt.Fault
	var failure error
	serve := func(contract functionstypes.Contract, answer string) *httptest.Server {
		server := httptest.NewServer(Local(contract, func(_ context.Context, request []byte) (*client.Answer, error) {
			if failure != nil {
				return nil, failure
			}
			return &client.Answer{Body: []byte(strings.ReplaceAll(answer, "REQUEST", string(request))), Fault: fault, Fuel: 7}, nil
		}))
		t.Cleanup(server.Close)
		return server
	}
	filter := serve(functionstypes.CONTRACT_FILTER, "got REQUEST")
	response, body := do(t, http.MethodPost, filter.URL+"/any/path", []byte("text"))
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "got text", body)
	require.Equal(t, "7", response.Header.Get("Orb-Fuel"))

	message := serve(functionstypes.CONTRACT_HTTP, "HTTP/1.1 201 Created\r\n\r\nREQUEST")
	response, body = do(t, http.MethodPut, message.URL+"/a%2Fb?x=1", []byte("text"), "Authorization", "Bearer secret")
	require.Equal(t, http.StatusCreated, response.StatusCode)
	require.True(t, strings.HasPrefix(body, "PUT /a%2Fb?x=1 HTTP/1.1\r\nHost: "), body)
	require.True(t, strings.HasSuffix(body, "\r\n\r\ntext"), body)
	require.NotContains(t, body, "secret")

	response, body = do(t, http.MethodGet, serve(functionstypes.CONTRACT_HTTP, "no HTTP").URL, nil)
	requireProblem(t, response, body, http.StatusBadGateway, "bad_response")
	response, body = do(t, http.MethodPost, filter.URL, make([]byte, wasm.MaxRequestBytes+1))
	requireProblem(t, response, body, http.StatusRequestEntityTooLarge, "body_too_large")
	fault = receipt.FaultFuel
	response, body = do(t, http.MethodGet, filter.URL, nil)
	requireProblem(t, response, body, http.StatusBadGateway, "out_of_fuel")
	failure = fmt.Errorf("too slow: %w", context.DeadlineExceeded)
	response, body = do(t, http.MethodGet, filter.URL, nil)
	requireProblem(t, response, body, http.StatusGatewayTimeout, "timeout")
}
