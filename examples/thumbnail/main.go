// Command thumbnail resizes pictures: a function under the http contract.
package main

import (
	"log"
	"os"

	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

func main() {
	if err := httpio.Serve(handler.New(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
