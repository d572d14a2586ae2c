package orbid_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/orbid"
)

// TestIsPeerID holds Orb IDs against libp2p's own peer IDs.
func TestIsPeerID(t *testing.T) {
	for b := range byte(50) {
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, 32))
		key := private.Public().(ed25519.PublicKey)
		libp2pKey, err := crypto.UnmarshalEd25519PublicKey(key)
		require.NoError(t, err)
		want, err := peer.IDFromPublicKey(libp2pKey)
		require.NoError(t, err)

		id := orbid.FromKey(key)
		require.Equal(t, want.String(), id)
		back, err := orbid.Key(id)
		require.NoError(t, err)
		require.Equal(t, key, back)
	}
}

func TestKeyRefuses(t *testing.T) {
	valid := orbid.FromKey(make(ed25519.PublicKey, ed25519.PublicKeySize))
	for _, id := range []string{
		"", "1", valid[1:], valid + "1", "0" + valid[1:], strings.Repeat("1", 1000),
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", // the peer ID of an RSA key
		"bafzaajaiaejcbzdibmxyzdjbbehgvizdbxbjyzkibcpwtbykypbqvfrjfkxsyzmp",
	} {
		_, err := orbid.Key(id)
		require.ErrorIs(t, err, orbid.ErrInvalid, "%q", id)
	}
}

func FuzzKey(f *testing.F) {
	f.Add(orbid.FromKey(make(ed25519.PublicKey, ed25519.PublicKeySize)))
	f.Fuzz(func(t *testing.T, id string) {
		if key, err := orbid.Key(id); err == nil {
			require.Equal(t, id, orbid.FromKey(key), "two spellings of one Orb ID")
		}
	})
}
