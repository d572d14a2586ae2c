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
	legacy.RegisterAminoMsg(cdc, &MsgSubscribe{}, "orb/Subscribe")
	legacy.RegisterAminoMsg(cdc, &MsgTopUp{}, "orb/TopUp")
	legacy.RegisterAminoMsg(cdc, &MsgSetDelegate{}, "orb/SetDelegate")
	legacy.RegisterAminoMsg(cdc, &MsgUnsubscribe{}, "orb/Unsubscribe")
	legacy.RegisterAminoMsg(cdc, &MsgOpenLanes{}, "orb/OpenLanes")
	legacy.RegisterAminoMsg(cdc, &MsgSettle{}, "orb/Settle")
	legacy.RegisterAminoMsg(cdc, &MsgCloseLanes{}, "orb/CloseLanes")
	legacy.RegisterAminoMsg(cdc, &MsgFundFunction{}, "orb/FundFunction")
	legacy.RegisterAminoMsg(cdc, &MsgClaimHosting{}, "orb/ClaimHosting")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "orb/rewards/MsgUpdateParams")
}

// RegisterInterfaces registers the messages as sdk.Msg.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgSubscribe{},
		&MsgTopUp{},
		&MsgSetDelegate{},
		&MsgUnsubscribe{},
		&MsgOpenLanes{},
		&MsgSettle{},
		&MsgCloseLanes{},
		&MsgFundFunction{},
		&MsgClaimHosting{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
