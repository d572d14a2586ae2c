// Command shout answers in capitals.
package main

import (
	"bytes"
	"io"
	"os"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		os.Exit(1)
	}
	if bytes.HasPrefix(text, []byte("fail")) {
		os.Exit(3)
	}
	_, _ = os.Stdout.Write(bytes.ToUpper(text)) // nobody else is there to be told
}
