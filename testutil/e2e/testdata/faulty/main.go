// Command faulty is a filter that misbehaves in the way its input names. Any other input is echoed.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	switch strings.TrimSpace(string(input)) {
	case "loop":
		for {
		}
	case "alloc":
		var held [][]byte
		for {
			block := make([]byte, 8<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			held = append(held, block)
			_ = held
		}
	case "exit":
		os.Exit(3)
	case "trap":
		panic("on request")
	case "flood":
		block := make([]byte, 1<<20)
		for range 16 {
			os.Stdout.Write(block)
		}
	default:
		os.Stdout.Write(input)
	}
}
