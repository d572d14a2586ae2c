package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/exampletest"
	"github.com/orbnetwork/orb/examples/markdown/handler"
)

// chapter has every kind of block and span that CommonMark knows.
const chapter = `
Chapter %[1]d
=============

A *function* takes one request and gives **one response**. It [lives on](/nodes "nodes") whichever hosts seed it, and ` + "`orb`" + `
finds them. Nothing is kept between requests\
so that any host may answer the next one &mdash; see <https://example.org/>.

## How to use it

1. Write the code and build it.
2. Deploy it:

       orb deploy --price 7 --term 30

3. Call it from anywhere.
   - by name, or
   - by its **id**
     + which is __derived__ from the function's *own* key

> Hosts are paid for what they serve.
>
> > And ***only*** with a receipt.

` + "```go" + `
func main() {
	n, err := io.Copy(os.Stdout, os.Stdin)
	if err != nil || n < 0 {
		log.Fatalf("copying %%d bytes: %%v", n, err)
	}
}
` + "```" + `

![A diagram][picture%[1]d] of the path, <em>with</em> raw HTML, an escaped \*star\* and a [reference][picture%[1]d].

<div class="note">
Blocks of HTML pass as they are.
</div>

***

[picture%[1]d]: /pictures/%[1]d.png 'Picture'
`

func pack(t *testing.T, document string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write([]byte(document))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

// TestSample: the sample stands for a document of about 100 kB, so that ten times its fuel is enough for large ones.
func TestSample(t *testing.T) {
	var document strings.Builder
	for i := 1; document.Len() < 100_000; i++ {
		fmt.Fprintf(&document, chapter, i)
	}
	exampletest.Sample(t, "sample.http", exampletest.Post(t, "/", http.Header{
		"Content-Encoding": {"gzip"}, "Content-Type": {"text/markdown"},
	}, pack(t, document.String())))
}

// specification returns the examples of CommonMark, which come with the library.
func specification(t *testing.T) []string {
	t.Helper()
	dir := exampletest.Go(t, "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark")
	data, err := os.ReadFile(filepath.Join(dir, "_test", "spec.json"))
	require.NoError(t, err)
	var cases []struct{ Markdown string }
	require.NoError(t, json.Unmarshal(data, &cases))
	documents := make([]string, len(cases))
	for i, c := range cases {
		documents[i] = c.Markdown
	}
	return documents
}

// TestFunction: built for the network and under its limits, the function answers as the handler does natively.
func TestFunction(t *testing.T) {
	f := exampletest.Load(t)
	h := handler.New()
	documents := specification(t)
	for i := 0; i < len(documents); i += 11 {
		f.Same(fmt.Sprintf("example %d", i+1), h, exampletest.Post(t, "/", nil, []byte(documents[i])))
	}

	// The text of the specification itself has 205 kB.
	var long strings.Builder
	for i := 0; long.Len() < 205_000; i++ {
		long.WriteString(documents[i%len(documents)] + "\n\n")
	}
	f.Same("long document", h, exampletest.Post(t, "/", nil, []byte(long.String())))
	f.Same("packed", h, exampletest.Post(t, "/", http.Header{"Content-Encoding": {"gzip"}}, pack(t, long.String())))
	f.Same("refused", h, exampletest.Post(t, "/", http.Header{"Content-Encoding": {"br"}}, nil))
	f.Same("usage", h, []byte("GET / HTTP/1.1\r\nHost: orb\r\n\r\n"))
	f.Same("not HTTP", h, []byte("hello"))
	f.Same("cut short", h, []byte("POST / HTTP/1.1\r\nHost: orb\r\nContent-Length: 9\r\n\r\n# He"))
}
