// Command thumbnail resizes pictures: a function under the http contract.
package main

import (
	"log"
	"os"
	"runtime/debug"

	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

func main() {
	// The function may have 64 MiB: collect garbage before it asks for more than that.
	debug.SetMemoryLimit(56 << 20)
	if err := httpio.Serve(handler.New(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
