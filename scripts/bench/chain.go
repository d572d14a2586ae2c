package main

import (
	"context"
	stded25519 "crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/orbnetwork/orb/app"
	"github.com/orbnetwork/orb/pkg/possession"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

const (
	chainRounds   = 5
	sendsPerBlock = 1_000
	lanesPerBatch = 100
	operators     = 50
	// nodesEach is how many nodes an operator has; their proofs share a transaction.
	nodesEach = 10
	// epochBlocks lets there be something to prove soon again.
	epochBlocks = 20
	stmWorkers  = 4
)

// bench is the testing.TB that the fixture reports to: what it refuses ends the benchmark.
type bench struct{ testing.TB }

type refusal string

func (bench) Helper()                   {}
func (bench) Errorf(f string, a ...any) { panic(refusal(fmt.Sprintf(f, a...))) }
func (bench) FailNow()                  { panic(refusal("failed")) }
func (bench) Context() context.Context  { return context.Background() }

// chain measures blocks of settlements and of possession proofs beside blocks of bank sends, through the same app.
func chain(ctx context.Context) (results []result, err error) {
	defer func() {
		if r, is := recover().(refusal); is {
			err = errors.New(string(r))
		}
	}()
	s := newSettling(app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(fixture.ChainID)))
	var sends, settles, proofs []float64
	var one, tenMillion *abci.ExecTxResult
	var size int
	for round := range chainRounds {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		sends = append(sends, sendsPerBlock/s.block(s.sends()...).Seconds())
		txs := s.settleAll(uint64(round + 1))
		if round == 0 {
			size = len(txs[0])
			one = s.NextBlock(txs[0]).TxResults[0]
			txs = txs[1:]
		}
		settles = append(settles, float64(len(txs)*lanesPerBatch)/s.block(txs...).Seconds())
		s.nextEpoch()
		proofs = append(proofs, operators*nodesEach/s.block(s.proofs()...).Seconds())
	}
	tenMillion = s.NextBlock(s.settle(0, 10_000_000)).TxResults[0]
	s.ok(one, tenMillion)
	note := fmt.Sprintf("batch of %d lanes", lanesPerBatch)
	perBlock := fmt.Sprintf("signatures checked, median of %d blocks", chainRounds)
	results = []result{
		{"chain.settle_bytes_per_lane", float64(size) / lanesPerBatch, "bytes", "whole transaction, " + note},
		{"chain.settle_gas_per_lane", float64(one.GasUsed) / lanesPerBatch, "gas", "whole transaction, " + note},
		{"chain.settle_gas_10m_over_1", float64(tenMillion.GasUsed) / float64(one.GasUsed), "ratio", note},
		{"chain.settle_lanes_over_sends", median(settles) / median(sends), "ratio", perBlock},
		{"chain.proofs_over_sends", median(proofs) / median(sends), "ratio", perBlock},
		{"chain.sends", median(sends), "1/s", fmt.Sprintf("blocks of %d, %s", sendsPerBlock, perBlock)},
		{"chain.settle_lanes", median(settles), "1/s", fmt.Sprintf("blocks of %d × %d, %s", operators, lanesPerBatch, perBlock)},
		{"chain.proofs", median(proofs), "1/s", fmt.Sprintf("blocks of %d × %d, %s", operators, nodesEach, perBlock)},
	}
	return append(results, abortRate()), nil
}

// settling is a chain with a function, hosts, and a batch of lanes to each.
type settling struct {
	*fixture.Chain
	functionID string
	operators  []fixture.Account
	// lanes[i] are those to the first node of operators[i].
	lanes [][][]byte
}

func session(host int) stded25519.PrivateKey { return fixture.Key(fmt.Sprintf("session %d", host)) }
func orbID(host int) string                  { return fixture.OrbID(fmt.Sprintf("host %d", host)) }

func newSettling(a *app.App) *settling {
	s := &settling{Chain: fixture.NewFrom(bench{}, a, 3+sendsPerBlock, func(genesis app.GenesisState) {
		var seeding seedingtypes.GenesisState
		a.AppCodec().MustUnmarshalJSON(genesis[seedingtypes.ModuleName], &seeding)
		seeding.Params.EpochBlocks = epochBlocks
		genesis[seedingtypes.ModuleName] = a.AppCodec().MustMarshalJSON(&seeding)
	})}
	attester, owner, payer := s.Accounts[1], s.Accounts[2], s.Accounts[2]
	s.operators = s.Accounts[3 : 3+operators]
	s.SuperNode(attester)
	deployed := s.Deploy(owner, "bench")
	s.functionID = deployed.Id
	s.Verify(attester, deployed.ClaimId)

	s.block(s.nodes(func(operator string, node int) sdk.Msg {
		id, key := orbID(node), fixture.Key(fmt.Sprintf("host %d", node))
		return &seedingtypes.MsgRegisterNode{
			Operator: operator, OrbId: id, Moniker: "host", Addresses: []string{"/ip4/127.0.0.1/tcp/4001"},
			Signature: stded25519.Sign(key, seedingtypes.RegistrationSignBytes(fixture.ChainID, operator, id)),
		}
	})...)
	s.block(s.nodes(func(operator string, node int) sdk.Msg {
		return &seedingtypes.MsgSeed{Operator: operator, OrbId: orbID(node), FunctionId: s.functionID, Epoch: s.epoch(), Proof: s.proof(node)}
	})...)

	s.MustSend(payer, &rewardstypes.MsgSubscribe{Payer: payer.String(), FunctionId: s.functionID, Deposit: sdk.NewInt64Coin(functionstypes.Denom, fixture.Balance/2)})
	for host := range operators {
		entries := make([]rewardstypes.LaneEntry, lanesPerBatch)
		for i := range entries {
			requests := uint64(1_000)
			if host == 0 {
				requests = 10_000_000
			}
			entries[i] = rewardstypes.LaneEntry{
				Payer: payer.String(), FunctionId: s.functionID, OrbId: orbID(host * nodesEach), Cap: requests,
				SessionKey: session(host).Public().(stded25519.PublicKey), Price: sdk.NewInt64Coin(functionstypes.Denom, 50),
			}
		}
		var opened rewardstypes.MsgOpenLanesResponse
		s.Response(s.MustSend(payer, &rewardstypes.MsgOpenLanes{Opener: payer.String(), Entries: entries}), &opened)
		s.lanes = append(s.lanes, opened.LaneIds)
	}
	return s
}

