package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec registers the messages under their amino names, which hardware wallets sign.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgRegisterSuperNode{}, "orb/RegisterSuperNode")
	legacy.RegisterAminoMsg(cdc, &MsgDeployFunction{}, "orb/DeployFunction")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateSuperNode{}, "orb/UpdateSuperNode")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateFunction{}, "orb/UpdateFunction")
	legacy.RegisterAminoMsg(cdc, &MsgRollbackFunction{}, "orb/RollbackFunction")
	legacy.RegisterAminoMsg(cdc, &MsgDeprecateFunction{}, "orb/DeprecateFunction")
	legacy.RegisterAminoMsg(cdc, &MsgTransferFunction{}, "orb/TransferFunction")
	legacy.RegisterAminoMsg(cdc, &MsgSetPrice{}, "orb/SetPrice")
	legacy.RegisterAminoMsg(cdc, &MsgRotateKey{}, "orb/RotateKey")
	legacy.RegisterAminoMsg(cdc, &MsgDisputeResult{}, "orb/DisputeResult")
	legacy.RegisterAminoMsg(cdc, &MsgCommitAttestation{}, "orb/CommitAttestation")
	legacy.RegisterAminoMsg(cdc, &MsgRevealAttestation{}, "orb/RevealAttestation")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "orb/functions/MsgUpdateParams")
}

// RegisterInterfaces registers the messages as sdk.Msg.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgRegisterSuperNode{},
		&MsgDeployFunction{},
		&MsgUpdateSuperNode{},
		&MsgUpdateFunction{},
		&MsgRollbackFunction{},
		&MsgDeprecateFunction{},
		&MsgTransferFunction{},
		&MsgSetPrice{},
		&MsgRotateKey{},
		&MsgDisputeResult{},
		&MsgCommitAttestation{},
		&MsgRevealAttestation{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
