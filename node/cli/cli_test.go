package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/node/cli"
)

func program() *cobra.Command {
	root := &cobra.Command{Use: "prog", SilenceErrors: true, SilenceUsage: true}
	group := &cobra.Command{Use: "group", Short: "holds commands"}
	leaf := &cobra.Command{Use: "leaf <thing>", Args: cobra.ExactArgs(1), RunE: func(*cobra.Command, []string) error { return nil }}
	leaf.Flags().Int("size", 0, "")
	leaf.Flags().String("from", "", "")
	var endpoint cli.BaseURL
	leaf.Flags().Var(&endpoint, "endpoint", "")
	leaf.Flags().Var(cli.NewChoice("text", "json"), "output", "")
	_ = leaf.MarkFlagRequired("from")
	group.AddCommand(leaf)
	root.AddCommand(group)
	cli.Guide(root)
	return root
}

func TestGuide(t *testing.T) {
	leafUsage := "\nUsage: prog group leaf <thing> [flags]\nMore:  prog group leaf --help"
	for _, c := range []struct {
		args []string
		want string // "" is success
	}{
		{[]string{"group", "leaf", "x", "--from", "me"}, ""},
		{[]string{"group"}, ""},
		{nil, ""},
		{[]string{"grup"}, "unknown command \"grup\" for \"prog\"; did you mean group?\nUsage: prog <command>\nMore:  prog --help"},
		{[]string{"group", "zzz"}, "unknown command \"zzz\" for \"prog group\"\nUsage: prog group <command>\nMore:  prog group --help"},
		{[]string{"group", "leaf"}, "accepts 1 arg(s), received 0" + leafUsage},
		{[]string{"group", "leaf", "x"}, `required flag(s) "from" not set` + leafUsage},
		{[]string{"group", "leaf", "--nope"}, "unknown flag: --nope" + leafUsage},
		{[]string{"group", "leaf", "--size", "big"}, `invalid argument "big" for "--size" flag: strconv.ParseInt: parsing "big": invalid syntax` + leafUsage},
		{[]string{"group", "leaf", "--endpoint", "127.0.0.1:8080"}, `invalid argument "127.0.0.1:8080" for "--endpoint" flag: want a URL like http://127.0.0.1:8080` + leafUsage},
		{[]string{"group", "leaf", "--output", "xml"}, `invalid argument "xml" for "--output" flag: want text or json` + leafUsage},
	} {
		root := program()
		root.SetArgs(c.args)
		root.SetOut(&bytes.Buffer{})
		err := root.Execute()
		if c.want == "" {
			require.NoError(t, err, c.args)
			continue
		}
		require.EqualError(t, err, c.want)
	}
}

func TestPrintError(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: errors.New("connection refused")}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("calling: %w", refused), "Nothing answers at 127.0.0.1:9. `orb devnet` starts a network"},
		{fmt.Errorf("asking: %w", status.Error(codes.Unavailable, "x")), "--grpc-addr names another"},
		{fmt.Errorf("key: %w", sdkerrors.ErrKeyNotFound.Wrap("alice")), "prog: key: alice: key not found\n`orbchaind keys list` shows"},
	} {
		var out bytes.Buffer
		cli.PrintError(&out, "prog", c.err)
		require.Contains(t, out.String(), c.want)
	}
	var out bytes.Buffer
	cli.PrintError(&out, "prog", cli.ErrReported)
	require.Empty(t, out.String())
	cli.PrintError(&out, "prog", errors.New("something else"))
	require.Equal(t, "prog: something else\n", out.String())
}

func TestParseCoin(t *testing.T) {
	for _, c := range []struct {
		text, want string // "" is an error
	}{
		{"50uorb", "50uorb"}, {"0uorb", "0uorb"}, {"100000000000000000000uorb", "100000000000000000000uorb"},
		{"50", ""}, {"uorb", ""}, {"", ""}, {"-5uorb", ""}, {"0.5uorb", ""}, {"1,5uorb", ""}, {"5 uorb", ""}, {"1uorb,2uorb", ""}, {"5u", ""}, {"5uorb!", ""},
	} {
		coin, err := cli.ParseCoin(c.text)
		if c.want == "" {
			require.ErrorContains(t, err, "is not an amount of money", c.text)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, coin.String())
	}
}
