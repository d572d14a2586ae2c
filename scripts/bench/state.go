package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	fullFunctions = 1_000_000
	fullNodes     = 100_000
	fullLanes     = 1_000_000
	// fillPerBlock things of a kind are stored in one block, so that no block's writes outgrow the memory.
	fillPerBlock = 25_000
	stateRounds  = 7
	// cacheNodes is what `orbchaind` caches of each store.
	cacheNodes = 20_000
)

// state measures the same 1,000 transactions on a chain that holds a million functions and lanes, divided by scale, and on one that holds
// nothing else, both in goleveldb on disk, in turns. The quickest block of each counts: what disturbs only ever adds.
func state(ctx context.Context) (results []result, err error) {
	defer func() {
		if r, is := recover().(refusal); is {
			err = errors.New(string(r))
		}
	}()
	dir, err := os.MkdirTemp("", "orb-bench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	empty, err := newStored(filepath.Join(dir, "empty"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, empty.App.Close()) }()
	full, err := newStored(filepath.Join(dir, "full"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, full.App.Close()) }()
	began := time.Now()
	if err := full.fill(ctx); err != nil {
		return nil, err
	}
	filled := time.Since(began)

	var with, without []float64
	for round := range stateRounds {
		fmt.Fprintf(os.Stderr, "block %d of %d\n", round+1, stateRounds)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, chain := range []*stored{empty, full} {
			chain.nextEpoch()
			txs := chain.mixed(uint64(round + 1))
			took := chain.block(txs...).Seconds()
			if chain == full {
				with = append(with, took)
			} else {
				without = append(without, took)
			}
		}
	}
	note := fmt.Sprintf("%d functions, %d nodes, %d lanes; blocks of %d sends, %d settlements of %d lanes, %d × %d proofs; the quickest of %d blocks each",
		fullFunctions / *scale, fullNodes / *scale, fullLanes / *scale, sendsPerBlock-2*operators, operators, lanesPerBatch, operators, nodesEach, stateRounds)
	return []result{
		{"chain.block_time_full_over_empty", slices.Min(with) / slices.Min(without), "ratio", note},
		{"chain.block_time_full", slices.Min(with) * 1_000, "ms", "with its commit to goleveldb"},
		{"chain.block_time_empty", slices.Min(without) * 1_000, "ms", "with its commit to goleveldb"},
		{"chain.state_fill", filled.Seconds(), "s", fmt.Sprintf("through the modules' collections, %d of a kind in a block", fillPerBlock)},
	}, nil
}

// mixed is one transaction of every account: operators prove for their nodes, as many others settle for hosts, the rest send coins.
func (s *settling) mixed(count uint64) [][]byte {
	txs := slices.Concat(s.sends()[2*operators:], s.proofs())
	for host := range s.lanes {
		txs = append(txs, s.settleBy(s.Accounts[3+operators+host], host, count))
	}
	return txs
}

// stored is a chain on disk whose next blocks begin with writes of their own.
type stored struct {
	*settling
	begin *func(sdk.Context) error
	db    *dbm.GoLevelDB
}

func newStored(dir string) (*stored, error) {
	db, err := dbm.NewGoLevelDB("application", dir, nil)
	if err != nil {
		return nil, err
	}
	options := simtestutil.AppOptionsMap{server.FlagIAVLCacheSize: cacheNodes, server.FlagPruning: "nothing"}
	a := app.New(log.NewNopLogger(), db, false, options, baseapp.SetChainID(fixture.ChainID), baseapp.SetIAVLCacheSize(cacheNodes))
	begin := new(func(sdk.Context) error)
	a.SetBeginBlocker(func(ctx sdk.Context) (sdk.BeginBlock, error) {
		if *begin != nil {
			if err := (*begin)(ctx); err != nil {
				return sdk.BeginBlock{}, err
			}
		}
		return a.BeginBlocker(ctx)
	})
	if err := a.LoadLatestVersion(); err != nil {
		return nil, err
	}
	return &stored{newSettling(a), begin, db}, nil
}

// fill stores functions with their versions and escrows, nodes with a seed each, and lanes.
func (s *stored) fill(ctx context.Context) error {
	for _, kind := range []struct {
		name  string
		count int
		store func(ctx sdk.Context, i uint64) error
	}{
		{"functions", fullFunctions / *scale, s.storeFunction}, {"nodes", fullNodes / *scale, s.storeNode}, {"lanes", fullLanes / *scale, s.storeLane},
	} {
		for from := 0; from < kind.count; from += fillPerBlock {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			*s.begin = func(ctx sdk.Context) error {
				for i := from; i < min(from+fillPerBlock, kind.count); i++ {
					if err := kind.store(ctx, uint64(i)); err != nil {
						return err
					}
				}
				return nil
			}
			s.NextBlock()
			fmt.Fprintf(os.Stderr, "%d of %d %s stored\n", min(from+fillPerBlock, kind.count), kind.count, kind.name)
		}
	}
	*s.begin = nil
	// What so much at once leaves to be sorted on disk is not there on a chain that has grown in years.
	fmt.Fprintln(os.Stderr, "compacting")
	return s.db.ForceCompact(nil, nil)
}

// numbered gives the i-th of a kind its 20 bytes. They follow each other, because a tree on disk is filled many times faster in order; it
// becomes as high as in any other.
func numbered(kind byte, i uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{kind}, i), make([]byte, 11)...)
}

