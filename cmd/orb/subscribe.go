package main

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/math"
	"github.com/spf13/cobra"

	"github.com/orbnetwork/orb/node/cli"
	"github.com/orbnetwork/orb/node/gateway"
	"github.com/orbnetwork/orb/node/wallet"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

func subscribeCommand() *cobra.Command {
	var w wallet.Wallet
	var endpoint cli.BaseURL
	var deposit string
	var limits struct{ price, locked, spend uint64 }
	var public bool
	cmd := &cobra.Command{
		Use:   "subscribe <name or id>",
		Short: "Pay for calls to a function, with a gateway as the delegate that spends for you",
		Long: `Put a deposit aside for calls to a function. The gateway's account becomes the delegate: it may open lanes to hosts from the deposit, within
the limits, and nothing else. Doing it again adds to the deposit and replaces delegate and limits.`,
		Example: "  orb subscribe markdown --deposit 100000uorb --from bob --gateway http://127.0.0.1:8080",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			coin, err := cli.ParseCoin(deposit)
			if err != nil {
				return fmt.Errorf("--deposit: %w", err)
			}
			status, err := gateway.FetchStatus(ctx, endpoint.String())
			if err != nil {
				return err
			}
			c, sender, end, err := w.Connect(ctx, cmd)
			if err != nil {
				return err
			}
			defer end()
			if c.ChainID() != status.ChainID {
				return fmt.Errorf("the gateway %s is of chain %s, but --node is of %s: both must be of one chain", endpoint, status.ChainID, c.ChainID())
			}
			balance, err := c.Balance(ctx, sender.Address(), coin.Denom)
			if err != nil {
				return err
			}
			if balance.LT(coin.Amount) || balance.IsZero() {
				return fmt.Errorf("%s holds %s%s: too little for a deposit of %s and a transaction fee; send it more", sender.Address(), balance, coin.Denom, coin)
			}
			fn, err := c.Functions().Function(ctx, &functionstypes.QueryFunctionRequest{Function: args[0]})
			if err != nil {
				return fmt.Errorf("finding function %s: %w", args[0], err)
			}
			result, err := sender.Send(ctx, &rewardstypes.MsgSubscribe{
				Payer: sender.Address(), FunctionId: fn.Function.Id, Deposit: coin, Delegate: status.Attester, Public: public,
				Limits: rewardstypes.Limits{
					MaxPrice:  math.NewIntFromUint64(limits.price),
					MaxLocked: math.NewIntFromUint64(limits.locked),
					MaxSpend:  math.NewIntFromUint64(limits.spend),
				},
			})
			if err != nil {
				return fmt.Errorf("subscribing: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s subscribed to %s with %s; delegate %s; transaction %s\n",
				sender.Address(), fn.Function.Name, coin, status.Attester, result.Hash)
			return nil
		},
	}
	w.Flags(cmd)
	gatewayFlag(cmd, &endpoint)
	flags := cmd.Flags()
	flags.StringVar(&deposit, "deposit", "0"+functionstypes.Denom, "what to add to the subscription, e.g. 100000uorb")
	flags.Uint64Var(&limits.price, "max-price", 0, "most that the delegate may pay for a request, in uorb; 0 is no limit")
	flags.Uint64Var(&limits.locked, "max-locked", 0, "most that the delegate may have locked in lanes, in uorb; 0 is no limit")
	flags.Uint64Var(&limits.spend, "max-spend", 0, "most that the delegate may lock in one epoch, in uorb; 0 is no limit")
	flags.BoolVar(&public, "public", false, "sponsor callers who have no subscription (only the function's owner may)")
	return cmd
}
