package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/pkg/receipt"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Errors of the gateway itself.
var (
	errOverloaded  = errors.New("the gateway has as many requests under way as it takes")
	errStarting    = errors.New("the gateway is starting or stopping")
	errKey         = errors.New("the API key is unknown")
	errKeyRequest  = errors.New("the request for a key is not valid")
	errTooManyKeys = fmt.Errorf("an account has at most %d keys; delete one with DELETE /v1/keys", maxKeysPerPayer)
	errNotFound    = errors.New("there is nothing here")
	errBody        = errors.New("the request body could not be read")
	errModule      = errors.New("the artifact is not a function")
	errFull        = errors.New("the gateway has taken as many artifacts as it takes in an hour")
	errSponsor     = errors.New("the request for sponsorship is not valid")
	errSponsored   = errors.New("the gateway has sponsored as many nodes as it does in an hour")
)

// faultError is a function's own failure.
type faultError struct {
	fault   receipt.Fault
	message string
}

func (e *faultError) Error() string {
	if e.message == "" {
		return "the function failed: " + e.fault.String()
	}
	return "the function failed: " + e.message
}

// problem is an error as HTTP tells it.
type problem struct {
	status int
	code   string
	// retryAfter in seconds; 0 when waiting does not help.
	retryAfter int
}

// sentinels is the one map from errors to HTTP; payment errors and faults bring their own codes.
var sentinels = []struct {
	err error
	problem
}{
	{client.ErrUnknownFunction, problem{http.StatusNotFound, "unknown_function", 0}},
	{errNotFound, problem{http.StatusNotFound, "not_found", 0}},
	{client.ErrNotActive, problem{http.StatusServiceUnavailable, "not_active", 5}},
	{client.ErrBusy, problem{http.StatusServiceUnavailable, "busy", 1}},
	{client.ErrNoHost, problem{http.StatusServiceUnavailable, "no_host", 2}},
	{client.ErrChain, problem{http.StatusServiceUnavailable, "chain_unreachable", 5}},
	{client.ErrGas, problem{http.StatusServiceUnavailable, "gateway_without_gas", 60}},
	{errOverloaded, problem{http.StatusServiceUnavailable, "overloaded", 1}},
	{errStarting, problem{http.StatusServiceUnavailable, "starting", 1}},
	{client.ErrClosed, problem{http.StatusServiceUnavailable, "stopping", 1}},
	{errFull, problem{http.StatusServiceUnavailable, "uploads_full", 60}},
	{errTooLarge, problem{http.StatusRequestEntityTooLarge, "body_too_large", 0}},
	{errBody, problem{http.StatusBadRequest, "bad_body", 0}},
	{errModule, problem{http.StatusUnprocessableEntity, "bad_module", 0}},
	{errSponsored, problem{http.StatusServiceUnavailable, "sponsored_full", 600}},
	{seedingtypes.ErrQuota, problem{http.StatusServiceUnavailable, "sponsored_full", 600}},
	{errSponsor, problem{http.StatusBadRequest, "bad_sponsor_request", 0}},
	{errKey, problem{http.StatusUnauthorized, "unknown_key", 0}},
	{errKeyRequest, problem{http.StatusBadRequest, "bad_key_request", 0}},
	{errTooManyKeys, problem{http.StatusConflict, "too_many_keys", 0}},
	{errBadResponse, problem{http.StatusBadGateway, receipt.FaultResponse.String(), 0}},
	{context.DeadlineExceeded, problem{http.StatusGatewayTimeout, "timeout", 0}},
	{context.Canceled, problem{499, "canceled", 0}}, // nobody reads it; it names the case in the metrics
}

func problemOf(err error) problem {
	var payment *client.PaymentError
	if errors.As(err, &payment) {
		return problem{http.StatusPaymentRequired, payment.Code, 0}
	}
	var fault *faultError
	if errors.As(err, &fault) {
		return problem{http.StatusBadGateway, fault.fault.String(), 0}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.problem
		}
	}
	return problem{http.StatusInternalServerError, "internal", 0}
}

// errorBody is the body of every error.
type errorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		// Price per request and How to pay it come with 402.
		Price string `json:"price,omitempty"`
		How   string `json:"how,omitempty"`
	} `json:"error"`
}

// fail answers with err and returns the code.
func (s *Server) fail(w http.ResponseWriter, err error) string {
	p := problemOf(err)
	var body errorBody
	body.Error.Code, body.Error.Message = p.code, err.Error()
	var payment *client.PaymentError
	if errors.As(err, &payment) {
		body.Error.Price = payment.Function.Price.String()
		body.Error.How = s.howToPay(payment)
	}
	if p.code == "internal" {
		s.log.Error("request failed", "error", err)
		body.Error.Message = "the gateway failed; its operator finds the reason in the log"
	}
	p.write(w, body)
	return p.code
}

func (p problem) write(w http.ResponseWriter, body errorBody) {
	w.Header().Set("Content-Type", "application/json")
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone, or gets it
}

// howToPay names the commands that make the same request succeed.
func (s *Server) howToPay(e *client.PaymentError) string {
	name := e.Function.Name
	subscribe := fmt.Sprintf("orb subscribe %s --deposit <amount>uorb --from <account> --gateway %s", name, s.cfg.Endpoint)
	switch e.Code {
	case client.CodeNotDelegate:
		return fmt.Sprintf("make this gateway's account %s the delegate: %s", s.attester, subscribe)
	case client.CodeLimit:
		return fmt.Sprintf("raise the subscription's limits: %s", subscribe)
	default:
		return fmt.Sprintf("subscribe with `%s`, make a key with `orb key create --from <account> --gateway %s`, "+
			"and send it as `Authorization: Bearer <key>`", subscribe, s.cfg.Endpoint)
	}
}
