package wallet_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/node/wallet"
)

// command parses args as a command with the wallet's flags does.
func command(t *testing.T, w *wallet.Wallet, args ...string) *cobra.Command {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.SetIn(&bytes.Buffer{})
	w.Flags(cmd)
	require.NoError(t, cmd.ParseFlags(args))
	return cmd
}

// home makes a folder with a client.toml and, in its test keyring, the keys named.
func home(t *testing.T, clientTOML string, keys ...string) string {
	t.Helper()
	folder := t.TempDir()
	if clientTOML != "" {
		require.NoError(t, os.Mkdir(filepath.Join(folder, "config"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "config", "client.toml"), []byte(clientTOML), 0o600))
	}
	kr, err := chain.OpenKeyring(folder, chain.KeyringTest, nil)
	require.NoError(t, err)
	for _, key := range keys {
		_, _, err := kr.NewMnemonic(key, keyring.English, sdk.GetConfig().GetFullBIP44Path(), "", hd.Secp256k1)
		require.NoError(t, err)
	}
	return folder
}

func TestDefaultHome(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("ORBCHAIND_HOME", "")
	require.Equal(t, "/home/somebody/.orbchaind", wallet.DefaultHome())
	t.Setenv("ORBCHAIND_HOME", "/srv/orb")
	require.Equal(t, "/srv/orb", wallet.DefaultHome())

	var w wallet.Wallet
	command(t, &w, "--from", "alice")
	require.Equal(t, "/srv/orb", w.Home, "the environment is the flag's default")
	command(t, &w, "--from", "alice", "--home", "/elsewhere")
	require.Equal(t, "/elsewhere", w.Home, "the flag comes first")
}

// TestKeyring: the backend is the flag's, else client.toml's, else the system's.
func TestKeyring(t *testing.T) {
	for _, c := range []struct {
		name, file string
		args       []string
		backend    string
	}{
		{name: "flag over file", file: `keyring-backend = "file"`, args: []string{"--keyring-backend", "test"}, backend: keyring.BackendTest},
		{name: "file", file: `keyring-backend = "test"`, backend: keyring.BackendTest},
		{name: "file says nothing", file: `node = "tcp://localhost:1"`, args: []string{"--keyring-backend", "memory"}, backend: keyring.BackendMemory},
		{name: "neither", backend: keyring.BackendOS},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w wallet.Wallet
			cmd := command(t, &w, append(c.args, "--home", home(t, c.file))...)
			kr, err := w.Keyring(cmd)
			require.NoError(t, err)
			require.Equal(t, c.backend, kr.Backend())
		})
	}
}

func TestKeyringRefuses(t *testing.T) {
	for _, c := range []struct {
		name, file string
		args       []string
		wrong      string
	}{
		{name: "unknown backend", args: []string{"--keyring-backend", "paper"}, wrong: "opening the paper keyring"},
		{name: "damaged client.toml", file: "keyring-backend = ", wrong: "reading client.toml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w wallet.Wallet
			cmd := command(t, &w, append(c.args, "--home", home(t, c.file))...)
			_, err := w.Keyring(cmd)
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

// TestConnect: a missing key is noticed before the chain is asked, and both errors say where was looked.
func TestConnect(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := listener.Addr().String()
	require.NoError(t, listener.Close())
	folder := home(t, `keyring-backend = "test"`, "alice")
	node := "http://" + nobody

	var w wallet.Wallet
	cmd := command(t, &w, "--home", folder, "--from", "bob", "--node", node)
	_, _, _, err = w.Connect(t.Context(), cmd)
	require.ErrorIs(t, err, sdkerrors.ErrKeyNotFound)
	require.ErrorContains(t, err, `no key "bob" in the test keyring of `+folder)

	w = wallet.Wallet{}
	cmd = command(t, &w, "--home", folder, "--from", "alice", "--node", node)
	_, _, _, err = w.Connect(t.Context(), cmd)
	require.ErrorContains(t, err, node)
}
