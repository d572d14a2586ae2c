package count_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/wordcount/count"
)

func TestReport(t *testing.T) {
	for _, c := range []struct{ name, text, report string }{
		{"empty", "", "lines 0\nwords 0\nbytes 0\n"},
		{"no newline at the end", "one", "lines 0\nwords 1\nbytes 3\n      1 one\n"},
		{
			"case and punctuation", "Orb, orb! (ORB)\nit's -- \"it's\"\n",
			"lines 2\nwords 6\nbytes 31\n      3 orb\n      2 it's\n",
		},
		{
			"ties in the order of bytes, ten at most", "l k j i h g f e d c b a l ",
			"lines 0\nwords 13\nbytes 26\n      2 l\n      1 a\n      1 b\n      1 c\n      1 d\n      1 e\n      1 f\n      1 g\n      1 h\n      1 i\n",
		},
		{"beyond ASCII", "Ähre ähre «ähre»\u2003語", "lines 0\nwords 4\nbytes 27\n      3 ähre\n      1 語\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var report strings.Builder
			require.NoError(t, count.Report(strings.NewReader(c.text), &report))
			require.Equal(t, c.report, report.String())
		})
	}
}

func TestReportReadError(t *testing.T) {
	broken := errors.New("broken")
	require.ErrorIs(t, count.Report(iotest.ErrReader(broken), &strings.Builder{}), broken)
}
