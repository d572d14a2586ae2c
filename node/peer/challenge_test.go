package peer

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/possession"
)

func TestChallenge(t *testing.T) {
	artifact := bytes.Repeat([]byte("orb"), 5000)
	root := possession.Root(artifact)
	host := newTestHost(t)
	host.ServeChallenges(func(_ context.Context, c Challenge) (Possession, error) {
		if c.FunctionID != "held" || c.Version != 2 {
			return Possession{}, errors.New("not here")
		}
		chunk, path, err := possession.Prove(artifact, c.Index)
		return Possession{chunk, path}, err
	})
	asker := newTestHost(t)
	require.NoError(t, asker.Connect(t.Context(), host.ID(), host.Addrs()))
	for index := range possession.Chunks(uint64(len(artifact))) {
		p, err := asker.Challenge(t.Context(), host.ID(), Challenge{"held", 2, index})
		require.NoError(t, err)
		require.NoError(t, possession.Verify(root[:], uint64(len(artifact)), index, p.Chunk, p.Path))
	}
	_, err := asker.Challenge(t.Context(), host.ID(), Challenge{"held", 3, 0})
	require.ErrorIs(t, err, ErrNotHeld)
	_, err = asker.Challenge(t.Context(), host.ID(), Challenge{"held", 2, 1000})
	require.ErrorIs(t, err, ErrNotHeld)
	_, err = host.Challenge(t.Context(), asker.ID(), Challenge{"held", 2, 0})
	require.Error(t, err, "it does not speak the protocol")
}

// FuzzPossession: whatever arrives is an error or encodes to the same bytes again.
func FuzzPossession(f *testing.F) {
	f.Add(Possession{Chunk: []byte("chunk"), Path: [][]byte{make([]byte, hashSize)}}.append([]byte{0}))
	f.Add([]byte{1})
	f.Add([]byte{0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readPossession(bytes.NewReader(data))
		if err != nil {
			return
		}
		again := p.append([]byte{0})
		require.Equal(t, data[:len(again)], again)
	})
}
