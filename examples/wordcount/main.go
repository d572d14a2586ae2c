// Command wordcount counts words: a function under the filter contract.
package main

import (
	"log"
	"os"

	"github.com/orbnetwork/orb/examples/wordcount/count"
)

//go:wasmexport orb_handle
func orbHandle() {
	if err := count.Report(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// main answers where the program is built as a command.
func main() { orbHandle() }
