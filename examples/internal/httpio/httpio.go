// Package httpio is the http contract in Go: one request on standard input, one response on standard output.
package httpio

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
)

// memory is what a function may have before it collects garbage, in bytes: some of the 64 MiB that its manifest asks for is Go's own.
const memory = 48 << 20

// Prepare readies a function at its start. Its memory is put back after each request, so garbage is collected only when there would be no room;
// and what h makes at its first request is made before, by requests of its own.
func Prepare(h http.Handler, warmUp ...string) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memory)
	for _, request := range warmUp {
		if err := Serve(h, strings.NewReader(request), io.Discard); err != nil {
			log.Fatal(err)
		}
	}
}

// Handle answers the one request on standard input.
func Handle(h http.Handler) {
	if err := Serve(h, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// Serve reads one HTTP/1.1 request, has it handled and writes the response. What cannot be read as a request is answered with 400; the
// error is only of writing.
func Serve(h http.Handler, in io.Reader, out io.Writer) error {
	w := &writer{header: http.Header{}}
	r, err := http.ReadRequest(bufio.NewReader(in))
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the request: %v", err), http.StatusBadRequest)
	} else {
		h.ServeHTTP(w, r)
	}
	w.WriteHeader(http.StatusOK)
	buffered := bufio.NewWriter(out)
	response := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
	if err := response.Write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// writer keeps the response until its length is known.
type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
