package chain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEncryptedKeyring: what a service opens with a file's passphrase is what a person opens by typing it, and nobody without.
func TestEncryptedKeyring(t *testing.T) {
	const right = "correct horse"
	dir := t.TempDir()
	file := filepath.Join(dir, "passphrase")
	require.NoError(t, os.WriteFile(file, []byte(right+"\n"), 0o600))
	t.Setenv(PassphraseFileEnv, file)
	kr, err := OpenKeyring(dir, KeyringFile, nil)
	require.NoError(t, err)
	words, err := EnsureKey(kr, "operator")
	require.NoError(t, err)
	require.Len(t, strings.Fields(words), 24)
	made, err := Address(kr, "operator")
	require.NoError(t, err)

	t.Setenv(PassphraseFileEnv, "")
	typed, err := OpenKeyring(dir, KeyringFile, strings.NewReader(right+"\n"))
	require.NoError(t, err)
	again, err := EnsureKey(typed, "operator")
	require.NoError(t, err)
	require.Empty(t, again, "the key is there")
	address, err := Address(typed, "operator")
	require.NoError(t, err)
	require.Equal(t, made, address)

	for _, wrong := range []string{"correct house", "short"} {
		t.Setenv(PassphraseEnv, wrong)
		_, err = OpenKeyring(dir, KeyringFile, nil)
		require.ErrorContains(t, err, "passphrase")
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "keyring-file"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NotContains(t, string(data), strings.Fields(words)[0]+" ")
		return err
	}))
}
