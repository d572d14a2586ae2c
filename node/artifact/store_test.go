package artifact

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/node/peer"
)

func newHost(t *testing.T, bootstrap ...string) *peer.Host {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	h, err := peer.New(t.Context(), peer.Config{Key: key, Bootstrap: bootstrap, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	require.NoError(t, h.Join(t.Context()))
	return h
}

func open(t *testing.T, dir string, h *peer.Host) *Store {
	s, err := Open(t.Context(), Config{Dir: dir}, h.Libp2p(), h.Routing())
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func random(seed uint64, size int) []byte {
	var key [32]byte
	key[0] = byte(seed)
	data := make([]byte, size)
	_, _ = rand.NewChaCha8(key).Read(data)
	return data
}

// blockFiles lists the blocks on disk.
func blockFiles(t *testing.T, dir string) (files []string) {
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "blocks"), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".data" {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func TestFetchFromPeer(t *testing.T) {
	a := newHost(t)
	b := newHost(t, a.Addrs()...)
	from, to := open(t, t.TempDir(), a), open(t, t.TempDir(), b)
	data := random(1, 3<<20+17)
	id, err := from.Put(t.Context(), data)
	require.NoError(t, err)
	pure, err := CID(data)
	require.NoError(t, err)
	require.Equal(t, pure, id)

	_, err = to.Get(t.Context(), id, uint64(len(data)-1))
	require.ErrorIs(t, err, ErrTooLarge)
	has, err := to.Has(t.Context(), id)
	require.NoError(t, err)
	require.False(t, has)

	got, err := to.Get(t.Context(), id, uint64(len(data)))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	nowhere, err := CID([]byte("nowhere"))
	require.NoError(t, err)
	_, err = to.Get(ctx, nowhere, 100)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestDamagedBlock(t *testing.T) {
	a := newHost(t)
	source := open(t, t.TempDir(), a)
	b := newHost(t)
	dir := t.TempDir()
	damaged := open(t, dir, b)
	require.NoError(t, b.Connect(t.Context(), a.ID(), a.Addrs()))
	data := random(2, 2<<20)
	id, err := damaged.Put(t.Context(), data)
	require.NoError(t, err)
	for _, path := range blockFiles(t, dir) {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		content[len(content)/2] ^= 1
		require.NoError(t, os.Chmod(path, 0o600))
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = damaged.Get(ctx, id, 4<<20)
	require.Error(t, err)

	_, err = source.Put(t.Context(), data)
	require.NoError(t, err)
	got, err := damaged.Get(t.Context(), id, 4<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))
}

func TestReopenDeleteAndExpiry(t *testing.T) {
	h, dir := newHost(t), t.TempDir()
	s := open(t, dir, h)
	first := random(3, 2<<20)
	second := append(bytes.Clone(first[:1<<20]), 1) // has a block in common
	kept, err := s.Put(t.Context(), first)
	require.NoError(t, err)
	pending, err := s.PutPending(t.Context(), second, time.Hour)
	require.NoError(t, err)
	require.Len(t, blockFiles(t, dir), 5)
	require.NoError(t, s.Close())

	s = open(t, dir, h)
	stays, err := s.Kept(t.Context())
	require.NoError(t, err)
	require.Len(t, stays, 1)
	require.InDelta(t, len(first), stays[kept], 1024, "its leaves and a root")
	s.expire(t.Context(), time.Now().Add(30*time.Minute))
	require.Len(t, blockFiles(t, dir), 5)
	s.expire(t.Context(), time.Now().Add(2*time.Hour))
	has, err := s.Has(t.Context(), pending)
	require.NoError(t, err)
	require.False(t, has)
	require.Len(t, blockFiles(t, dir), 3)
	got, err := s.Get(t.Context(), kept, 2<<20)
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, got))
	s.expire(t.Context(), time.Now().Add(2*fetchedFor))
	require.Len(t, blockFiles(t, dir), 3, "what is kept stays so when it is read")

	_, err = s.PutPending(t.Context(), second, time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.Keep(t.Context(), pending))
	s.expire(t.Context(), time.Now().Add(2*time.Hour))
	require.NoError(t, s.Delete(t.Context(), kept))
	require.Len(t, blockFiles(t, dir), 3)
	require.NoError(t, s.Delete(t.Context(), pending))
	require.Empty(t, blockFiles(t, dir))
	require.ErrorIs(t, s.Delete(t.Context(), "../etc"), ErrInvalidCID)
}

// What was fetched and not kept goes, e.g. because it was not what the chain says.
func TestFetchedIsPending(t *testing.T) {
	a := newHost(t)
	b := newHost(t, a.Addrs()...)
	dir := t.TempDir()
	from, to := open(t, t.TempDir(), a), open(t, dir, b)
	data := random(4, 1000)
	id, err := from.Put(t.Context(), data)
	require.NoError(t, err)
	_, err = to.Get(t.Context(), id, 1000)
	require.NoError(t, err)
	to.expire(t.Context(), time.Now().Add(2*fetchedFor))
	require.Empty(t, blockFiles(t, dir))

	_, err = to.Get(t.Context(), id, 1000)
	require.NoError(t, err)
	require.NoError(t, to.Keep(t.Context(), id))
	to.expire(t.Context(), time.Now().Add(2*fetchedFor))
	require.Len(t, blockFiles(t, dir), 1)
}

func TestDamagedPins(t *testing.T) {
	h, dir := newHost(t), t.TempDir()
	s := open(t, dir, h)
	var ids []string
	for i, text := range []string{"", "1x", "\x00\x00\x00"} {
		id, err := s.PutPending(t.Context(), random(uint64(i), 100), time.Hour)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "pins", id), []byte(text), 0o600))
		ids = append(ids, id)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pins", "no-cid"), []byte("0"), 0o600))
	require.NoError(t, s.Close())
	s = open(t, dir, h)
	s.expire(t.Context(), time.Now().Add(24*time.Hour))
	for _, id := range ids {
		has, err := s.Has(t.Context(), id)
		require.NoError(t, err)
		require.True(t, has)
	}
}
