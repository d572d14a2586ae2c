package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/exampletest"
	"github.com/orbnetwork/orb/examples/wordcount/count"
)

const paragraph = `A function takes one request and gives one response. It lives on whichever hosts seed it, and nothing is kept
between requests, so that any host may answer the next one. Hosts are paid for what they serve, not for what they
promise; a caller pays by receipt, and a receipt counts requests. What a request costs depends on the fuel that its
function's sample burns: more work, more fuel. "Who checks?" asks the caller. Validators do: they run the sample again
and compare; where they disagree, nobody is paid. Names are first come, first served. Keys are kept by their owners.
`

// text returns n bytes of prose in which ever more words are new.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		for word := range bytes.FieldsSeq([]byte(paragraph)) {
			b.Write(word)
			if i > 0 && len(word) > 5 {
				b.WriteByte(byte('a' + i%26))
			}
			b.WriteByte(" \n"[len(word)%2])
		}
	}
	return b.Bytes()[:n]
}

// TestSample: the sample is as long as one may be.
func TestSample(t *testing.T) {
	exampletest.Sample(t, "sample.txt", text(4096))
}

// TestFunction: built for the network and under its limits, the function reports as the package does natively.
func TestFunction(t *testing.T) {
	f := exampletest.Load(t)
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"empty", nil},
		{"sample", text(4096)},
		{"40 kB", text(40_000)},
		{"not UTF-8", []byte("\xff\xfe a \xff")},
	} {
		var native bytes.Buffer
		require.NoError(t, count.Report(bytes.NewReader(c.text), &native))
		require.Equal(t, native.String(), string(f.Run(c.name, c.text)), c.name)
	}
}
