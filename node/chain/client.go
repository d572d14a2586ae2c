// Package chain is the one way in which programs off the chain talk to it: queries over gRPC, blocks and transactions over CometBFT's
// RPC.
package chain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/query"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
	seedingtypes "github.com/orbnetwork/orb/x/seeding/types"
)

// rpcTimeout bounds one call of the RPC, in seconds.
const rpcTimeout = 10

// readyWithin bounds the wait for a node that was started a moment ago.
const readyWithin = 30 * time.Second

// Config says where a chain is reached.
type Config struct {
	// RPC is the URL of CometBFT's RPC, e.g. "http://127.0.0.1:26657".
	RPC string
	// GRPC is host:port of the application's gRPC; with a leading "https://" the connection is over TLS.
	GRPC string
}

// Client talks to one chain. It is safe for concurrent use.
type Client struct {
	encoding Encoding
	chainID  string
	rpc      *rpchttp.HTTP
	grpc     *grpc.ClientConn
}

// Dial connects and learns the chain id. It fails when the RPC does not answer; the gRPC connection is made when it is first used.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	rpc, err := rpchttp.NewWithTimeout(cfg.RPC, "/websocket", rpcTimeout)
	if err != nil {
		return nil, fmt.Errorf("chain RPC %q: %w", cfg.RPC, err)
	}
	status, err := rpc.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking the chain at %s for its status: %w", cfg.RPC, err)
	}
	encoding, err := NewEncoding()
	if err != nil {
		return nil, err
	}
	target, secure := strings.CutPrefix(cfg.GRPC, "https://")
	transport := insecure.NewCredentials()
	if secure {
		transport = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	conn, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(encoding.Codec.GRPCCodec())),
		grpc.WithUnaryInterceptor(whenReady),
	)
	if err != nil {
		return nil, fmt.Errorf("chain gRPC %q: %w", cfg.GRPC, err)
	}
	return &Client{encoding: encoding, chainID: status.NodeInfo.Network, rpc: rpc, grpc: conn}, nil
}

// whenReady asks again what a node refuses because it has committed no block since it was started. That lasts for about one block.
func whenReady(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	for deadline := time.Now().Add(readyWithin); ; {
		err := invoke(ctx, method, request, reply, conn, opts...)
		if err == nil || !strings.Contains(err.Error(), sdkerrors.ErrInvalidHeight.Error()) || time.Now().After(deadline) {
			return err
		}
		if waitErr := sleep(ctx, pollInterval); waitErr != nil {
			return err
		}
	}
}

// Close ends the connections.
func (c *Client) Close() error { return c.grpc.Close() }

// ChainID names the chain.
func (c *Client) ChainID() string { return c.chainID }

// Encoding returns the codecs of the chain's types.
func (c *Client) Encoding() Encoding { return c.encoding }

// Functions queries x/functions.
func (c *Client) Functions() functionstypes.QueryClient { return functionstypes.NewQueryClient(c.grpc) }

// Seeding queries x/seeding.
func (c *Client) Seeding() seedingtypes.QueryClient { return seedingtypes.NewQueryClient(c.grpc) }

// Rewards queries x/rewards.
func (c *Client) Rewards() rewardstypes.QueryClient { return rewardstypes.NewQueryClient(c.grpc) }

// Bank queries x/bank.
func (c *Client) Bank() banktypes.QueryClient { return banktypes.NewQueryClient(c.grpc) }

// Auth queries x/auth.
func (c *Client) Auth() authtypes.QueryClient { return authtypes.NewQueryClient(c.grpc) }

// Allowance returns who pays fees for an account and for which messages, by type URL; nil when nobody does. Of several the first counts.
func (c *Client) Allowance(ctx context.Context, address string) (granter sdk.AccAddress, messages []string, err error) {
	answer, err := feegrant.NewQueryClient(c.grpc).Allowances(ctx, &feegrant.QueryAllowancesRequest{
		Grantee: address, Pagination: &query.PageRequest{Limit: 1},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("asking who pays fees for %s: %w", address, err)
	}
	if len(answer.Allowances) == 0 {
		return nil, nil, nil
	}
	first := answer.Allowances[0]
	var allowance feegrant.FeeAllowanceI
	if err := c.encoding.Registry.UnpackAny(first.Allowance, &allowance); err != nil {
		return nil, nil, fmt.Errorf("reading the allowance of %s: %w", address, err)
	}
	if filtered, is := allowance.(*feegrant.AllowedMsgAllowance); is {
		messages = filtered.AllowedMessages
	}
	granter, err = sdk.AccAddressFromBech32(first.Granter)
	return granter, messages, err
}

// Balance returns what an account holds of a denom.
func (c *Client) Balance(ctx context.Context, address, denom string) (math.Int, error) {
	answer, err := c.Bank().Balance(ctx, &banktypes.QueryBalanceRequest{Address: address, Denom: denom})
	if err != nil {
		return math.Int{}, fmt.Errorf("asking for the balance of %s: %w", address, err)
	}
	return answer.Balance.Amount, nil
}

// Height returns the height of the latest block.
func (c *Client) Height(ctx context.Context) (int64, error) {
	status, err := c.rpc.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking the chain for its height: %w", err)
	}
	return status.SyncInfo.LatestBlockHeight, nil
}

// AwaitHeight returns once the chain has reached a height. Transactions need height 1.
func (c *Client) AwaitHeight(ctx context.Context, height int64) error {
	for {
		now, err := c.Height(ctx)
		if err == nil && now >= height {
			return nil
		}
		if waitErr := sleep(ctx, pollInterval); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
