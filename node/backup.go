package node

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

const (
	receiptsName = "receipts.db"
	// maxBackup bounds what a backup unpacks to, in bytes.
	maxBackup = 4 << 30
)

// kept is what makes a node what it is: config and node key, account keys, receipts, and peers to join at. Artifacts and compiled code are
// fetched and made again.
var kept = []string{"config", "keyring-file", "keyring-test", receiptsName, "peers.json"}

// Backup writes what makes the node in home to w, as a compressed tar. The node has to be stopped: a receipt that came after the backup
// would be lost where it is restored.
func Backup(home string, w io.Writer) error {
	if _, err := LoadConfig(home); err != nil {
		return err
	}
	if path := filepath.Join(home, receiptsName); exists(path) {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return fmt.Errorf("opening the receipts of %s (stop the node first): %w", home, err)
		}
		defer db.Close()
	}
	zip := gzip.NewWriter(w)
	archive := tar.NewWriter(zip)
	for _, name := range kept {
		root := filepath.Join(home, name)
		if !exists(root) {
			continue
		}
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			return add(archive, home, path)
		})
		if err != nil {
			return fmt.Errorf("backing up %s: %w", root, err)
		}
	}
	return errors.Join(archive.Close(), zip.Close())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func add(archive *tar.Writer, home, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	name, err := filepath.Rel(home, path)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: stat.Size(), ModTime: stat.ModTime(), Typeflag: tar.TypeReg}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, file)
	return err
}

// Restore makes home the node of a backup. There must be nothing there yet. The node must not run anywhere else: two with one identity
// spoil each other's lanes.
func Restore(home string, r io.Reader) error {
	entries, err := os.ReadDir(home)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("restoring: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("restoring: %s is not empty", home)
	}
	zip, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("restoring: %w", err)
	}
	archive := tar.NewReader(zip)
	var total int64
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("restoring: %w", err)
		}
		top, _, _ := strings.Cut(header.Name, "/")
		total += header.Size
		switch {
		case header.Typeflag != tar.TypeReg || !filepath.IsLocal(header.Name) || !keeps(top):
			return fmt.Errorf("restoring: %q is not part of a backup", header.Name)
		case header.Size < 0 || total > maxBackup:
			return fmt.Errorf("restoring: the backup has more than %d bytes", int64(maxBackup))
		}
		if err := unpack(filepath.Join(home, filepath.FromSlash(header.Name)), archive); err != nil {
			return fmt.Errorf("restoring %s: %w", header.Name, err)
		}
	}
	_, err = LoadConfig(home)
	return err
}

func keeps(name string) bool {
	for _, k := range kept {
		if k == name {
			return true
		}
	}
	return false
}

func unpack(path string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r) //nolint:gosec // Restore has added up the sizes
	return errors.Join(err, file.Sync(), file.Close())
}
