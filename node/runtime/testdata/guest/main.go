// Command guest does what its standard input asks for: the tests of the runtime drive it.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	if request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(input))); err == nil && request.URL.Path == "/clock" {
		body := time.Now().UTC().Format(time.RFC3339Nano)
		fmt.Printf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		return
	}
	verb, rest, _ := strings.Cut(string(input), " ")
	switch verb {
	case "echo":
		fmt.Fprintln(os.Stderr, "log")
		fmt.Print(rest)
	case "loop":
		for {
		}
	case "alloc":
		var held [][]byte
		for {
			held = append(held, bytes.Repeat([]byte{1}, 4<<20))
			_ = held
		}
	case "exit":
		os.Exit(3)
	case "panic":
		panic("asked for")
	case "flood":
		block := make([]byte, 1<<20)
		for range 8 {
			os.Stdout.Write(block)
		}
	case "log-flood":
		block := make([]byte, 1<<20)
		os.Stderr.Write(block)
	case "random":
		block := make([]byte, 8<<20)
		for {
			rand.Read(block)
		}
	case "chance":
		block := make([]byte, 32)
		rand.Read(block)
		fmt.Printf("%x", block)
	case "clock":
		fmt.Print(time.Now().UTC().Format(time.RFC3339Nano))
	case "sleep":
		start := time.Now()
		time.Sleep(time.Hour)
		fmt.Print(time.Since(start) >= time.Hour)
	case "work":
		sum := 0.0
		words := map[string]int{}
		for i := range 20_000 {
			sum += 1 / float64(i+1)
			words[fmt.Sprint(i%100)]++
		}
		fmt.Print(sum, len(words))
	}
}
