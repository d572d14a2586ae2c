package types_test

import (
	"strings"
	"testing"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"

	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/functions/types"
)

// messages holds one of each, with every field in use.
func messages() map[string]sdk.Msg {
	var (
		account  = sdk.AccAddress(make([]byte, 20)).String()
		hash     = make([]byte, 32)
		coin     = sdk.NewInt64Coin(types.Denom, 7)
		artifact = types.Artifact{Cid: "bafy", Sha256: hash, MerkleRoot: hash, Size_: 5}
		sample   = types.Sample{Request: []byte("request")}
		id       = types.FunctionID(nil)
		result   = receipt.Result{Sequence: 2, RequestHash: hash, ResponseHash: hash, Fuel: 9, Outcome: 1}
		batch    = receipt.ResultBatch{LaneId: hash, FunctionId: id, Version: 1, From: 1, To: 3, Root: hash, Signature: hash}
	)
	return map[string]sdk.Msg{
		"RegisterSuperNode": &types.MsgRegisterSuperNode{Operator: account, Attester: account, OrbId: "12D3", Endpoint: "https://x", Addresses: []string{"/a", "/b"}},
		"UpdateSuperNode":   &types.MsgUpdateSuperNode{Operator: account, Attester: account, OrbId: "12D3", Endpoint: "https://x", Addresses: []string{"/a"}},
		"DeployFunction": &types.MsgDeployFunction{
			Owner: account, Name: "markdown", SigningKey: hash, Price: coin, OwnerShareBps: 1, Plan: "starter", Artifact: artifact, SourceHash: hash,
			Sample: sample, Complexity: 1, FuelLimit: 2, MemoryLimit: 3, Contract: types.CONTRACT_FILTER, Signature: hash, MaxCost: coin,
		},
		"UpdateFunction": &types.MsgUpdateFunction{
			Owner: account, FunctionId: id, Version: 2, Artifact: artifact, SourceHash: hash, Sample: sample, Complexity: 1, FuelLimit: 2, MemoryLimit: 3,
			Contract: types.CONTRACT_HTTP, Signature: hash, MaxCost: coin,
		},
		"RollbackFunction":  &types.MsgRollbackFunction{Owner: account, FunctionId: id, Version: 1},
		"DeprecateFunction": &types.MsgDeprecateFunction{Owner: account, FunctionId: id},
		"TransferFunction":  &types.MsgTransferFunction{Owner: account, FunctionId: id, NewOwner: account},
		"SetPrice":          &types.MsgSetPrice{Owner: account, FunctionId: id, Price: coin},
		"RotateKey":         &types.MsgRotateKey{Owner: account, FunctionId: id, SigningKey: hash, Signature: hash},
		"DisputeResult": &types.MsgDisputeResult{
			Reporter: account, OrbId: "12D3", Batch: batch, Result: result, Path: [][]byte{hash, hash}, Request: []byte("request"),
		},
		"CommitAttestation": &types.MsgCommitAttestation{Attester: account, ClaimId: hash, Commitment: hash},
		"RevealAttestation": &types.MsgRevealAttestation{Attester: account, ClaimId: hash, Verdict: types.VERDICT_VALID, ResponseHash: hash, Fuel: 9, Salt: hash},
		"UpdateParams":      &types.MsgUpdateParams{Authority: account, Params: types.DefaultParams()},
	}
}

// TestAmino: what a hardware wallet shows and signs is the same by the protos' options as by the amino codec, with every field in use and
// with none.
func TestAmino(t *testing.T) {
	amino := codec.NewLegacyAmino()
	types.RegisterLegacyAminoCodec(amino)
	encoder := aminojson.NewEncoder(aminojson.EncoderOptions{FileResolver: gogoproto.HybridResolver})
	all := messages()
	descriptor, err := gogoproto.HybridResolver.FindDescriptorByName("orb.functions.v1.Msg")
	require.NoError(t, err)
	methods := descriptor.(protoreflect.ServiceDescriptor).Methods()
	require.Equal(t, methods.Len(), len(all), "every message has a row")
	for i := range methods.Len() {
		input := methods.Get(i).Input()
		msg := all[strings.TrimPrefix(string(input.Name()), "Msg")]
		require.NotNil(t, msg, input.Name())
		want, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		require.Contains(t, string(want), `"type":"orb/`, input.Name())
		encoded, err := gogoproto.Marshal(msg)
		require.NoError(t, err)
		dynamic := dynamicpb.NewMessage(input)
		require.NoError(t, proto.Unmarshal(encoded, dynamic))
		got, err := encoder.Marshal(dynamic)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got), input.Name())
	}
}
