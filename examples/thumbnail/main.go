// Command thumbnail resizes pictures: a function under the http contract.
package main

import (
	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

var h = handler.New()

func init() { httpio.Prepare(h, "GET / HTTP/1.1\r\nHost: orb\r\n\r\n") }

//go:wasmexport orb_handle
func orbHandle() { httpio.Handle(h) }

// main answers where the program is built as a command.
func main() { orbHandle() }
