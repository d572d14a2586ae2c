package node

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func TestBackupAndRestore(t *testing.T) {
	home := t.TempDir()
	cfg := DefaultConfig()
	cfg.Moniker, cfg.Seeds = "moving", []string{"orbfn1x"}
	id, err := Init(home, cfg)
	require.NoError(t, err)
	db, err := bbolt.Open(filepath.Join(home, receiptsName), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte("receipts"))
		if err != nil {
			return err
		}
		return bucket.Put([]byte("lane"), []byte("receipt"))
	}))
	require.NoError(t, os.MkdirAll(filepath.Join(home, "artifacts"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, "artifacts", "large"), make([]byte, 1000), 0o600))
	var backup bytes.Buffer
	require.ErrorContains(t, Backup(home, &backup), "stop the node first")
	require.NoError(t, db.Close())
	backup.Reset()
	require.NoError(t, Backup(home, &backup))

	moved := filepath.Join(t.TempDir(), "new")
	require.NoError(t, Restore(moved, bytes.NewReader(backup.Bytes())))
	loaded, err := LoadConfig(moved)
	require.NoError(t, err)
	require.Equal(t, cfg, loaded)
	again, err := ID(moved)
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.NoDirExists(t, filepath.Join(moved, "artifacts"))
	db, err = bbolt.Open(filepath.Join(moved, receiptsName), 0o600, &bbolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		require.Equal(t, "receipt", string(tx.Bucket([]byte("receipts")).Get([]byte("lane"))))
		return nil
	}))
	require.NoError(t, db.Close())
	require.ErrorContains(t, Restore(moved, bytes.NewReader(backup.Bytes())), "not empty")
}

func TestRestoreRefuses(t *testing.T) {
	for name, header := range map[string]tar.Header{
		"outside": {Name: "../config/x", Typeflag: tar.TypeReg},
		"foreign": {Name: "artifacts/x", Typeflag: tar.TypeReg},
		"link":    {Name: "config/x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink},
		"root":    {Name: "/config/x", Typeflag: tar.TypeReg},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			zip := gzip.NewWriter(&buf)
			archive := tar.NewWriter(zip)
			require.NoError(t, archive.WriteHeader(&header))
			require.NoError(t, archive.Close())
			require.NoError(t, zip.Close())
			require.ErrorContains(t, Restore(filepath.Join(t.TempDir(), "home"), &buf), "not part of a backup")
		})
	}
}
