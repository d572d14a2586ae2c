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
		if now.Before(rest) || (now.Sub(last) < h.cfg.SettleEvery && !h.settleDue()) {
			continue
		}
		last = now
		if err := h.settle(h.ctx, false); err != nil {
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

// settle redeems every receipt that pays, the most worth first. With last it is the end of this run: what fails stays on disk.
func (h *Host) settle(ctx context.Context, last bool) error {
	type entry struct {
		lane    *lane
		receipt receipt.Receipt
		worth   math.Int
	}
	var entries []entry
	for _, l := range h.allLanes() {
		onChain, held := l.state()
		if worth := accrued(onChain, held); held.Count > onChain.Redeemed && h.height.Load() <= onChain.Closes {
			entries = append(entries, entry{l, held, worth})
		}
	}
	if len(entries) == 0 {
		return nil
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
	params, err := h.cfg.Rewards.Params(ctx, &rewardstypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("asking for the params of x/rewards: %w", err)
	}
	var errs []error
	for chunk := range slices.Chunk(entries, int(max(params.Params.MaxEntries, 1))) {
		msg := &rewardstypes.MsgSettle{Settler: h.cfg.Sender.Address()}
		for _, e := range chunk {
			msg.Receipts = append(msg.Receipts, e.receipt)
		}
		result, err := h.cfg.Sender.Send(ctx, msg)
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
