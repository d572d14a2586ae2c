package types_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/orbnetwork/orb/pkg/orbid"
	"github.com/orbnetwork/orb/pkg/receipt"
	"github.com/orbnetwork/orb/x/functions/types"
)

// genesis is a valid state: an active function with a name, and an open dispute about it.
func genesis() *types.GenesisState {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	account := sdk.AccAddress(make([]byte, 20))
	hash := sha256.Sum256([]byte("request"))
	fn := types.Function{
		Id: types.FunctionID(key), Owner: account.String(), SigningKey: key, Name: "markdown", Status: types.FUNCTION_STATUS_ACTIVE,
		ActiveVersion: 1, LatestVersion: 1, Price: sdk.NewInt64Coin(types.Denom, 1), Plan: "starter", Deposit: math.NewInt(100),
	}
	return &types.GenesisState{
		Params:    types.DefaultParams(),
		Functions: []types.Function{fn},
		Versions: []types.Version{{
			FunctionId: fn.Id, Number: 1, Status: types.VERSION_STATUS_ACTIVE, Complexity: 1_000, FuelLimit: 1_000, MemoryLimit: types.PageSize,
			Contract: types.CONTRACT_HTTP, Signature: make([]byte, 64), Owner: fn.Owner, SigningKey: key,
			Artifact: types.Artifact{Cid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", Sha256: hash[:], MerkleRoot: hash[:], Size_: 1},
		}},
		Claims: []types.Claim{{
			Id: make([]byte, 20), Kind: types.CLAIM_KIND_RESULT, FunctionId: fn.Id, Version: 1, Status: types.CLAIM_STATUS_COMMIT,
			Electors: []types.Elector{{Validator: sdk.ValAddress(account).String(), Power: 1}},
			Dispute: &types.Dispute{
				Reporter: account.String(), Operator: account.String(), OrbId: orbid.FromKey(key), Request: []byte("request"),
				Result:  receipt.Result{Sequence: 1, RequestHash: hash[:], ResponseHash: hash[:]},
				Deposit: math.NewInt(50), Fee: math.NewInt(5),
			},
		}},
		Attestations: []types.Attestation{{ClaimId: make([]byte, 20), Validator: sdk.ValAddress(account).String()}},
		Pruned:       []string{types.FunctionID([]byte("gone"))},
	}
}

func TestGenesisValidate(t *testing.T) {
	require.NoError(t, genesis().Validate())
	require.EqualValues(t, 150, genesis().Owed().Int64())
	for name, change := range map[string]func(*types.GenesisState){
		"params":                 func(g *types.GenesisState) { g.Params.CommitBlocks = 0 },
		"function twice":         func(g *types.GenesisState) { g.Functions = append(g.Functions, g.Functions[0]) },
		"no status":              func(g *types.GenesisState) { g.Functions[0].Status = 0 },
		"unknown status":         func(g *types.GenesisState) { g.Functions[0].Status = 99 },
		"nil deposit":            func(g *types.GenesisState) { g.Functions[0].Deposit = math.Int{} },
		"negative deposit":       func(g *types.GenesisState) { g.Functions[0].Deposit = math.NewInt(-1) },
		"deposit without a name": func(g *types.GenesisState) { g.Functions[0].Name = "" },
		"active with an end":     func(g *types.GenesisState) { g.Functions[0].Ends = 7 },
		"deprecated without end": func(g *types.GenesisState) { g.Functions[0].Status = types.FUNCTION_STATUS_DEPRECATED },
		"ended without pruning": func(g *types.GenesisState) {
			g.Functions[0].Status, g.Functions[0].Ends = types.FUNCTION_STATUS_ENDED, 7
		},
		"active with pruning":      func(g *types.GenesisState) { g.Functions[0].Prunes = 7 },
		"active version above":     func(g *types.GenesisState) { g.Functions[0].ActiveVersion = 2 },
		"pending version above":    func(g *types.GenesisState) { g.Functions[0].PendingVersion = 2 },
		"no active version":        func(g *types.GenesisState) { g.Functions[0].ActiveVersion = 0 },
		"version retired":          func(g *types.GenesisState) { g.Versions[0].Status = types.VERSION_STATUS_RETIRED },
		"version of nothing":       func(g *types.GenesisState) { g.Versions[0].FunctionId = g.Pruned[0] },
		"version twice":            func(g *types.GenesisState) { g.Versions = append(g.Versions, g.Versions[0]) },
		"claim of no version":      func(g *types.GenesisState) { g.Claims[0].Version = 2 },
		"claim twice":              func(g *types.GenesisState) { g.Claims = append(g.Claims, g.Claims[0]) },
		"claim of unknown kind":    func(g *types.GenesisState) { g.Claims[0].Kind = 9 },
		"claim of unknown status":  func(g *types.GenesisState) { g.Claims[0].Status = 99 },
		"dispute missing":          func(g *types.GenesisState) { g.Claims[0].Dispute = nil },
		"dispute of a version":     func(g *types.GenesisState) { g.Claims[0].Kind = types.CLAIM_KIND_VERSION },
		"settled while open":       func(g *types.GenesisState) { g.Claims[0].Dispute.Settled = true },
		"fee above the deposit":    func(g *types.GenesisState) { g.Claims[0].Dispute.Fee = math.NewInt(51) },
		"dispute without reporter": func(g *types.GenesisState) { g.Claims[0].Dispute.Reporter = "" },
		"dispute without operator": func(g *types.GenesisState) { g.Claims[0].Dispute.Operator = "" },
		"dispute of no host":       func(g *types.GenesisState) { g.Claims[0].Dispute.OrbId = "" },
		"another request":          func(g *types.GenesisState) { g.Claims[0].Dispute.Request = nil },
		"attestation by nobody":    func(g *types.GenesisState) { g.Attestations[0].Validator = "" },
		"attestation twice":        func(g *types.GenesisState) { g.Attestations = append(g.Attestations, g.Attestations[0]) },
		"pruned and there":         func(g *types.GenesisState) { g.Pruned = []string{g.Functions[0].Id} },
		"pruned twice":             func(g *types.GenesisState) { g.Pruned = append(g.Pruned, g.Pruned[0]) },
		"pruned is no id":          func(g *types.GenesisState) { g.Pruned[0] = "markdown" },
	} {
		g := genesis()
		change(g)
		require.Error(t, g.Validate(), name)
	}
}
