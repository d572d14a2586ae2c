package reliability

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/orbnetwork/orb/node/host"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const (
	// settlePatience bounds the wait for the last settlements. Nothing may have come for settledCalm when all is paid, and else for
	// unsettledCalm.
	settlePatience = 2 * time.Minute
	settledCalm    = 4 * time.Second
	unsettledCalm  = 12 * time.Second
)

// Books hold what was answered against what was paid.
type Books struct {
	// Answered requests, and Paid ones that the chain has redeemed.
	Answered uint64 `json:"answered"`
	Paid     uint64 `json:"paid"`
	// ChargedTwice are those that a host was paid for beyond what it has answered.
	ChargedTwice uint64 `json:"charged_twice"`
	// Unpaid were answered and never paid, worth UnpaidUorb in all; credit is for that. BeyondCredit is what hosts have lost above it, in uorb.
	Unpaid       uint64 `json:"unpaid"`
	UnpaidUorb   uint64 `json:"unpaid_uorb"`
	BeyondCredit uint64 `json:"beyond_credit_uorb"`
	// MostUnpaid is the most that one host has lost, in requests.
	MostUnpaid uint64 `json:"most_unpaid_of_one_host"`
}

// redeemed is what the chain has paid for of sponsored calls, by host.
func (n *Network) redeemed(ctx context.Context) (map[string]uint64, error) {
	by := make(map[string]uint64)
	for _, fn := range []functionstypes.Function{n.Open, n.Hidden} {
		page := &query.PageRequest{Limit: 200}
		for {
			answer, err := n.Chain.Rewards().Lanes(ctx, &rewardstypes.QueryLanesRequest{FunctionId: fn.Id, Pagination: page})
			if err != nil {
				return nil, fmt.Errorf("asking for lanes: %w", err)
			}
			for _, lane := range answer.Lanes {
				if lane.Payer == fn.Owner {
					by[lane.OrbId] += lane.Redeemed
				}
			}
			if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
				break
			}
			page = &query.PageRequest{Key: answer.Pagination.NextKey, Limit: 200}
		}
	}
	return by, nil
}

// Settle waits until everything answered is paid, or nothing more comes, and closes the books of the network's whole life. breaks says how often
// the connections of a host were broken: each time, each gateway may owe it its credit.
func (n *Network) Settle(ctx context.Context, breaks func(orbID string) int) (Books, error) {
	n.mu.Lock()
	answered := maps.Clone(n.answered)
	n.mu.Unlock()
	var paid map[string]uint64
	last, since := uint64(0), time.Now()
	deadline := since.Add(settlePatience)
	for {
		var err error
		if paid, err = n.redeemed(ctx); err != nil {
			return Books{}, err
		}
		maps.DeleteFunc(paid, func(_ string, count uint64) bool { return count == 0 })
		if now := sum(paid); now != last {
			last, since = now, time.Now()
		}
		calm := unsettledCalm
		if maps.Equal(paid, answered) {
			calm = settledCalm
		}
		if time.Since(since) > calm || time.Now().After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
			return Books{}, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	b := Books{Answered: sum(answered), Paid: sum(paid)}
	for id, count := range paid {
		if count > answered[id] {
			b.ChargedTwice += count - answered[id]
		}
	}
	for id, count := range answered {
		lost := count - min(paid[id], count)
		b.Unpaid += lost
		b.MostUnpaid = max(b.MostUnpaid, lost)
		credit := host.Credit(count) * uint64(len(n.Validators)*breaks(id))
		b.BeyondCredit += (lost - min(lost, credit)) * Price
	}
	b.UnpaidUorb = b.Unpaid * Price
	return b, nil
}

func sum(by map[string]uint64) (total uint64) {
	for _, count := range by {
		total += count
	}
	return total
}
