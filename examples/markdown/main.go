// Command markdown turns CommonMark into HTML: a function under the http contract.
package main

import (
	"log"
	"os"

	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/markdown/handler"
)

func main() {
	if err := httpio.Serve(handler.New(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
