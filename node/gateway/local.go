package gateway

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// Local serves one function at the root of a server, without network or payment, and otherwise as a gateway does: the same request bytes,
// limits, rules for responses, and errors. run executes a request.
func Local(contract functionstypes.Contract, run func(ctx context.Context, request []byte) (*client.Answer, error)) http.Handler {
	call := func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wasm.MaxRequestBytes))
		if err != nil {
			return readError(err)
		}
		request, err := requestBytes(contract, r, r.URL.EscapedPath(), body, time.Now())
		if err != nil {
			return err
		}
		answer, err := run(r.Context(), request)
		if err != nil {
			return err
		}
		w.Header().Set("Orb-Fuel", strconv.FormatUint(answer.Fuel, 10))
		if answer.Fault != 0 {
			return &faultError{answer.Fault, answer.Message}
		}
		response, err := parseResponse(contract, r.Method, answer.Body)
		if err != nil {
			return err
		}
		response.write(w, r.Method)
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := call(w, r); err != nil {
			p := problemOf(err)
			var body errorBody
			body.Error.Code, body.Error.Message = p.code, err.Error()
			p.write(w, body)
		}
	})
}
