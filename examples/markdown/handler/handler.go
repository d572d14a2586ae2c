// Package handler serves CommonMark as HTML.
package handler

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/renderer/html"
)

// MaxDocument is the largest document in bytes, unpacked.
const MaxDocument = 1 << 20

const usage = `POST a CommonMark document, get it back as HTML:

    curl --data-binary @README.md URL

Content-Encoding: gzip is understood. Raw HTML passes through, as CommonMark has it.
`

// New returns a handler that answers a POST of a document in UTF-8 with the HTML fragment it stands for, and a GET with the usage.
func New() http.Handler {
	return renderer{goldmark.New(goldmark.WithRendererOptions(html.WithUnsafe(), html.WithXHTML()))}
}

type renderer struct{ markdown goldmark.Markdown }

func (h renderer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, usage) // the asker has gone
	case http.MethodPost:
		h.render(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "POST a document", http.StatusMethodNotAllowed)
	}
}

func (h renderer) render(w http.ResponseWriter, r *http.Request) {
	document, status, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	var page bytes.Buffer
	if err := h.markdown.Convert(document, &page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A document may hold scripts: a browser must not run them in the name of the site that serves this.
	w.Header().Set("Content-Security-Policy", "sandbox")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page.Bytes()) // the asker has gone
}

// read returns the document of a request, or the status that says what is wrong with it.
func read(r *http.Request) (document []byte, status int, err error) {
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		if body, err = gzip.NewReader(body); err != nil {
			return nil, http.StatusBadRequest, err
		}
	default:
		return nil, http.StatusUnsupportedMediaType, errors.New("Content-Encoding must be gzip or absent")
	}
	document, err = io.ReadAll(io.LimitReader(body, MaxDocument+1))
	switch {
	case err != nil:
		return nil, http.StatusBadRequest, err
	case len(document) > MaxDocument:
		return nil, http.StatusRequestEntityTooLarge, errors.New("the document is larger than 1 MiB")
	case !utf8.Valid(document):
		return nil, http.StatusBadRequest, errors.New("the document is not UTF-8")
	}
	return document, 0, nil
}
