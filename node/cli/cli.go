// Package cli makes command lines helpful where they refuse: both programs answer a slip with what was wrong and what to do next.
package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// Guide makes wrong flags, arguments and commands anywhere below root errors that show the right usage. A command that holds others
// prints its help, and takes no unknown subcommand.
func Guide(root *cobra.Command) {
	root.SetFlagErrorFunc(usageError)
	guide(root)
}

func guide(cmd *cobra.Command) {
	switch check := cmd.Args; {
	case cmd.HasSubCommands() && check == nil:
		cmd.Args = unknownCommand
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	default:
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			var err error
			if check != nil {
				err = check(cmd, args)
			}
			if err == nil {
				err = cmd.ValidateRequiredFlags()
			}
			return usageError(cmd, err)
		}
	}
	for _, sub := range cmd.Commands() {
		guide(sub)
	}
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return usageError(cmd, err)
}

func usageError(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	usage := cmd.UseLine()
	if cmd.HasSubCommands() {
		usage = cmd.CommandPath() + " <command>"
	}
	return fmt.Errorf("%w\nUsage: %s\nMore:  %s --help", err, usage, cmd.CommandPath())
}

// sourceLine is where in its source the SDK made an error, which it likes to print.
var sourceLine = regexp.MustCompile(` \[[^ \]]+\.go:\d+\]`)

// ErrReported ends a command whose own output has said already what failed.
var ErrReported = errors.New("failed, as reported")

// PrintError writes an error as a program's last words, with advice where there is some.
func PrintError(out io.Writer, program string, err error) {
	if errors.Is(err, ErrReported) {
		return
	}
	fmt.Fprintf(out, "%s: %s\n", program, sourceLine.ReplaceAllString(err.Error(), ""))
	if advice := advise(err); advice != "" {
		fmt.Fprintln(out, advice)
	}
}

// advise says what to do about errors that a newcomer meets; it is empty for all others.
func advise(err error) string {
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		where := "that address"
		if dial.Addr != nil {
			where = dial.Addr.String()
		}
		return "Nothing answers at " + where + ". `orb devnet` starts a network on this machine; --node, --grpc-addr and --gateway name another one."
	case status.Code(err) == codes.Unavailable:
		return "The chain's gRPC does not answer. `orb devnet` starts a network on this machine; --grpc-addr names another one."
	case errors.Is(err, sdkerrors.ErrKeyNotFound):
		return "`orbchaind keys list` shows the keys there are, `orbchaind keys add <name>` makes one; --keyring-backend and --home say where they lie."
	}
	return ""
}

var wholeCoin = regexp.MustCompile(`^[0-9]{1,30}[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$`)

// ParseCoin reads an amount of money. It must be whole: the chain knows nothing smaller than the unit, and rounding would change what a
// person has written.
func ParseCoin(text string) (sdk.Coin, error) {
	if !wholeCoin.MatchString(text) {
		return sdk.Coin{}, fmt.Errorf("%q is not an amount of money; write a whole number and its unit, like 50uorb (1 ORB is 1000000uorb)", text)
	}
	digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	amount, ok := math.NewIntFromString(text[:digits])
	coin := sdk.Coin{Denom: text[digits:], Amount: amount}
	if !ok {
		return sdk.Coin{}, fmt.Errorf("%q is not an amount of money", text)
	}
	if err := coin.Validate(); err != nil {
		return sdk.Coin{}, fmt.Errorf("%q is not an amount of money: %w", text, err)
	}
	return coin, nil
}

// Choice is a flag's value out of a few.
type Choice struct {
	// Value is what was chosen, beginning with the default.
	Value   string
	allowed []string
}

// NewChoice returns a value whose default is the first one allowed.
func NewChoice(allowed ...string) *Choice { return &Choice{Value: allowed[0], allowed: allowed} }

// String implements pflag.Value.
func (c *Choice) String() string { return c.Value }

// Set implements pflag.Value.
func (c *Choice) Set(value string) error {
	if !slices.Contains(c.allowed, value) {
		return fmt.Errorf("want %s", strings.Join(c.allowed, " or "))
	}
	c.Value = value
	return nil
}

// Type implements pflag.Value.
func (c *Choice) Type() string { return strings.Join(c.allowed, "|") }

// BaseURL is a flag's value that is the beginning of HTTP addresses, without a slash at its end.
type BaseURL string

// String implements pflag.Value.
func (u *BaseURL) String() string { return string(*u) }

// Set implements pflag.Value.
func (u *BaseURL) Set(value string) error {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("want a URL like http://127.0.0.1:8080")
	}
	*u = BaseURL(strings.TrimSuffix(value, "/"))
	return nil
}

// Type implements pflag.Value.
func (u *BaseURL) Type() string { return "url" }
