package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/testutil/fixture"
)

func TestBlocks(t *testing.T) {
	c := fixture.New(t, 2)
	c.Blocks(200)
	require.EqualValues(t, 201, c.Height())
	c.Context()
}
