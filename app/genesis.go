package app

import (
	"encoding/json"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

const (
	// blocksPerYear at one block a second.
	blocksPerYear = 60 * 60 * 8766
	// signedBlocksWindow is some three hours: the SDK's 100 blocks would jail a validator for a minute's restart.
	signedBlocksWindow = 10_000
)

// bankBasics adds the token's metadata to the SDK's default genesis.
type bankBasics struct{ bank.AppModuleBasic }

// DefaultGenesis is the state of a new chain.
func (bankBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := banktypes.DefaultGenesisState()
	genesis.DenomMetadata = []banktypes.Metadata{{
		Description: "The token of the Orb network",
		DenomUnits: []*banktypes.DenomUnit{
			{Denom: functionstypes.Denom, Exponent: 0, Aliases: []string{"microorb"}},
			{Denom: "orb", Exponent: 6},
		},
		Base:    functionstypes.Denom,
		Display: "orb",
		Name:    "Orb",
		Symbol:  "ORB",
	}}
	return cdc.MustMarshalJSON(genesis)
}

// mintBasics fits the inflation schedule to the block time.
type mintBasics struct{ mint.AppModuleBasic }

// DefaultGenesis is the state of a new chain.
func (mintBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := minttypes.DefaultGenesisState()
	genesis.Params.BlocksPerYear = blocksPerYear
	return cdc.MustMarshalJSON(genesis)
}

// slashingBasics fits the window of missed blocks to the block time.
type slashingBasics struct{ slashing.AppModuleBasic }

// DefaultGenesis is the state of a new chain.
func (slashingBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := slashingtypes.DefaultGenesisState()
	genesis.Params.SignedBlocksWindow = signedBlocksWindow
	return cdc.MustMarshalJSON(genesis)
}
