package client

import (
	"errors"
	"fmt"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/node/chain"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

var (
	// ErrNoHost says that no host of the function can be reached or takes requests.
	ErrNoHost = errors.New("no host of the function takes requests")
	// ErrBusy says that all hosts of the function have as much to do as they take.
	ErrBusy = errors.New("all hosts of the function are busy")
	// ErrChain says that the chain does not answer, or takes no transactions: what needs neither goes on.
	ErrChain = errors.New("the chain does not answer")
	// ErrGas says that the account that opens lanes has too little for their gas.
	ErrGas = errors.New("the account that opens lanes cannot pay their gas")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("the client is closed")
)

// Codes of a PaymentError.
const (
	CodeNoSubscription = "no_subscription"
	CodeExhausted      = "subscription_exhausted"
	CodeNotDelegate    = "not_delegate"
	CodeLimit          = "over_limit"
)

// PaymentError says that nothing pays for a request.
type PaymentError struct {
	Code     string
	Function *Function
	Payer    string
}

func (e *PaymentError) Error() string {
	switch e.Code {
	case CodeNoSubscription:
		return fmt.Sprintf("nobody pays for calls to %s: %s has no funded subscription", e.Function.Name, e.Payer)
	case CodeExhausted:
		return fmt.Sprintf("the subscription of %s to %s has less left than one request costs", e.Payer, e.Function.Name)
	case CodeNotDelegate:
		return fmt.Sprintf("the subscription of %s to %s names another delegate", e.Payer, e.Function.Name)
	default:
		return fmt.Sprintf("the limits of the subscription of %s to %s do not allow another request", e.Payer, e.Function.Name)
	}
}

// notOpened says why lanes were not opened, by what the chain said to the transaction.
func notOpened(err error, fn *Function, payer string) error {
	for _, known := range []struct{ sentinel, means error }{
		// The subscription has changed since it was read.
		{rewardstypes.ErrInsufficientBalance, &PaymentError{CodeExhausted, fn, payer}},
		{rewardstypes.ErrUnsubscribed, &PaymentError{CodeNoSubscription, fn, payer}},
		{rewardstypes.ErrUnauthorized, &PaymentError{CodeNotDelegate, fn, payer}},
		{rewardstypes.ErrLimit, &PaymentError{CodeLimit, fn, payer}},
		// Lanes are paid for by the subscription: what the account itself lacks is gas.
		{sdkerrors.ErrInsufficientFunds, ErrGas},
		{sdkerrors.ErrInsufficientFee, ErrGas},
		{chain.ErrNoAccount, ErrGas},
		{rewardstypes.ErrNotServing, ErrNotActive},
		// Others use the account, or the state has changed under every attempt.
		{sdkerrors.ErrWrongSequence, ErrChain},
		{sdkerrors.ErrOutOfGas, ErrChain},
		{sdkerrors.ErrMempoolIsFull, ErrChain},
	} {
		if errors.Is(err, known.sentinel) {
			return fmt.Errorf("%w: %w", known.means, err)
		}
	}
	var refused *chain.TxError
	if !errors.As(err, &refused) {
		return fmt.Errorf("%w: opening lanes: %w", ErrChain, err)
	}
	// A host may have given the function up since its seeds were read.
	return fmt.Errorf("%w: opening lanes: %w", ErrNoHost, err)
}
