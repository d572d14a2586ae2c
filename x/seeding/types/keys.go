// Package types holds the messages, signed bytes and rules of x/seeding.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the name of the module.
	ModuleName = "seeding"
	// StoreKey names the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store.
var (
	ParamsPrefix      = collections.NewPrefix(0)
	NodesPrefix       = collections.NewPrefix(1)
	OperatorsPrefix   = collections.NewPrefix(2)
	SeedsPrefix       = collections.NewPrefix(3)
	SeedsByNodePrefix = collections.NewPrefix(4)
	CountsPrefix      = collections.NewPrefix(5)
	PaidCountsPrefix  = collections.NewPrefix(6)
	BeaconsPrefix     = collections.NewPrefix(7)
)
