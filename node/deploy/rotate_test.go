package deploy

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/client"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

// TestRotateKey: the new key is kept before it is sent, a refusal leaves the old one in place, and an interrupted rotation is finished.
func TestRotateKey(t *testing.T) {
	s := newScene(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "shout.key")
	old, err := client.LoadKey(path)
	require.NoError(t, err)
	s.options.Key = old
	s.chain.taken = s.owned()

	s.chain.refusal = errors.New("the chain is away")
	_, err = RotateKey(t.Context(), &s.chain, &s.chain, "shout", dir)
	require.ErrorContains(t, err, "the chain is away")
	kept, err := client.LoadKey(path)
	require.NoError(t, err)
	require.Equal(t, old, kept)
	next, err := client.LoadKey(path + ".next")
	require.NoError(t, err)

	s.chain.refusal = nil
	written, err := RotateKey(t.Context(), &s.chain, &s.chain, "shout", dir)
	require.NoError(t, err)
	require.Equal(t, path, written)
	msg := s.chain.rotated
	require.EqualValues(t, next.Public(), msg.SigningKey)
	require.NoError(t, functionstypes.VerifyRotation("orb-test", owner, s.chain.taken.Id, msg.SigningKey, msg.Signature))
	kept, err = client.LoadKey(path)
	require.NoError(t, err)
	require.Equal(t, next, kept)

	crashed, err := client.LoadKey(path + ".next")
	require.NoError(t, err)
	s.chain.taken.SigningKey, s.chain.rotated = crashed.Public().(ed25519.PublicKey), nil
	_, err = RotateKey(t.Context(), &s.chain, &s.chain, "shout", dir)
	require.NoError(t, err)
	require.Nil(t, s.chain.rotated, "the chain has it already")
	_, err = RotateKey(t.Context(), &s.chain, &s.chain, "absent", dir)
	require.Error(t, err)
}
