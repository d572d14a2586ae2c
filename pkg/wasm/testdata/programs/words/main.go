// Command words counts the words of standard input.
package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	counts := map[string]int{}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for _, word := range strings.Fields(strings.ToLower(in.Text())) {
			counts[word]++
		}
	}
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		fmt.Println(word, counts[word], float64(counts[word])/7)
	}
}
