package chain

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	filekeyring "github.com/99designs/keyring"
	"golang.org/x/crypto/bcrypt"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Backends of a keyring.
const (
	KeyringOS   = keyring.BackendOS
	KeyringFile = keyring.BackendFile
	// KeyringTest keeps keys unprotected.
	KeyringTest = keyring.BackendTest
	// KeyringMemory keeps keys no longer than the process lives.
	KeyringMemory = keyring.BackendMemory
)

// Where the passphrase of the encrypted keyring comes from when nobody is there to be asked: a file named by PassphraseFileEnv, as services
// have it, or PassphraseEnv itself.
const (
	PassphraseEnv     = "ORB_KEYRING_PASSPHRASE"
	PassphraseFileEnv = "ORB_KEYRING_PASSPHRASE_FILE"
)

// OpenKeyring opens the account keys in a folder; orbchaind's `keys` commands see the same ones. KeyringFile takes its passphrase from the
// environment (see PassphraseEnv); where there is none, and for KeyringOS, it is asked for at the terminal, or read from input.
func OpenKeyring(dir, backend string, input io.Reader) (keyring.Keyring, error) {
	if passphrase, given, err := passphrase(); backend == KeyringFile && (given || err != nil) {
		if err != nil {
			return nil, err
		}
		return OpenFileKeyring(dir, passphrase)
	}
	encoding, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	kr, err := keyring.New(sdk.KeyringServiceName(), backend, dir, input, encoding.Codec)
	if err != nil {
		return nil, fmt.Errorf("opening the %s keyring in %s: %w", backend, dir, err)
	}
	return kr, nil
}

func passphrase() (text string, given bool, err error) {
	if path := os.Getenv(PassphraseFileEnv); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", false, fmt.Errorf("reading the keyring's passphrase: %w", err)
		}
		line, _, _ := strings.Cut(string(data), "\n")
		return strings.TrimSuffix(line, "\r"), true, nil
	}
	text, given = os.LookupEnv(PassphraseEnv)
	return text, given, nil
}

// leastPassphrase is the SDK's rule, in characters.
const leastPassphrase = 8

// OpenFileKeyring opens the encrypted keyring in a folder with a passphrase that nobody has to be asked for. It is the one of OpenKeyring
// with KeyringFile, and made when there is none.
func OpenFileKeyring(dir, passphrase string) (keyring.Keyring, error) {
	if len(passphrase) < leastPassphrase {
		return nil, fmt.Errorf("the passphrase of the keyring has less than %d characters", leastPassphrase)
	}
	encoding, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "keyring-file")
	if err := checkPassphrase(dir, passphrase); err != nil {
		return nil, fmt.Errorf("opening the keyring in %s: %w", dir, err)
	}
	file, err := filekeyring.Open(filekeyring.Config{
		AllowedBackends: []filekeyring.BackendType{filekeyring.FileBackend}, ServiceName: sdk.KeyringServiceName(), FileDir: dir,
		FilePasswordFunc: filekeyring.FixedStringPrompt(passphrase),
	})
	if err != nil {
		return nil, fmt.Errorf("opening the keyring in %s: %w", dir, err)
	}
	return keyring.NewInMemoryWithKeyring(file, encoding.Codec), nil
}

// checkPassphrase compares with the hash that the SDK keeps beside the keys, or stores it beside the first.
func checkPassphrase(dir, passphrase string) error {
	path := filepath.Join(dir, "keyhash")
	hash, err := os.ReadFile(path)
	switch {
	case err == nil:
		if bcrypt.CompareHashAndPassword(hash, []byte(passphrase)) != nil {
			return errors.New("the passphrase is not the right one")
		}
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if hash, err = bcrypt.GenerateFromPassword([]byte(passphrase), bcrypt.DefaultCost); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, hash, 0o600)
}

// EnsureKey makes an account key unless the keyring has it, and returns the words of one that was made.
func EnsureKey(kr keyring.Keyring, name string) (words string, err error) {
	if _, err := kr.Key(name); err == nil {
		return "", nil
	}
	_, words, err = kr.NewMnemonic(name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return "", fmt.Errorf("making key %q: %w", name, err)
	}
	return words, nil
}

// Address returns the account address of a key.
func Address(kr keyring.Keyring, name string) (sdk.AccAddress, error) {
	record, err := kr.Key(name)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	address, err := record.GetAddress()
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return address, nil
}
