// Command order adds up an order in JSON. It is a command and a reactor, by how it is built.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
)

type item struct {
	Name  string  `json:"name"`
	Price float64 `json:"price"`
	Count int     `json:"count"`
}

type total struct {
	Items int     `json:"items"`
	Sum   float64 `json:"sum"`
	Most  string  `json:"most"`
}

var buffer [64 << 10]byte

//go:wasmexport orb_handle
func handle() {
	n := 0
	for n < len(buffer) {
		got, err := syscall.Read(0, buffer[n:])
		if err != nil || got == 0 {
			break
		}
		n += got
	}
	answer, err := add(buffer[:n])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	syscall.Write(1, answer)
}

func add(request []byte) ([]byte, error) {
	var order struct {
		Items []item `json:"items"`
	}
	if err := json.Unmarshal(request, &order); err != nil {
		return nil, err
	}
	t := total{}
	most := 0.0
	for _, i := range order.Items {
		t.Items += i.Count
		price := i.Price * float64(i.Count)
		t.Sum += price
		if price > most {
			most, t.Most = price, i.Name
		}
	}
	return json.Marshal(t)
}

func init() {
	// what encoding/json learns of types once is learnt before any request
	if _, err := add([]byte(`{"items":[{"name":"a","price":1.5,"count":2}]}`)); err != nil {
		panic(err)
	}
}

func main() { handle() }
