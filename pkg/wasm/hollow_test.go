package wasm

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
)

func TestHollow(t *testing.T) {
	metered, err := Meter(wasmtest.Echo("one"), 1<<20)
	require.NoError(t, err)
	hollow, err := Hollow(metered)
	require.NoError(t, err)
	whole, err := decode(metered)
	require.NoError(t, err)
	emptied, err := decode(hollow)
	require.NoError(t, err)
	require.Equal(t, whole.types, emptied.types)
	require.Equal(t, whole.functions, emptied.functions)
	require.Equal(t, len(whole.exports), len(emptied.exports))
	require.Len(t, emptied.bodies, len(whole.bodies))
	require.Contains(t, string(hollow), "one", "data stays")
	require.Less(t, len(hollow), len(metered))

	// another body only: another hollow module
	other := bytes.Clone(metered)
	at := bytes.LastIndexByte(other[:len(other)-20], 0x41) // an i32.const
	other[at+1] ^= 1
	otherHollow, err := Hollow(other)
	require.NoError(t, err)
	require.NotEqual(t, hollow, otherHollow)
	require.Len(t, otherHollow, len(hollow))

	for n := range len(metered) {
		_, _ = Hollow(metered[:n]) // whatever it says, it does not panic
	}
	_, err = Hollow(metered[:len(metered)-1])
	require.Error(t, err)
}
