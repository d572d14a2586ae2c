// Command thumbnail resizes pictures: a function under the http contract.
package main

import (
	"github.com/orbnetwork/orb/examples/internal/httpio"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

func main() {
	httpio.Main(handler.New(), "GET / HTTP/1.1\r\nHost: orb\r\n\r\n")
}
