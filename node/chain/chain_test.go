package chain

import (
	"context"
	"errors"
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

func TestTypedEvents(t *testing.T) {
	want := []proto.Message{
		&functionstypes.EventVersionActivated{FunctionId: "orbfn1", Version: 3, Cid: "b", Name: "n"},
		&functionstypes.EventAttestationCommitted{ClaimId: []byte{1, 2}, Validator: "v"},
	}
	events := []abci.Event{{Type: "transfer", Attributes: []abci.EventAttribute{{Key: "amount", Value: "1uorb"}}}, {Type: "orb.later.v9.Event"}}
	for _, message := range want {
		event, err := sdk.TypedEventToEvent(message)
		require.NoError(t, err)
		event.Attributes = append(event.Attributes,
			abci.EventAttribute{Key: "mode", Value: "EndBlock"}, abci.EventAttribute{Key: "msg_index", Value: "0"})
		events = append(events, abci.Event(event))
	}
	require.Equal(t, want, TypedEvents(events))
}

func TestTxErrorIs(t *testing.T) {
	err := fmt.Errorf("seeding: %w", &TxError{Codespace: functionstypes.ModuleName, Code: functionstypes.ErrInvalidID.ABCICode()})
	require.ErrorIs(t, err, functionstypes.ErrInvalidID)
	require.NotErrorIs(t, err, functionstypes.ErrInvalidSignature)
	require.NotErrorIs(t, err, sdkerrors.ErrOutOfGas)
	require.NotErrorIs(t, err, errors.New("else"))
}

func TestKeyring(t *testing.T) {
	dir := t.TempDir()
	kr, err := OpenKeyring(dir, KeyringTest, nil)
	require.NoError(t, err)
	_, _, err = kr.NewMnemonic("operator", keyring.English, sdk.GetConfig().GetFullBIP44Path(), "", hd.Secp256k1)
	require.NoError(t, err)
	first, err := Address(kr, "operator")
	require.NoError(t, err)
	require.Contains(t, first.String(), "orb1")

	kr, err = OpenKeyring(dir, KeyringTest, nil)
	require.NoError(t, err)
	again, err := Address(kr, "operator")
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = Address(kr, "nobody")
	require.Error(t, err)
}

// An application refuses queries between its start and its next block.
func TestWhenReady(t *testing.T) {
	notReady := status.Error(codes.Unknown, "codespace sdk code 26: "+sdkerrors.ErrInvalidHeight.Error()+": context did not contain latest block height")
	asked := 0
	answers := func(refusals int, then error) grpc.UnaryInvoker {
		asked = 0
		return func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
			if asked++; asked <= refusals {
				return notReady
			}
			return then
		}
	}
	require.NoError(t, whenReady(t.Context(), "", nil, nil, nil, answers(1, nil)))
	require.Equal(t, 2, asked)
	other := status.Error(codes.NotFound, "no such account")
	require.Equal(t, other, whenReady(t.Context(), "", nil, nil, nil, answers(0, other)))
	require.Equal(t, 1, asked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, notReady, whenReady(ctx, "", nil, nil, nil, answers(9, nil)), "the asker has gone")
}
