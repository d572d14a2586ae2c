package main

import (
	"context"
	"sync"

	gogogrpc "github.com/cosmos/gogoproto/grpc"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/artifact"
	nodechain "github.com/orbnetwork/orb/node/chain"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// complexity of what is deployed on a ledger, enough for a Go program to start and do a little.
const complexity = 20_000_000

// ledger is the chain's app in this process as hosts and callers see a chain: they ask it, send to it, and are told of every block.
type ledger struct {
	gogogrpc.ClientConn // streams, which nobody asks for

	mu       sync.Mutex
	chain    *fixture.Chain
	watchers []func(nodechain.Block)
}

// newLedger boots a chain whose second account attests.
func newLedger(accounts int) *ledger {
	l := &ledger{chain: fixture.New(bench{}, accounts)}
	l.chain.SuperNode(l.chain.Accounts[1])
	return l
}

func (l *ledger) functions() functionstypes.QueryClient { return functionstypes.NewQueryClient(l) }
func (l *ledger) seeding() seedingtypes.QueryClient     { return seedingtypes.NewQueryClient(l) }
func (l *ledger) rewards() rewardstypes.QueryClient     { return rewardstypes.NewQueryClient(l) }

// deploy makes a module an active function of the third account and returns its id. It is a filter, or what the changes make of it.
func (l *ledger) deploy(name string, module []byte, changes ...func(*functionstypes.MsgDeployFunction)) (string, error) {
	cid, err := artifact.CID(module)
	if err != nil {
		return "", err
	}
	owner, attester := l.chain.Accounts[2], l.chain.Accounts[1]
	deployed := l.chain.DeployWith(owner, fixture.DeploymentOf(owner, name, module, cid, complexity, changes...))
	l.chain.VerifyOf(attester, deployed.ClaimId, complexity)
	return deployed.Id, nil
}

// watch has a function told of every later block.
func (l *ledger) watch(watcher func(nodechain.Block)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers = append(l.watchers, watcher)
}

// Invoke answers a query with the state after the last block.
func (l *ledger) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	conn := baseapp.QueryServiceTestHelper{GRPCQueryRouter: l.chain.App.GRPCQueryRouter(), Ctx: l.chain.Context()}
	return conn.Invoke(ctx, method, args, reply)
}

// account sends for one of the ledger's accounts.
type account struct {
	*ledger
	fixture.Account
}

func (a account) Address() string { return a.String() }

func (a account) Fee(context.Context, ...sdk.Msg) (sdk.Coins, error) {
	return sdk.NewCoins(sdk.NewInt64Coin(functionstypes.Denom, fixture.Fee)), nil
}

// Send puts the messages into a block of their own.
func (a account) Send(_ context.Context, msgs ...sdk.Msg) (*nodechain.TxResult, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	result, err := a.chain.Send(a.Account, msgs...)
	if err != nil {
		return nil, err
	}
	sent := &nodechain.TxResult{Height: a.chain.Height(), Events: nodechain.TypedEvents(result.Events)}
	if sent.MsgResponses, err = a.responses(result); err != nil {
		return nil, err
	}
	for _, watch := range a.watchers {
		watch(nodechain.Block{Height: sent.Height, Time: a.chain.Time, Events: sent.Events})
	}
	return sent, nil
}

func (a account) responses(result *abci.ExecTxResult) ([]proto.Message, error) {
	var data sdk.TxMsgData
	if err := data.Unmarshal(result.Data); err != nil {
		return nil, err
	}
	var responses []proto.Message
	for _, packed := range data.MsgResponses {
		response, err := a.chain.App.InterfaceRegistry().Resolve(packed.TypeUrl)
		if err == nil {
			err = a.chain.App.AppCodec().Unmarshal(packed.Value, response)
		}
		if err != nil {
			return nil, err
		}
		responses = append(responses, response)
	}
	return responses, nil
}
