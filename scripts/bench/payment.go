package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// paidFunction is one whose calls are measured.
type paidFunction struct {
	measure  string
	contract functionstypes.Contract
	module   []byte
	request  []byte
}

const paidMemory = 64 << 20

// free serves a program to everybody for nothing.
type free struct {
	echoHandler
	program  *runtime.Program
	contract functionstypes.Contract
}

func (f free) Invoke(ctx context.Context, _ string, _ peer.ControlSender, r *peer.Request) *peer.Response {
	outcome, err := f.program.Run(ctx, f.contract, r.Body)
	if err != nil {
		return &peer.Response{Status: peer.StatusInternal, Message: err.Error()}
	}
	return &peer.Response{Fuel: outcome.Fuel, Fault: outcome.Fault, Body: outcome.Response, Message: outcome.Message}
}

// paidFunctions are a small one, one that next to payment is nothing, and an example as it is deployed.
func paidFunctions(ctx context.Context, dir string) ([]paidFunction, error) {
	order, err := buildReactor(ctx, dir)
	if err != nil {
		return nil, err
	}
	markdown, err := buildMarkdown(ctx, dir)
	if err != nil {
		return nil, err
	}
	document, err := commonMark(ctx)
	if err != nil {
		return nil, err
	}
	return []paidFunction{
		{"payment_overhead", functionstypes.CONTRACT_FILTER, order, []byte(orderBody)},
		{"payment_overhead_echo", functionstypes.CONTRACT_FILTER, wasmtest.Echo(""), make([]byte, networkBody)},
		{"payment_overhead_markdown", functionstypes.CONTRACT_HTTP, markdown,
			fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: orb\r\nContent-Length: %d\r\n\r\n%s", len(document), document)},
	}, nil
}

// payment compares calls that are paid, from the choice of a lane to the receipt on the host's disk, with requests for the same program that nobody
// counts, in turns.
func payment(ctx context.Context) (_ []result, err error) {
	dir, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	functions, err := paidFunctions(ctx, dir)
	if err != nil {
		return nil, err
	}
	l := newLedger(5)
	operator, payer := account{l, l.chain.Accounts[3]}, account{l, l.chain.Accounts[4]}
	ids, modules := make([]string, len(functions)), make([][]byte, len(functions))
	for i, f := range functions {
		if ids[i], err = l.deploy(fmt.Sprint("paid-", i), f.module, func(msg *functionstypes.MsgDeployFunction) {
			msg.Contract, msg.MemoryLimit = f.contract, paidMemory
		}); err != nil {
			return nil, err
		}
		modules[i] = f.module
	}
	node, err := newNode(ctx, dir, l, operator, modules)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.close(ctx)) }()
	caller, err := newPeer(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, caller.Close()) }()
	c, err := client.New(client.Config{
		ChainID: fixture.ChainID, Height: l.chain.Height(), SessionKey: fixture.Key("session"), Opener: payer.Address(),
		Functions: l.functions(), Seeding: l.seeding(), Rewards: l.rewards(), Sender: payer, Dialer: caller, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	l.watch(c.Observe)
	p := paying{node: node, caller: caller, client: c, payer: payer}
	results := make([]result, len(functions))
	for i, f := range functions {
		if results[i], err = p.overhead(ctx, ids[i], f); err != nil {
			return nil, fmt.Errorf("%s: %w", f.measure, err)
		}
	}
	return results, nil
}

type paying struct {
	node   *hosting
	caller *peer.Host
	client *client.Client
	payer  account
}

// overhead is what a call of a function takes over one of its module that is served for nothing.
func (p paying) overhead(ctx context.Context, id string, f paidFunction) (_ result, err error) {
	program, err := p.node.engine.Load(ctx, f.module, runtime.Limits{Fuel: 10 * complexity, Memory: paidMemory})
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, program.Close(ctx)) }()
	unpaid, err := newPeer(ctx, nil)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, unpaid.Close()) }()
	unpaid.ServeInvoke(free{program: program, contract: f.contract})
	conn, err := p.caller.Dial(ctx, unpaid.ID(), unpaid.Addrs(), nil)
	if err != nil {
		return result{}, err
	}
	defer conn.Close()
	if _, err := p.payer.Send(ctx, &rewardstypes.MsgSubscribe{
		Payer: p.payer.Address(), FunctionId: id, Deposit: sdk.NewInt64Coin(functionstypes.Denom, fixture.Balance/4),
	}); err != nil {
		return result{}, err
	}
	fn, err := p.client.Lookup(ctx, id)
	if err != nil {
		return result{}, err
	}
	call := func() (int, error) {
		answer, err := p.client.Call(ctx, fn, p.payer.Address(), f.request)
		switch {
		case err != nil:
			return 0, err
		case answer.Fault != 0:
			return 0, fmt.Errorf("%s: %s", answer.Fault, answer.Message)
		}
		return len(answer.Body), nil
	}
	wanted, err := call()
	if err != nil {
		return result{}, err
	}
	took, err := alternate(wanted, call, func() (int, error) {
		r, err := conn.Invoke(ctx, &peer.Request{FunctionID: id, Version: 1, LaneID: make([]byte, 20), Body: f.request, Timeout: 12 * time.Second})
		if err != nil {
			return 0, err
		}
		return len(r.Body), nil
	})
	if err != nil {
		return result{}, err
	}
	note := fmt.Sprintf("%d callers, %d bytes; %s against %s a request", networkCallers, len(f.request), took[0], took[1])
	return result{"network." + f.measure, float64(took[0]) / float64(took[1]), "ratio", note}, nil
}
