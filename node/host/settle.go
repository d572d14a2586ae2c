package host

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/pkg/receipt"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const (
	// settleTick is how often it is looked at whether settling is due.
	settleTick = 200 * time.Millisecond
	// settleRetry is the rest after a settlement that failed.
	settleRetry = 3 * time.Second
)

// accrued is the host's part, in uorb, of what is on a receipt and not on chain yet.
func accrued(l rewardstypes.Lane, r receipt.Receipt) math.Int {
	count := min(r.Count, l.Cap)
	if count <= l.Redeemed {
		return math.ZeroInt()
	}
	return l.FeeSplit.Of(l.Price, l.OwnerShareBps, count).Sub(l.FeeSplit.Of(l.Price, l.OwnerShareBps, l.Redeemed)).Host
}

func (h *Host) settleLoop() {
	tick := time.NewTicker(settleTick)
	defer tick.Stop()
	last, rest := time.Now(), time.Time{}
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		h.sweep()
		now := time.Now()
		margin := h.cfg.SettleMargin
		switch {
		case now.Before(rest):
			continue
		case h.settleDue():
			// What is not worth its gas now is looked at again with the rest.
			margin, rest = min(margin, 1), now.Add(min(settleRetry, h.cfg.SettleEvery))
		case now.Sub(last) < h.cfg.SettleEvery:
			continue
		}
		last = now
		h.mu.Lock()
		h.settledAt = now
		h.mu.Unlock()
		if err := h.settle(h.ctx, margin, false); err != nil {
			h.metrics.failedSettlements.Inc()
			h.failed("settling", err)
			rest = now.Add(settleRetry)
		}
	}
}

// settleDue tells whether enough is earned, or a lane is so near its end that its receipt should not wait.
func (h *Host) settleDue() bool {
	sum := math.ZeroInt()
	height := h.height.Load()
	for _, l := range h.allLanes() {
		onChain, held := l.state()
		part := accrued(onChain, held)
		if part.IsPositive() && height > onChain.Expiry {
			return true
		}
		sum = sum.Add(part)
	}
	return sum.GTE(math.NewIntFromUint64(h.cfg.SettleAt))
}

// entry is a receipt that the chain has not redeemed, and what redeeming it is worth to the host.
type entry struct {
	lane    *lane
	receipt receipt.Receipt
	worth   math.Int
}

// redeemable returns what can be settled, the most worth first.
func (h *Host) redeemable() []entry {
	var entries []entry
	for _, l := range h.allLanes() {
		onChain, held := l.state()
		if held.Count > onChain.Redeemed && h.height.Load() <= onChain.Closes {
			entries = append(entries, entry{l, held, accrued(onChain, held)})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.worth.Equal(b.worth) {
			return bytes.Compare(a.lane.id, b.lane.id)
		}
		if a.worth.GT(b.worth) {
			return -1
		}
		return 1
	})
	return entries
}

func (h *Host) settlement(entries []entry) *rewardstypes.MsgSettle {
	msg := &rewardstypes.MsgSettle{Settler: h.cfg.Sender.Address()}
	for _, e := range entries {
		msg.Receipts = append(msg.Receipts, e.receipt)
	}
	return msg
}

// settle redeems the receipts that are worth margin times their gas, 0 all. With last it is the end of this run: what fails stays on disk.
func (h *Host) settle(ctx context.Context, margin uint64, last bool) error {
	entries := h.redeemable()
	if len(entries) == 0 {
		return nil
	}
	params, err := h.cfg.Rewards.Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("asking for the params of x/rewards: %w", err)
	}
	var errs []error
	for chunk := range slices.Chunk(entries, int(max(params.Params.MaxEntries, 1))) {
		if margin > 0 {
			if chunk, err = h.worthwhile(ctx, chunk, margin, params.Params.Denom); err != nil {
				errs = append(errs, err)
				continue
			}
			if len(chunk) == 0 {
				break // the others are worth even less
			}
		}
		result, err := h.cfg.Sender.Send(ctx, h.settlement(chunk))
		if err != nil && !errors.Is(err, rewardstypes.ErrNothingPaid) {
			errs = append(errs, fmt.Errorf("settling %d lanes: %w", len(chunk), err))
			continue
		}
		var outcomes []rewardstypes.SettleOutcome
		if err == nil {
			if response, ok := result.MsgResponses[0].(*rewardstypes.MsgSettleResponse); ok {
				outcomes = response.Outcomes
			}
		}
		for i, e := range chunk {
			if i < len(outcomes) && outcomes[i].Code == 0 {
				e.lane.settled(e.receipt.Count)
			} else if !last {
				h.skipped(ctx, e.lane)
			}
		}
	}
	return errors.Join(errs...)
}

// worthwhile returns the most worth of the entries, as many as each bring in more than their part of the gas, when together they bring in
// margin times the gas; else none.
func (h *Host) worthwhile(ctx context.Context, entries []entry, margin uint64, denom string) ([]entry, error) {
	for len(entries) > 0 {
		fees, err := h.cfg.Sender.Fee(ctx, h.settlement(entries))
		if errors.Is(err, rewardstypes.ErrNothingPaid) {
			return entries, nil // sending it costs nothing and tells why
		}
		if err != nil {
			return nil, fmt.Errorf("asking for the gas of settling %d lanes: %w", len(entries), err)
		}
		fee := fees.AmountOf(denom)
		worth, paying := math.ZeroInt(), 0
		for _, e := range entries {
			worth = worth.Add(e.worth)
			if e.worth.MulRaw(int64(len(entries))).GTE(fee) {
				paying++
			}
		}
		switch {
		case paying == len(entries) && worth.GTE(fee.Mul(math.NewIntFromUint64(margin))):
			return entries, nil
		case paying == len(entries):
			return nil, nil
		}
		entries = entries[:paying]
	}
	return nil, nil
}

// skipped reads a lane again whose receipt the chain did not pay: somebody else has settled it, or it is closed.
func (h *Host) skipped(ctx context.Context, l *lane) {
	answer, err := h.cfg.Rewards.Lane(ctx, &rewardstypes.QueryLaneRequest{LaneId: hex.EncodeToString(l.id)})
	switch {
	case notFound(err):
		h.log.Warn("lane closed with an unpaid receipt", "lane", hex.EncodeToString(l.id))
		h.forget(l.id)
	case err == nil:
		l.settled(answer.Lane.Redeemed)
		h.learn(answer.Lane)
	}
}

// sweep forgets lanes that can be neither served on nor redeemed.
func (h *Host) sweep() {
	height := h.height.Load()
	for _, l := range h.allLanes() {
		onChain, held := l.state()
		if height > onChain.Closes || height > onChain.Expiry && held.Count <= onChain.Redeemed && l.idle() {
			h.forget(l.id)
		}
	}
}

func (l *lane) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running == 0 && len(l.results) == 0 && l.arriving == l.held.Count
}
