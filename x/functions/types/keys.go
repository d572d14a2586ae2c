// Package types holds the messages, identifiers, signed bytes and rules of x/functions.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the name of the module.
	ModuleName = "functions"
	// StoreKey names the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store.
var (
	ParamsPrefix       = collections.NewPrefix(0)
	SuperNodesPrefix   = collections.NewPrefix(1)
	AttestersPrefix    = collections.NewPrefix(2)
	FunctionsPrefix    = collections.NewPrefix(3)
	OwnersPrefix       = collections.NewPrefix(4)
	NamesPrefix        = collections.NewPrefix(5)
	VersionsPrefix     = collections.NewPrefix(6)
	ClaimsPrefix       = collections.NewPrefix(7)
	AttestationsPrefix = collections.NewPrefix(8)
	DeadlinesPrefix    = collections.NewPrefix(9)

	FunctionsByStatusPrefix      = collections.NewPrefix(10)
	EndingsPrefix                = collections.NewPrefix(11)
	ClaimsByFunctionPrefix       = collections.NewPrefix(12)
	ClaimsByStatusPrefix         = collections.NewPrefix(13)
	ClaimsByOutcomePrefix        = collections.NewPrefix(14)
	AttestationsByAttesterPrefix = collections.NewPrefix(15)
	PrunedPrefix                 = collections.NewPrefix(16)
)