// block runs a block of transactions that all have to work, and returns how long it took with its commit.
func (s *settling) block(txs ...[]byte) time.Duration {
	began := time.Now()
	block := s.NextBlock(txs...)
	took := time.Since(began)
	s.ok(block.TxResults...)
	return took
}

func (s *settling) ok(results ...*abci.ExecTxResult) {
	for _, r := range results {
		if !r.IsOK() {
			panic(refusal(fmt.Sprintf("transaction failed: %s/%d: %s", r.Codespace, r.Code, r.Log)))
		}
	}
}

func (s *settling) sends() (txs [][]byte) {
	for _, from := range s.Accounts[3:] {
		txs = append(txs, s.Tx(from, banktypes.NewMsgSend(from.Address, s.Accounts[0].Address, sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, 1)))))
	}
	return txs
}

// nodes returns a transaction per operator with a message for each of its nodes.
func (s *settling) nodes(message func(operator string, node int) sdk.Msg) (txs [][]byte) {
	for i, operator := range s.operators {
		var messages []sdk.Msg
		for node := range nodesEach {
			messages = append(messages, message(operator.String(), i*nodesEach+node))
		}
		txs = append(txs, s.Tx(operator, messages...))
	}
	return txs
}

// settle redeems every lane of a host up to a count.
func (s *settling) settle(host int, count uint64) []byte {
	return s.settleBy(s.operators[host], host, count)
}

func (s *settling) settleBy(settler fixture.Account, host int, count uint64) []byte {
	msg := &rewardstypes.MsgSettle{Settler: settler.String()}
	for _, lane := range s.lanes[host] {
		msg.Receipts = append(msg.Receipts, receipt.Sign(session(host), fixture.ChainID, lane, count))
	}
	return s.Tx(settler, msg)
}

func (s *settling) settleAll(count uint64) (txs [][]byte) {
	for host := range s.lanes {
		txs = append(txs, s.settle(host, count))
	}
	return txs
}

func (s *settling) epoch() uint64 {
	epoch, err := s.App.Seeding.Epoch(s.Context())
	if err != nil {
		panic(refusal(err.Error()))
	}
	return epoch
}

// nextEpoch runs empty blocks until every node has something to prove again.
func (s *settling) nextEpoch() {
	for before := s.epoch(); s.epoch() == before; {
		s.NextBlock()
	}
}

func (s *settling) proof(host int) seedingtypes.Proof {
	beacon, err := s.App.Seeding.Beacons.Get(s.Context(), s.epoch())
	if err != nil {
		panic(refusal(err.Error()))
	}
	artifact := fixture.Artifact()
	chunk, path, err := possession.Prove(artifact, possession.Index(beacon.Value, orbID(host), s.functionID, uint64(len(artifact))))
	if err != nil {
		panic(refusal(err.Error()))
	}
	return seedingtypes.Proof{Chunk: chunk, Path: path}
}

func (s *settling) proofs() [][]byte {
	return s.nodes(func(operator string, node int) sdk.Msg {
		return &seedingtypes.MsgProve{Operator: operator, OrbId: orbID(node), FunctionId: s.functionID, Epoch: s.epoch(), Proof: s.proof(node)}
	})
}

// abortRate runs a block of settlements in parallel and counts how many executions were thrown away because another transaction had
// written what they read.
func abortRate() result {
	options := simtestutil.AppOptionsMap{server.FlagBlockExecutor: config.BlockExecutorBlockSTM, server.FlagBlockSTMWorkers: stmWorkers}
	a, executed := counting(options)
	s := newSettling(a)
	txs := s.settleAll(1)
	executed.Store(0)
	s.block(txs...)
	runs := executed.Load()
	return result{"chain.stm_abort_rate", float64(runs-operators) / float64(runs), "ratio",
		fmt.Sprintf("%d executions of %d settlements of %d lanes, %d workers", runs, operators, lanesPerBatch, stmWorkers)}
}

// counting returns an app that counts how often it executes a transaction of a block.
func counting(options servertypes.AppOptions) (*app.App, *atomic.Int64) {
	a := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, options, baseapp.SetChainID(fixture.ChainID))
	executed, next := new(atomic.Int64), a.AnteHandler()
	a.SetAnteHandler(func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		if ctx.ExecMode() == sdk.ExecModeFinalize {
			executed.Add(1)
		}
		return next(ctx, tx, simulate)
	})
	if err := a.LoadLatestVersion(); err != nil {
		panic(refusal(err.Error()))
	}
	return a, executed
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
