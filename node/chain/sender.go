package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cometbft/cometbft/crypto/tmhash"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
)

const (
	// DefaultGasPrices is what transactions pay for gas where nothing else is said.
	DefaultGasPrices = "0.001uorb"
	// gasAdjustment is the margin over simulated gas.
	gasAdjustment = 1.4
	// lifeBlocks is for how many blocks a transaction may wait for inclusion. After them it can never be included, so that it is
	// safe to send another.
	lifeBlocks = 20
	// maxBatch bounds the messages of one transaction made of several sends.
	maxBatch = 16
	// maxAttempts bounds how often a transaction is built anew, e.g. because somebody else uses the account.
	maxAttempts = 8
)

// ErrSenderClosed is returned for what was not sent when the sender closed.
var ErrSenderClosed = errors.New("the sender of transactions is closed")

// SenderConfig of a Sender.
type SenderConfig struct {
	// GasPrices, e.g. "0.001uorb"; empty takes DefaultGasPrices.
	GasPrices string
	// FeeGranter, when set, pays the fees of transactions that hold only messages that Granted names by type URL; all when it is empty. What its
	// allowance does not cover, the account pays itself.
	FeeGranter sdk.AccAddress
	Granted    []string
}

// TxResult is an included transaction that succeeded.
type TxResult struct {
	// Hash in upper-case hex.
	Hash   string
	Height int64
	// Events are Orb's own of the whole transaction, which may hold messages of other sends.
	Events []proto.Message
	// MsgResponses are those of this send's messages, in order.
	MsgResponses []proto.Message
}

// TxError says that the chain refused a transaction. errors.Is compares it with the sentinels of the modules.
type TxError struct {
	Code      uint32
	Codespace string
	Log       string
	// Hash in upper-case hex; empty when the refusal came from simulation.
	Hash string
}

func (e *TxError) Error() string {
	return fmt.Sprintf("transaction refused: %s (%s %d)", e.Log, e.Codespace, e.Code)
}

// Is makes errors.Is(err, types.ErrX) work for errors that come from the chain.
func (e *TxError) Is(target error) bool {
	registered, ok := target.(interface {
		ABCICode() uint32
		Codespace() string
	})
	return ok && registered.ABCICode() == e.Code && registered.Codespace() == e.Codespace
}

// Sender gets transactions of one account onto the chain, one at a time. What is sent meanwhile goes together into the next. It is
// safe for concurrent use, and tolerates that others use the account.
type Sender struct {
	client  *Client
	keyring keyring.Keyring
	key     string
	address sdk.AccAddress
	config  SenderConfig
	prices  sdk.DecCoins

	queue  chan *send
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
}

type send struct {
	ctx    context.Context
	msgs   []sdk.Msg
	result *TxResult
	err    error
	done   chan struct{}
}

// NewSender returns a sender that signs with a key of the keyring. Close it. The account may come into being later.
func NewSender(client *Client, kr keyring.Keyring, key string, cfg SenderConfig) (*Sender, error) {
	if cfg.GasPrices == "" {
		cfg.GasPrices = DefaultGasPrices
	}
	prices, err := sdk.ParseDecCoins(cfg.GasPrices)
	if err != nil {
		return nil, fmt.Errorf("gas prices %q: %w", cfg.GasPrices, err)
	}
	address, err := Address(kr, key)
	if err != nil {
		return nil, err
	}
	s := &Sender{
		client: client, keyring: kr, key: key, address: address, config: cfg, prices: prices, queue: make(chan *send),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.work)
	return s, nil
}

// Address is the account that signs, in bech32.
func (s *Sender) Address() string { return s.address.String() }

// Close gives up what is under way and returns when nothing runs any more.
func (s *Sender) Close() {
	s.cancel()
	s.done.Wait()
}

