// Package types holds the messages, signed bytes and rules of x/seeding.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the name of the module and of the account that holds bonds and sponsors' deposits.
	ModuleName = "seeding"
	// StoreKey names the module's store.
	StoreKey = ModuleName
	// ObjectStoreKey names the store that holds what a block's transactions change in the number of paid nodes until its end.
	ObjectStoreKey = "object:" + ModuleName
	// GrantsName is the name of the account that holds the pool and what is granted from it.
	GrantsName = "grants"
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
	PaidByNodePrefix  = collections.NewPrefix(8)
	PaidNodesPrefix   = collections.NewPrefix(9)
	UnbondingsPrefix  = collections.NewPrefix(10)
	DyingPrefix       = collections.NewPrefix(11)
	GrantsPrefix      = collections.NewPrefix(12)
	IdlingPrefix      = collections.NewPrefix(13)
	QuotasPrefix      = collections.NewPrefix(14)
	BudgetPrefix      = collections.NewPrefix(15)
	PoolPrefix        = collections.NewPrefix(16)
	WatermarksPrefix  = collections.NewPrefix(17)
)
