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
	legacy.RegisterAminoMsg(cdc, &MsgRegisterNode{}, "orb/RegisterNode")
	legacy.RegisterAminoMsg(cdc, &MsgSponsorNode{}, "orb/SponsorNode")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateNode{}, "orb/UpdateNode")
	legacy.RegisterAminoMsg(cdc, &MsgBond{}, "orb/Bond")
	legacy.RegisterAminoMsg(cdc, &MsgUnbond{}, "orb/Unbond")
	legacy.RegisterAminoMsg(cdc, &MsgSeed{}, "orb/Seed")
	legacy.RegisterAminoMsg(cdc, &MsgUnseed{}, "orb/Unseed")
	legacy.RegisterAminoMsg(cdc, &MsgProve{}, "orb/Prove")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "orb/seeding/MsgUpdateParams")
}

// RegisterInterfaces registers the messages as sdk.Msg.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgRegisterNode{},
		&MsgSponsorNode{},
		&MsgUpdateNode{},
		&MsgBond{},
		&MsgUnbond{},
		&MsgSeed{},
		&MsgUnseed{},
		&MsgProve{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
