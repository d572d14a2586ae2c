// Package types holds the messages, identifiers and rules of x/rewards.
package types

import (
	"crypto/sha256"
	"encoding/binary"

	"cosmossdk.io/collections"

	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	// ModuleName is the name of the module and of its account, which holds every escrow.
	ModuleName = "rewards"
	// StoreKey names the module's store.
	StoreKey = ModuleName
	// ObjectStoreKey names the store that holds a block's payouts until its end.
	ObjectStoreKey = "object:" + ModuleName

	laneLabel = "orb/lane/v1"
)

// Prefixes of the module's store.
var (
	ParamsPrefix                  = collections.NewPrefix(0)
	EscrowsPrefix                 = collections.NewPrefix(1)
	SubscriptionsPrefix           = collections.NewPrefix(2)
	SubscriptionsByFunctionPrefix = collections.NewPrefix(3)
	LanesPrefix                   = collections.NewPrefix(4)
	RedeemedPrefix                = collections.NewPrefix(5)
	LanesByFunctionPrefix         = collections.NewPrefix(6)
	LanesByPayerPrefix            = collections.NewPrefix(7)
	LanesByHostPrefix             = collections.NewPrefix(8)
	ClosingsPrefix                = collections.NewPrefix(9)
	LeavingPrefix                 = collections.NewPrefix(10)
	TermEndsPrefix                = collections.NewPrefix(11)
	FunctionStatsPrefix           = collections.NewPrefix(12)
	NodeStatsPrefix               = collections.NewPrefix(13)
	EarningsPrefix                = collections.NewPrefix(14)
)

// LaneID names the nonce-th lane of a subscription: the first 20 bytes of a hash over everything that makes it, so that no counter is
// shared between subscriptions.
func LaneID(payer, functionID, orbID string, sessionKey []byte, nonce uint64) []byte {
	h := sha256.New()
	for _, field := range [][]byte{[]byte(laneLabel), []byte(payer), []byte(functionID), []byte(orbID), sessionKey, binary.BigEndian.AppendUint64(nil, nonce)} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		h.Write(field)
	}
	return h.Sum(nil)[:receipt.LaneIDSize]
}
