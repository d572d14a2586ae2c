package chain

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// pollInterval is how often the chain is asked for a block that is due.
	pollInterval = 150 * time.Millisecond
	// lastPause is the longest pause after failures.
	lastPause = 5 * time.Second
	// eventPrefix of the types of Orb's own events.
	eventPrefix = "orb."
)

// Block is what a block did.
type Block struct {
	Height int64
	Time   time.Time
	// Events are Orb's own, in order; those of failed transactions are not among them.
	Events []proto.Message
	// Missed is how many blocks before this one the chain node no longer has. Whoever follows events has to query afresh.
	Missed int64
}

// Blocks delivers every block from a height on, in order, until ctx ends; then the channel is closed. From 0 starts at the block after
// the latest. Failures of the connection only delay.
func (c *Client) Blocks(ctx context.Context, from int64) <-chan Block {
	blocks := make(chan Block)
	go func() {
		defer close(blocks)
		c.follow(ctx, from, blocks)
	}()
	return blocks
}

func (c *Client) follow(ctx context.Context, next int64, blocks chan<- Block) {
	var missed int64
	var last time.Time // of the latest block delivered
	failures := 0
	for {
		pause := pollInterval
		err := func() error {
			status, err := c.rpc.Status(ctx)
			if err != nil {
				return err
			}
			// The store has a block, with its results, before the application has committed it, and answers of before would be taken for
			// what the block has made of them.
			application, err := c.rpc.ABCIInfo(ctx)
			if err != nil {
				return err
			}
			latest, earliest := min(status.SyncInfo.LatestBlockHeight, application.Response.LastBlockHeight), status.SyncInfo.EarliestBlockHeight
			switch {
			case next == 0:
				next = latest + 1
			case next < earliest:
				missed += earliest - next
				next = earliest
			}
			for ; next <= latest; next++ {
				block, err := c.block(ctx, next)
				if err != nil {
					return err
				}
				block.Missed = missed
				select {
				case blocks <- block:
				case <-ctx.Done():
					return ctx.Err()
				}
				missed, failures = 0, 0
				pause = nextDue(last, block.Time)
				last = block.Time
			}
			return nil
		}()
		if err != nil && ctx.Err() == nil {
			if failures == 10 {
				slog.Warn("the chain does not answer", "next_block", next, "error", err)
			}
			failures++
			pause = min(pollInterval<<min(failures, 10), lastPause)
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// nextDue is how long after a block the next one need not be asked for: the greater part of the time between the last two.
func nextDue(before, last time.Time) time.Duration {
	if before.IsZero() {
		return pollInterval
	}
	return min(max(last.Sub(before)*3/4, pollInterval), lastPause)
}

func (c *Client) block(ctx context.Context, height int64) (Block, error) {
	header, err := c.rpc.Header(ctx, &height)
	if err != nil {
		return Block{}, err
	}
	if header.Header == nil {
		return Block{}, fmt.Errorf("block %d has no header yet", height)
	}
	results, err := c.rpc.BlockResults(ctx, &height)
	if err != nil {
		return Block{}, err
	}
	block := Block{Height: height, Time: header.Header.Time}
	for _, tx := range results.TxsResults {
		if tx.Code == abci.CodeTypeOK {
			block.Events = append(block.Events, TypedEvents(tx.Events)...)
		}
	}
	block.Events = append(block.Events, TypedEvents(results.FinalizeBlockEvents)...)
	return block, nil
}

// TypedEvents decodes Orb's events. One that this program does not know is of a later version and skipped.
func TypedEvents(events []abci.Event) []proto.Message {
	var typed []proto.Message
	for _, event := range events {
		if !strings.HasPrefix(event.Type, eventPrefix) {
			continue
		}
		// The SDK adds attributes of its own, whose values are not JSON.
		own := abci.Event{Type: event.Type}
		for _, attribute := range event.Attributes {
			if attribute.Key != "mode" && attribute.Key != "msg_index" {
				own.Attributes = append(own.Attributes, attribute)
			}
		}
		message, err := sdk.ParseTypedEvent(own)
		if err != nil {
			slog.Debug("unknown event", "type", event.Type, "error", err)
			continue
		}
		typed = append(typed, message)
	}
	return typed
}
