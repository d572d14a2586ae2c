package types

import sdk "github.com/cosmos/cosmos-sdk/types"

// What every program that handles Orb accounts and coins agrees on.
const (
	// Denom is the base unit; 10^6 uorb are 1 ORB.
	Denom = "uorb"
	// AccountPrefix is the bech32 prefix of accounts; those of validators and consensus keys derive from it.
	AccountPrefix = "orb"
	// CoinType is the SLIP-44 coin type of account keys.
	CoinType = 118
)

// The SDK reads prefixes, coin type and denom from globals. Setting them in the package that every chain type depends on leaves no
// program and no test that handles an Orb address under another prefix.
func init() {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(AccountPrefix, AccountPrefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixOperator, AccountPrefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic)
	config.SetBech32PrefixForConsensusNode(
		AccountPrefix+sdk.PrefixValidator+sdk.PrefixConsensus, AccountPrefix+sdk.PrefixValidator+sdk.PrefixConsensus+sdk.PrefixPublic)
	config.SetCoinType(CoinType)
	sdk.DefaultBondDenom = Denom
}
