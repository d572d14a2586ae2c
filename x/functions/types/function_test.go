package types_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/x/functions/types"
)

func TestValidateName(t *testing.T) {
	for _, name := range []string{"a", "markdown", "a-b", "404", strings.Repeat("a", 63)} {
		require.NoError(t, types.ValidateName(name), name)
	}
	for _, name := range []string{"", "A", "-a", "a-", "a_b", "a.b", "ä", "xn--a", "orbfn1abc", strings.Repeat("a", 64)} {
		require.ErrorIs(t, types.ValidateName(name), types.ErrInvalidName, name)
	}
}