func filledFunction(i uint64) string {
	id, err := bech32.ConvertAndEncode(functionstypes.FunctionPrefix, numbered('f', i))
	if err != nil {
		panic(refusal(err.Error()))
	}
	return id
}
func filledNode(i uint64) string    { return fmt.Sprintf("12D3KooW%040x", numbered('n', i)) }
func filledAccount(i uint64) string { return sdk.AccAddress(numbered('a', i)).String() }

func (s *stored) storeFunction(ctx sdk.Context, i uint64) error {
	k := s.App.Functions
	fn, err := k.GetFunction(ctx, s.functionID)
	if err != nil {
		return err
	}
	version, err := k.GetVersion(ctx, fn.Id, 1)
	if err != nil {
		return err
	}
	fn.Id, fn.Owner, fn.Name = filledFunction(i), filledAccount(i/10), fmt.Sprintf("function-%d", i)
	version.FunctionId, version.Owner = fn.Id, fn.Owner
	zero := math.ZeroInt()
	escrow := rewardstypes.Escrow{FunctionId: fn.Id, Verification: zero, Due: 1_000_000, Terms: []rewardstypes.Term{
		{Rate: math.OneInt(), BaseReplicas: 2, From: 1, Through: 999_000, Balance: math.NewInt(1_000_000)},
	}}
	return errors.Join(
		k.Functions.Set(ctx, fn.Id, fn), k.Names.Set(ctx, fn.Name, fn.Id), k.Versions.Set(ctx, collections.Join(fn.Id, version.Number), version),
		s.App.Rewards.Escrows.Set(ctx, fn.Id, escrow), s.App.Rewards.TermEnds.Set(ctx, collections.Join(escrow.Due, fn.Id)),
	)
}

func (s *stored) storeNode(ctx sdk.Context, i uint64) error {
	k := s.App.Seeding
	id, function := filledNode(i), filledFunction(i)
	node := seedingtypes.NewNode(id, filledAccount(i), "host", []string{"/ip4/127.0.0.1/tcp/4001"}, 1)
	node.Bond, node.PaidSeeds, node.Seen = math.NewInt(1_000_000), 1, 0
	seed := seedingtypes.Seed{FunctionId: function, OrbId: id, Paid: true, Since: 1, ClaimedThrough: 1, RecentSince: 1, RecentBurned: math.ZeroInt()}
	return errors.Join(
		k.Nodes.Set(ctx, id, node), k.Dying.Set(ctx, collections.Join(uint64(1_000_000), id)),
		k.Watermarks.Set(ctx, id, seedingtypes.Watermark{ProvenThrough: 1, Proven: []seedingtypes.Span{{From: 1, Through: 1}}, Seen: 1}),
		k.Seeds.Set(ctx, collections.Join(function, id), seed), k.PaidByNode.Set(ctx, collections.Join(id, function)),
		k.Counts.Set(ctx, function, 1), k.PaidCounts.Set(ctx, function, 1),
	)
}

func (s *stored) storeLane(ctx sdk.Context, i uint64) error {
	k := s.App.Rewards
	lane, err := k.Lanes.Get(ctx, s.lanes[0][0])
	if err != nil {
		return err
	}
	lane.Id, lane.Payer, lane.FunctionId, lane.OrbId, lane.Operator = numbered('l', i), filledAccount(i/100), filledFunction(i), filledNode(i%fullNodes), filledAccount(i%fullNodes)
	lane.Expiry, lane.Closes = 1_000_000, 3_000_000
	return errors.Join(
		k.Lanes.Set(ctx, lane.Id, lane), k.Redeemed.Set(ctx, lane.Id, 1), k.LanesByFunction.Set(ctx, collections.Join(lane.FunctionId, lane.Id)),
		k.LanesByPayer.Set(ctx, collections.Join(lane.Payer, lane.Id)), k.LanesByHost.Set(ctx, collections.Join(lane.OrbId, lane.Id)),
		k.Closings.Set(ctx, collections.Join(lane.Closes, lane.Id)),
	)
}
