package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cosmos/cosmos-sdk/client/flags"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/version"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// handwritten are the commands that AutoCLI does not make: they ask a chain and a super node first, and the scripts run them.
var handwritten = []string{"deploy", "update", "rotate-key"}

// word is a word of a shell: quoted, or up to the next space.
var word = regexp.MustCompile(`"\$\([^)]*\)"|'[^']*'|\S+`)

// TestExamples runs the examples that help shows: a transaction is made, though not sent, and a query gets as far as a chain that is not there.
func TestExamples(t *testing.T) {
	root, err := newRootCommand(t.TempDir())
	require.NoError(t, err)
	for _, module := range []string{functionstypes.ModuleName, seedingtypes.ModuleName, rewardstypes.ModuleName} {
		for service, parent := range map[string]string{"Msg": "tx", "Query": "query"} {
			name := protoreflect.FullName("orb." + module + ".v1." + service)
			descriptor, err := proto.HybridResolver.FindDescriptorByName(name)
			require.NoError(t, err)
			group, _, err := root.Find([]string{parent, module})
			require.NoError(t, err)
			commands := 0
			for _, cmd := range group.Commands() {
				if !cmd.IsAvailableCommand() || cmd.HasSubCommands() {
					continue
				}
				commands++
				t.Run(cmd.CommandPath(), func(t *testing.T) { testExamples(t, cmd) })
			}
			require.Equal(t, descriptor.(protoreflect.ServiceDescriptor).Methods().Len(), commands, "commands of %s", name)
		}
	}
}

func testExamples(t *testing.T, cmd *cobra.Command) {
	require.NotEmpty(t, cmd.Example)
	if slices.Contains(handwritten, cmd.Name()) {
		return
	}
	for line := range strings.SplitSeq(cmd.Example, "\n") {
		args, is := strings.CutPrefix(line, version.AppName+" ")
		require.True(t, is, line)
		out, err := run(t, words(args))
		if strings.HasPrefix(args, "query ") {
			require.ErrorContains(t, err, "connection refused", line)
			continue
		}
		require.NoError(t, err, line)
		require.Contains(t, out, `"@type":"/orb.`, line)
	}
}

// words splits an example as a shell would, with what it leaves open filled in.
func words(example string) []string {
	account := sdk.AccAddress(make([]byte, 20))
	function, err := sdk.Bech32ifyAddressBytes(functionstypes.FunctionPrefix, account)
	if err != nil {
		panic(err)
	}
	filled := strings.NewReplacer(
		"orb1…", account.String(), "orbvaloper1…", sdk.ValAddress(account).String(), "orbfn1…", function,
		"12D3KooW…", "12D3KooWGRUaGfqkNWdcRjmR4BbCdU9tFbm1gA8sXg5iFvnSKgUF", `"…"`, `"AAAA"`, "…", "",
	).Replace(example)
	var args []string
	for _, w := range word.FindAllString(filled, -1) {
		switch {
		case strings.HasPrefix(w, `"$(xxd`):
			w = "00"
		case strings.HasPrefix(w, `"$(`):
			w = "{}"
		}
		args = append(args, strings.Trim(w, "'"))
	}
	return args
}

func run(t *testing.T, args []string) (string, error) {
	t.Helper()
	home := t.TempDir()
	root, err := newRootCommand(home)
	require.NoError(t, err)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	if args[0] == "query" {
		args = append(args, "--grpc-addr", "127.0.0.1:1", "--grpc-insecure")
	} else {
		args = append(args, "--generate-only", "--offline", "--account-number", "0", "--sequence", "0", "--keyring-backend", "test")
	}
	for i, arg := range args {
		if arg == "--from" {
			args[i+1] = sdk.AccAddress(make([]byte, 20)).String()
		}
	}
	root.PersistentFlags().String(flags.FlagHome, home, "")
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}
