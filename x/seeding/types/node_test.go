package types_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/x/seeding/types"
)

var (
	key      = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	orbID    = orbid.FromKey(key.Public().(ed25519.PublicKey))
	operator = sdk.AccAddress(bytes.Repeat([]byte{2}, 20)).String()
)

func node() types.Node {
	return types.NewNode(orbID, operator, "node", []string{"/dns/node.example.org/tcp/4001"}, 0)
}

func TestNodeValidate(t *testing.T) {
	require.NoError(t, node().Validate())
	require.NoError(t, types.NewNode(orbID, operator, "", nil, 0).Validate())
	for name, change := range map[string]func(*types.Node){
		"no orb id":          func(n *types.Node) { n.OrbId = "" },
		"broken orb id":      func(n *types.Node) { n.OrbId = orbID[1:] },
		"no operator":        func(n *types.Node) { n.Operator = "" },
		"foreign operator":   func(n *types.Node) { n.Operator = "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a" },
		"long moniker":       func(n *types.Node) { n.Moniker = strings.Repeat("m", 71) },
		"too many addresses": func(n *types.Node) { n.Addresses = slicesOf("/ip4/192.0.2.1/tcp/1", 17) },
		"empty address":      func(n *types.Node) { n.Addresses = []string{""} },
		"no multiaddr":       func(n *types.Node) { n.Addresses = []string{"192.0.2.1:4001"} },
		"long address":       func(n *types.Node) { n.Addresses = []string{"/" + strings.Repeat("a", 256)} },
	} {
		n := node()
		change(&n)
		require.ErrorIs(t, n.Validate(), types.ErrInvalidNode, name)
	}
}

func slicesOf(value string, n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = value
	}
	return values
}

func TestAgreed(t *testing.T) {
	sign := func(chainID, operator, orbID string) []byte {
		return ed25519.Sign(key, types.RegistrationSignBytes(chainID, operator, orbID))
	}
	n, signature := node(), sign("orb-1", operator, orbID)
	require.NoError(t, n.Agreed("orb-1", signature))
	require.ErrorIs(t, n.Agreed("orb-2", signature), types.ErrInvalidSignature)

	// Fields are told apart by their lengths, so that no two registrations have the same bytes.
	require.ErrorIs(t, n.Agreed("orb-1", sign("orb-1"+operator[:1], operator[1:], orbID)), types.ErrInvalidSignature)
	require.ErrorIs(t, n.Agreed("orb-1", nil), types.ErrInvalidSignature)
	n.OrbId = "broken"
	require.ErrorIs(t, n.Agreed("orb-1", signature), types.ErrInvalidNode)
}
