// Command markdown turns CommonMark into HTML: a function under the http contract.
package main

import (
	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/markdown/handler"
)

var h = handler.New()

func init() {
	httpio.Prepare(h, "POST / HTTP/1.1\r\nHost: orb\r\nContent-Length: 27\r\n\r\n# *a*\n\n- `b` [c](d)\n\n> &lt;")
}

//go:wasmexport orb_handle
func orbHandle() { httpio.Handle(h) }

// main answers where the program is built as a command.
func main() { orbHandle() }
