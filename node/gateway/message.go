package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/orbnetwork/orb/pkg/wasm"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// errTooLarge says that a body, or the message made of it, is over its limit.
var errTooLarge = errors.New("the request is too large")

// errBadResponse says that what a function wrote is not one HTTP/1.1 response.
var errBadResponse = errors.New("the function did not write an HTTP/1.1 response")

// headers that belong to one connection, to the gateway, or to whoever the caller trusts, and that no function sees.
var notForFunctions = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Proxy-Authenticate": true, "Proxy-Authorization": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Expect": true,
	"Authorization": true, keyHeader: true,
	// written by requestMessage
	"Host": true, "Date": true, "Content-Length": true,
}

// headers of a response that the gateway's own server writes.
var notFromFunctions = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Content-Length": true,
}

// requestBytes returns what the function gets: the body under the filter contract, a whole message under http.
func requestBytes(contract functionstypes.Contract, r *http.Request, path string, body []byte, now time.Time) ([]byte, error) {
	if contract == functionstypes.CONTRACT_FILTER {
		return body, nil
	}
	message := requestMessage(r, path, body, now)
	if len(message) > wasm.MaxRequestBytes {
		return nil, fmt.Errorf("%w: with its headers it has %d bytes, at most %d are taken", errTooLarge, len(message), wasm.MaxRequestBytes)
	}
	return message, nil
}

// requestMessage writes a request in one canonical form: headers by name in order, values in theirs, and a length instead of chunks.
// Equal requests in the same second are then equal bytes, which is what hosts sign.
func requestMessage(r *http.Request, path string, body []byte, now time.Time) []byte {
	var b bytes.Buffer
	b.Grow(len(body) + 1024)
	if path == "" {
		path = "/"
	}
	fmt.Fprintf(&b, "%s %s", r.Method, path)
	if r.URL.RawQuery != "" {
		b.WriteByte('?')
		b.WriteString(r.URL.RawQuery)
	}
	fmt.Fprintf(&b, " HTTP/1.1\r\nHost: %s\r\nDate: %s\r\nContent-Length: %d\r\n", r.Host, now.UTC().Format(http.TimeFormat), len(body))
	named := connectionHeaders(r.Header)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if notForFunctions[name] || named[name] {
			continue
		}
		for _, value := range r.Header[name] {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// connectionHeaders are those that a Connection header makes hop-by-hop.
func connectionHeaders(h http.Header) map[string]bool {
	var named map[string]bool
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			if named == nil {
				named = make(map[string]bool)
			}
			named[textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name))] = true
		}
	}
	return named
}

// response is a function's answer, ready to be written.
type response struct {
	status int
	header http.Header
	body   []byte
	// length stands in for the body of a response to HEAD; -1 when the function named none.
	length int64
}

// parseResponse reads what a function wrote. Anything but exactly one final HTTP/1.1 response is errBadResponse.
func parseResponse(contract functionstypes.Contract, method string, raw []byte) (*response, error) {
	if contract == functionstypes.CONTRACT_FILTER {
		return &response{status: http.StatusOK, header: http.Header{}, body: raw, length: int64(len(raw))}, nil
	}
	source := bytes.NewReader(raw)
	reader := bufio.NewReader(source)
	parsed, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadResponse, err)
	}
	defer parsed.Body.Close()
	if parsed.StatusCode < 200 || parsed.StatusCode > 999 {
		return nil, fmt.Errorf("%w: status %d is not final", errBadResponse, parsed.StatusCode)
	}
	body, err := io.ReadAll(parsed.Body) // no longer than raw
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadResponse, err)
	}
	if rest := reader.Buffered() + source.Len(); rest > 0 && method != http.MethodHead {
		return nil, fmt.Errorf("%w: %d bytes follow it", errBadResponse, rest)
	}
	header := parsed.Header
	for name := range connectionHeaders(header) {
		delete(header, name)
	}
	for name, values := range header {
		if notFromFunctions[name] || strings.HasPrefix(name, "Orb-") {
			delete(header, name)
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) || slices.ContainsFunc(values, invalidValue) {
			return nil, fmt.Errorf("%w: header %q", errBadResponse, name)
		}
	}
	return &response{status: parsed.StatusCode, header: header, body: body, length: parsed.ContentLength}, nil
}

func invalidValue(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }

// write sends the response. Whatever fails from here on is the caller's connection.
func (p *response) write(w http.ResponseWriter, method string) {
	maps.Copy(w.Header(), p.header)
	switch {
	case method != http.MethodHead:
		w.Header().Set("Content-Length", strconv.Itoa(len(p.body)))
	case p.length >= 0:
		w.Header().Set("Content-Length", strconv.FormatInt(p.length, 10))
	}
	if p.status == http.StatusNoContent || p.status == http.StatusNotModified {
		w.Header().Del("Content-Length")
	}
	w.WriteHeader(p.status)
	if method != http.MethodHead {
		_, _ = w.Write(p.body)
	}
}

// CallDirect makes a call that came to no gateway: r is what would have been sent to one. The payer's subscription pays. A function's
// failure is an error.
func CallDirect(ctx context.Context, caller Caller, payer string, r *http.Request) (*http.Response, error) {
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), functionsPath), "/")
	fn, err := caller.Lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		if body, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, wasm.MaxRequestBytes)); err != nil {
			return nil, readError(err)
		}
	}
	request, err := requestBytes(fn.Version.Contract, r, "/"+path, body, time.Now())
	if err != nil {
		return nil, err
	}
	answer, err := caller.Call(ctx, fn, payer, request)
	if err != nil {
		return nil, err
	}
	if answer.Fault != 0 {
		return nil, &faultError{answer.Fault, answer.Message}
	}
	parsed, err := parseResponse(fn.Version.Contract, r.Method, answer.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: strconv.Itoa(parsed.status) + " " + http.StatusText(parsed.status), StatusCode: parsed.status,
		Header: parsed.header, Body: io.NopCloser(bytes.NewReader(parsed.body)), Request: r,
	}, nil
}
