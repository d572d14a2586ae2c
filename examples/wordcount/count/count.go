// Package count reports the size of a text and its most frequent words.
package count

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

const top = 10

// Report writes how many lines, words and bytes r has, as wc counts them, then the ten most frequent words with how often each occurs.
// There, case and the punctuation around a word do not matter; words that occur equally often come in the order of their bytes.
func Report(r io.Reader, w io.Writer) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading the text: %w", err)
	}
	type entry struct {
		word  string
		times int
	}
	words, index, entries := 0, map[string]int{}, []entry{}
	for word := range strings.FieldsSeq(string(text)) {
		words++
		word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }))
		if word == "" {
			continue
		}
		i, known := index[word]
		if !known {
			i = len(entries)
			index[word] = i
			entries = append(entries, entry{word: word})
		}
		entries[i].times++
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.word, b.word))
	})

	var report bytes.Buffer
	fmt.Fprintf(&report, "lines %d\nwords %d\nbytes %d\n", bytes.Count(text, []byte("\n")), words, len(text))
	for _, e := range entries[:min(top, len(entries))] {
		fmt.Fprintf(&report, "%7d %s\n", e.times, e.word)
	}
	_, err = w.Write(report.Bytes())
	return err
}
