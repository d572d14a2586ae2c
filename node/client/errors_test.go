package client

import (
	"errors"
	"fmt"
	"testing"

	"cosmossdk.io/math"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/orbnetwork/orb/node/chain"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

func TestNotOpened(t *testing.T) {
	fn := &Function{Function: functionstypes.Function{Name: "echo", Price: sdk.NewCoin("uorb", math.OneInt())}}
	refused := func(sentinel interface {
		ABCICode() uint32
		Codespace() string
	}) error {
		return &chain.TxError{Code: sentinel.ABCICode(), Codespace: sentinel.Codespace(), Log: "why"}
	}
	for name, c := range map[string]struct {
		err  error
		want error
		code string
	}{
		"the chain is away":        {errors.New("connection refused"), ErrChain, ""},
		"no gas":                   {refused(sdkerrors.ErrInsufficientFunds), ErrGas, ""},
		"too little for gas":       {refused(sdkerrors.ErrInsufficientFee), ErrGas, ""},
		"spent meanwhile":          {refused(rewardstypes.ErrInsufficientBalance), nil, CodeExhausted},
		"unsubscribed meanwhile":   {refused(rewardstypes.ErrUnsubscribed), nil, CodeNoSubscription},
		"another delegate":         {refused(rewardstypes.ErrUnauthorized), nil, CodeNotDelegate},
		"over the limit meanwhile": {refused(rewardstypes.ErrLimit), nil, CodeLimit},
		"the host seeds no more":   {refused(rewardstypes.ErrNotHost), ErrNoHost, ""},
		"an account never funded":  {fmt.Errorf("account: %w", chain.ErrNoAccount), ErrGas, ""},
		"deprecated meanwhile":     {refused(rewardstypes.ErrNotServing), ErrNotActive, ""},
		"always out of gas":        {refused(sdkerrors.ErrOutOfGas), ErrChain, ""},
		"dearer meanwhile":         {refused(rewardstypes.ErrPrice), ErrNoHost, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := notOpened(c.err, fn, "orb1payer")
			require.ErrorIs(t, err, c.err, "the reason is told too")
			var payment *PaymentError
			if c.code != "" {
				require.ErrorAs(t, err, &payment)
				require.Equal(t, c.code, payment.Code)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.False(t, errors.As(err, &payment))
		})
	}
}
