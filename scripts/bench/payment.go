package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/node/client"
	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/node/runtime"
	"github.com/orbnetwork/orb/pkg/wasm/wasmtest"
	"github.com/orbnetwork/orb/testutil/fixture"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// free serves a program to everybody for nothing.
type free struct {
	echoHandler
	program *runtime.Program
}

func (f free) Invoke(ctx context.Context, _ string, _ peer.ControlSender, r *peer.Request) *peer.Response {
	outcome, err := f.program.Run(ctx, functionstypes.CONTRACT_FILTER, r.Body)
	if err != nil {
		return &peer.Response{Status: peer.StatusInternal, Message: err.Error()}
	}
	return &peer.Response{Fuel: outcome.Fuel, Fault: outcome.Fault, Body: outcome.Response, Message: outcome.Message}
}

// payment compares calls that are paid, from the choice of a lane to the receipt on the host's disk, with requests for the same program that nobody
// counts, in turns.
func payment(ctx context.Context) (_ []result, err error) {
	dir, err := os.MkdirTemp("", "orb-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	module := wasmtest.Echo("")
	l := newLedger(5)
	operator, payer := account{l, l.chain.Accounts[3]}, account{l, l.chain.Accounts[4]}
	id := l.deploy("echo", module)
	paid, err := newNode(ctx, dir, l, operator, [][]byte{module})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, paid.close(ctx)) }()
	unpaid, err := newPeer(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unpaid.Close()) }()
	program, err := paid.engine.Load(ctx, module, runtime.Limits{Fuel: 1_200_000, Memory: 16 << 20})
	if err != nil {
		return nil, err
	}
	unpaid.ServeInvoke(free{program: program})

	caller, err := newPeer(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, caller.Close()) }()
	conn, err := caller.Dial(ctx, unpaid.ID(), unpaid.Addrs(), nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := payer.Send(ctx, &rewardstypes.MsgSubscribe{
		Payer: payer.Address(), FunctionId: id, Deposit: sdk.NewInt64Coin(functionstypes.Denom, fixture.Balance/2),
	}); err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{
		ChainID: fixture.ChainID, Height: l.chain.Height(), SessionKey: fixture.Key("session"), Opener: payer.Address(),
		Functions: l.functions(), Seeding: l.seeding(), Rewards: l.rewards(), Sender: payer, Dialer: caller, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	l.watch(c.Observe)
	fn, err := c.Lookup(ctx, id)
	if err != nil {
		return nil, err
	}

	body := make([]byte, networkBody)
	took, err := alternate(
		func() (int, error) {
			answer, err := c.Call(ctx, fn, payer.Address(), body)
			if err != nil {
				return 0, err
			}
			return len(answer.Body), nil
		},
		func() (int, error) {
			r, err := conn.Invoke(ctx, &peer.Request{FunctionID: id, Version: 1, LaneID: body[:20], Body: body})
			if err != nil {
				return 0, err
			}
			return len(r.Body), nil
		},
	)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d callers, an echo of %d bytes; %s against %s a request", networkCallers, networkBody, took[0], took[1])
	return []result{{"network.payment_overhead", float64(took[0]) / float64(took[1]), "ratio", note}}, nil
}