// Send returns when the messages are in a block and have succeeded. A *TxError says that the chain refused them; with ctx's error they
// may still be included.
func (s *Sender) Send(ctx context.Context, msgs ...sdk.Msg) (*TxResult, error) {
	if len(msgs) == 0 {
		return nil, errors.New("no messages to send")
	}
	one := &send{ctx: ctx, msgs: msgs, done: make(chan struct{})}
	select {
	case s.queue <- one:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ctx.Done():
		return nil, ErrSenderClosed
	}
	select {
	case <-one.done:
		return one.result, one.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Fee is what sending the messages by themselves would cost now. A *TxError says that the chain would refuse them.
func (s *Sender) Fee(ctx context.Context, msgs ...sdk.Msg) (sdk.Coins, error) {
	factory, _, err := s.factory(ctx, nil)
	if err != nil {
		return nil, err
	}
	gas, err := s.simulate(ctx, factory, msgs)
	if err != nil {
		return nil, err
	}
	return s.fees(uint64(float64(gas) * gasAdjustment)), nil
}

// granter is who pays for messages in place of the account; nil for nobody.
func (s *Sender) granter(msgs []sdk.Msg) sdk.AccAddress {
	for _, msg := range msgs {
		if len(s.config.Granted) > 0 && !slices.Contains(s.config.Granted, sdk.MsgTypeURL(msg)) {
			return nil
		}
	}
	return s.config.FeeGranter
}

func (s *Sender) work() {
	var kept *send
	for {
		first := kept
		kept = nil
		if first == nil {
			select {
			case first = <-s.queue:
			case <-s.ctx.Done():
				return
			}
		}
		batch, size := []*send{first}, len(first.msgs)
	collect:
		for size < maxBatch {
			select {
			case next := <-s.queue:
				if size+len(next.msgs) > maxBatch {
					kept = next
					break collect
				}
				batch, size = append(batch, next), size+len(next.msgs)
			default:
				break collect
			}
		}
		s.deliver(batch)
		if s.ctx.Err() != nil && kept != nil {
			kept.finish(nil, ErrSenderClosed)
			return
		}
	}
}

// deliver sends a batch, and each of its sends alone when the chain refuses them together.
func (s *Sender) deliver(batch []*send) {
	live := batch[:0]
	for _, one := range batch {
		if err := one.ctx.Err(); err != nil {
			one.finish(nil, err)
			continue
		}
		live = append(live, one)
	}
	if len(live) == 0 {
		return
	}
	// A single send that nobody waits for any more is given up; a batch is not for one of them.
	ctx, cancel := s.ctx, context.CancelFunc(func() {})
	if len(live) == 1 {
		ctx, cancel = context.WithCancel(s.ctx)
		stop := context.AfterFunc(live[0].ctx, cancel)
		defer stop()
	}
	defer cancel()
	var msgs []sdk.Msg
	for _, one := range live {
		msgs = append(msgs, one.msgs...)
	}
	result, err := s.include(ctx, msgs)
	if s.ctx.Err() != nil && err != nil {
		err = ErrSenderClosed
	}
	var refused *TxError
	if errors.As(err, &refused) && len(live) > 1 {
		for _, one := range live {
			s.deliver([]*send{one})
		}
		return
	}
	offset := 0
	for _, one := range live {
		if err != nil {
			one.finish(nil, err)
			continue
		}
		own := *result
		own.MsgResponses = result.MsgResponses[offset : offset+len(one.msgs)]
		offset += len(one.msgs)
		one.finish(&own, nil)
	}
}

func (o *send) finish(result *TxResult, err error) {
	o.result, o.err = result, err
	close(o.done)
}

// include builds, signs and broadcasts until the messages are in a block or refused for good.
func (s *Sender) include(ctx context.Context, msgs []sdk.Msg) (*TxResult, error) {
	adjustment := gasAdjustment
	var last error
	for attempt := range maxAttempts {
		if attempt > 0 {
			if err := sleep(ctx, min(pollInterval<<attempt, lastPause)); err != nil {
				return nil, errors.Join(err, last)
			}
		}
		result, err := s.attempt(ctx, msgs, adjustment)
		if err == nil {
			return result, nil
		}
		last = err
		switch {
		case ctx.Err() != nil:
			return nil, err
		case errors.Is(err, sdkerrors.ErrOutOfGas):
			// The state has changed since the simulation.
			adjustment *= 1.5
		case errors.Is(err, sdkerrors.ErrWrongSequence), errors.Is(err, sdkerrors.ErrMempoolIsFull), errors.Is(err, errNotIncluded):
		default:
			var refused *TxError
			if errors.As(err, &refused) {
				return nil, err
			}
			// The connection failed before anything was broadcast.
		}
	}
	return nil, last
}

// ErrNoAccount says that an account is not on the chain.
var ErrNoAccount = errors.New("the account is not on the chain yet: it comes into being when somebody sends it money")

// errNotIncluded says that a transaction's time is over.
var errNotIncluded = fmt.Errorf("transaction was not included in %d blocks", lifeBlocks)

func (s *Sender) attempt(ctx context.Context, msgs []sdk.Msg, adjustment float64) (*TxResult, error) {
	granter := s.granter(msgs)
	if granter == nil {
		return s.attemptAt(ctx, msgs, adjustment, nil)
	}
	result, err := s.attemptAt(ctx, msgs, adjustment, granter)
	var refused *TxError
	if errors.As(err, &refused) && refused.Codespace == feegrant.DefaultCodespace {
		return s.attemptAt(ctx, msgs, adjustment, nil) // the allowance is used up, or has ended
	}
	return result, err
}

// attemptAt has the granter pay, or the account itself when that is nil.
func (s *Sender) attemptAt(ctx context.Context, msgs []sdk.Msg, adjustment float64, granter sdk.AccAddress) (*TxResult, error) {
	factory, height, err := s.factory(ctx, granter)
	if err != nil {
		return nil, err
	}
	gas, err := s.simulate(ctx, factory, msgs)
	if err != nil {
		return nil, err
	}
	gas = uint64(float64(gas) * adjustment)
	builder, err := factory.WithGas(gas).WithFees(s.fees(gas).String()).BuildUnsignedTx(msgs...)
	if err != nil {
		return nil, &TxError{Codespace: sdkerrors.RootCodespace, Code: sdkerrors.ErrInvalidRequest.ABCICode(), Log: err.Error()}
	}
	if err := tx.Sign(ctx, factory, s.key, builder, true); err != nil {
		return nil, &TxError{Codespace: sdkerrors.RootCodespace, Code: sdkerrors.ErrUnauthorized.ABCICode(), Log: "signing: " + err.Error()}
	}
	bytes, err := s.client.encoding.TxConfig.TxEncoder()(builder.GetTx())
	if err != nil {
		return nil, fmt.Errorf("encoding transaction: %w", err)
	}
	return s.broadcast(ctx, bytes, height+lifeBlocks)
}

// factory makes transactions of the account as it stands now, valid for lifeBlocks from height.
func (s *Sender) factory(ctx context.Context, granter sdk.AccAddress) (factory tx.Factory, height int64, err error) {
	account, err := s.account(ctx)
	if err != nil {
		return factory, 0, err
	}
	if height, err = s.client.Height(ctx); err != nil {
		return factory, 0, err
	}
	return tx.Factory{}.
		WithTxConfig(s.client.encoding.TxConfig).WithKeybase(s.keyring).WithFromName(s.key).WithChainID(s.client.chainID).
		WithSignMode(signing.SignMode_SIGN_MODE_DIRECT).
		WithAccountNumber(account.GetAccountNumber()).WithSequence(account.GetSequence()).
		WithTimeoutHeight(uint64(height + lifeBlocks)).WithFeeGranter(granter).
		WithSimulateAndExecute(true), height, nil // lets BuildSimTx take the key's real type
}

func (s *Sender) account(ctx context.Context) (sdk.AccountI, error) {
	answer, err := s.client.Auth().Account(ctx, &authtypes.QueryAccountRequest{Address: s.address.String()})
	if status.Code(err) == codes.NotFound {
		return nil, fmt.Errorf("%w: %s", ErrNoAccount, s.address)
	}
	if err != nil {
		return nil, fmt.Errorf("asking for account %s: %w", s.address, err)
	}
	var account sdk.AccountI
	if err := s.client.encoding.Registry.UnpackAny(answer.Account, &account); err != nil {
		return nil, fmt.Errorf("reading account %s: %w", s.address, err)
	}
	return account, nil
}

func (s *Sender) fees(gas uint64) sdk.Coins {
	fees := sdk.NewCoins()
	for _, price := range s.prices {
		fees = fees.Add(sdk.NewCoin(price.Denom, price.Amount.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()))
	}
	return fees
}

// simulate goes through the RPC, because only there a refusal keeps its code.
func (s *Sender) simulate(ctx context.Context, factory tx.Factory, msgs []sdk.Msg) (uint64, error) {
	bytes, err := factory.BuildSimTx(msgs...)
	if err != nil {
		return 0, &TxError{Codespace: sdkerrors.RootCodespace, Code: sdkerrors.ErrInvalidRequest.ABCICode(), Log: err.Error()}
	}
	answer, err := s.client.rpc.ABCIQuery(ctx, "/app/simulate", bytes)
	if err != nil {
		return 0, fmt.Errorf("simulating transaction: %w", err)
	}
	if answer.Response.Code != 0 {
		return 0, &TxError{Code: answer.Response.Code, Codespace: answer.Response.Codespace, Log: answer.Response.Log}
	}
	var simulated sdk.SimulationResponse
	if err := s.client.encoding.Codec.UnmarshalJSON(answer.Response.Value, &simulated); err != nil {
		return 0, fmt.Errorf("reading simulation: %w", err)
	}
	return simulated.GasUsed, nil
}

// broadcast offers the bytes until the chain has taken or refused them, which may be repeated safely, and waits for inclusion.
func (s *Sender) broadcast(ctx context.Context, bytes []byte, until int64) (*TxResult, error) {
	hash := tmhash.Sum(bytes)
	offered := false
	for {
		if !offered {
			answer, err := s.client.rpc.BroadcastTxSync(ctx, bytes)
			switch {
			case err == nil && answer.Code == 0, err != nil && strings.Contains(err.Error(), "tx already exists in cache"):
				offered = true
			case err == nil:
				return nil, &TxError{Code: answer.Code, Codespace: answer.Codespace, Log: answer.Log}
			case strings.Contains(err.Error(), "mempool is full"):
				return nil, fmt.Errorf("%w: %w", sdkerrors.ErrMempoolIsFull, err)
			}
			// Any other failure is the connection's: it is unknown whether the transaction arrived.
		}
		height, heightErr := s.client.Height(ctx)
		if result, err := s.included(ctx, hash); result != nil || err != nil {
			return result, err
		}
		if heightErr == nil && height > until {
			return nil, errNotIncluded
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return nil, err
		}
	}
}

// included returns nothing while the transaction is not in a block.
func (s *Sender) included(ctx context.Context, hash []byte) (*TxResult, error) {
	answer, err := s.client.rpc.Tx(ctx, hash, false)
	if err != nil {
		return nil, nil //nolint:nilerr // not there yet, or not to be asked now: both are asked again
	}
	name := strings.ToUpper(hex.EncodeToString(hash))
	if answer.TxResult.Code != 0 {
		return nil, &TxError{Code: answer.TxResult.Code, Codespace: answer.TxResult.Codespace, Log: answer.TxResult.Log, Hash: name}
	}
	var data sdk.TxMsgData
	if err := proto.Unmarshal(answer.TxResult.Data, &data); err != nil {
		return nil, fmt.Errorf("reading the responses of transaction %s: %w", name, err)
	}
	result := &TxResult{Hash: name, Height: answer.Height, Events: TypedEvents(answer.TxResult.Events)}
	for _, any := range data.MsgResponses {
		response, err := s.client.encoding.Registry.Resolve(any.TypeUrl)
		if err == nil {
			err = proto.Unmarshal(any.Value, response)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the responses of transaction %s: %w", name, err)
		}
		result.MsgResponses = append(result.MsgResponses, response)
	}
	return result, nil
}
