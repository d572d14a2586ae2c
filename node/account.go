package node

import (
	"context"
	"os"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// Wallet is the operator's account.
type Wallet struct {
	Address string
	// Words restore the account elsewhere; empty unless the account was made now.
	Words string
}

// MakeWallet makes the operator's key unless the keyring that the config names has it.
func MakeWallet(home string, cfg Config) (Wallet, error) {
	if err := cfg.validate(); err != nil { // before anybody is asked for a passphrase
		return Wallet{}, err
	}
	kr, err := cfg.keyring(home)
	if err != nil {
		return Wallet{}, err
	}
	words, err := chain.EnsureKey(kr, cfg.Operator)
	if err != nil {
		return Wallet{}, err
	}
	address, err := chain.Address(kr, cfg.Operator)
	return Wallet{Address: address.String(), Words: words}, err
}

func (c Config) keyring(home string) (keyring.Keyring, error) {
	dir := c.KeyringDir
	if dir == "" {
		dir = home
	}
	return chain.OpenKeyring(dir, c.KeyringBackend, os.Stdin)
}

// Account is what the chain says about a node and its operator. Amounts are in uorb.
type Account struct {
	Balance math.Int `json:"balance_uorb"`
	Bond    math.Int `json:"bond_uorb"`
	// Requests settled, and what they and hosting have paid, since the node was registered.
	Requests uint64   `json:"requests_settled"`
	Serving  math.Int `json:"earned_serving_uorb"`
	Hosting  math.Int `json:"earned_hosting_uorb"`
	// ProvenThrough is the last epoch that is proven.
	ProvenThrough uint64 `json:"proven_through"`
	// Grant is nil without one.
	Grant *Grant `json:"grant,omitempty"`
}

// Grant is the locked balance of a newcomer.
type Grant struct {
	Sponsor string   `json:"sponsor"`
	Locked  math.Int `json:"locked_uorb"`
	Spent   math.Int `json:"spent_uorb"`
	Repaid  math.Int `json:"repaid_uorb"`
}

func readAccount(ctx context.Context, c *chain.Client, operator, orbID string) (*Account, error) {
	balance, err := c.Balance(ctx, operator, functionstypes.Denom)
	if err != nil {
		return nil, err
	}
	node, err := c.Seeding().Node(ctx, &seedingtypes.QueryNodeRequest{OrbId: orbID})
	if err != nil {
		return nil, err
	}
	stats, err := c.Rewards().NodeStats(ctx, &rewardstypes.QueryNodeStatsRequest{OrbId: orbID})
	if err != nil {
		return nil, err
	}
	account := &Account{
		Balance: balance, Bond: node.Node.Bond, ProvenThrough: node.Node.ProvenThrough,
		Requests: stats.Stats.Requests, Serving: stats.Stats.Host, Hosting: stats.Stats.Hosting,
	}
	grant, err := c.Seeding().Grant(ctx, &seedingtypes.QueryGrantRequest{Operator: operator})
	switch {
	case status.Code(err) == codes.NotFound:
	case err != nil:
		return nil, err
	default:
		account.Grant = &Grant{Sponsor: grant.Grant.Sponsor, Locked: grant.Grant.Locked, Spent: grant.Grant.Spent, Repaid: grant.Grant.Repaid}
	}
	return account, nil
}
